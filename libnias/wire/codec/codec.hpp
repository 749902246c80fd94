/// Encodes and decodes wire messages: msgpack `[version, type, body]`. The only user of msgpack.
/// Used by net's callers in service and by tests. Pure functions; nothing is thrown past here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/messages.hpp"

namespace nias::wire {

/// Frame of a message. The caller keeps within limits.hpp; the receiver refuses what is past them.
[[nodiscard]] Bytes encode(const Message& message);
/// Frame of Events with these, which stay where they are.
[[nodiscard]] Bytes encode_events(std::uint64_t epoch, std::uint64_t first_seq,
                                  std::span<const Run<Event>* const> events,
                                  std::span<const Standing* const> standing = {});
/// Frame of an OutcomeReport with these, which stay where they are.
[[nodiscard]] Bytes encode_report(const std::string& worker, std::span<const Run<Outcome>* const> outcomes);

/// Frame of a Submit with these, which stay where they are.
[[nodiscard]] Bytes encode_submit(const std::string& client, std::span<const Run<Task>* const> tasks);
/// Frame of Tasks with these.
[[nodiscard]] Bytes encode_tasks(std::uint64_t incarnation, std::uint64_t sent_total,
                                 std::span<const TaskParts> tasks);

/// Encodes the part of a Chunk's frame that stands before its data; so many bytes of data, at least one,
/// follow and end the frame. For callers that read the data straight into the frame: most of a transfer's
/// work is copying.
[[nodiscard]] Bytes encode_chunk_head(const BlobHash& hash, std::uint64_t offset, std::uint64_t size_bytes,
                                      std::uint32_t data_bytes);

/// One event alone, without its id, as a core keeps many in little room; decode_event gives it back.
void append_event(Bytes& to, const Event& shared, std::span<const std::uint8_t> carried);
[[nodiscard]] Result<Event> decode_event(std::span<const std::uint8_t> bytes);

/// The message in a frame, or `invalid` with what is wrong. Bounded, whatever the frame claims: what is
/// allocated is a small multiple of the frame, and of kBatchItemsMax items that share kSharedBytesMax.
[[nodiscard]] Result<Message> decode(std::span<const std::uint8_t> frame);

/// The usable part of a Submit that decode() refuses.
struct Salvaged {
    struct Refused {
        std::vector<TaskId> ids;
        std::string words;  ///< what is wrong with them
    };
    Submit submit;  ///< the tasks that are as they should be
    std::vector<Refused> refused;
};
/// Nothing: the frame is no Submit, or not even its client can be read. Bounded as decode() is.
[[nodiscard]] std::optional<Salvaged> salvage_submit(std::span<const std::uint8_t> frame);

/// Name of the message's type, as docs/protocol.md spells it.
[[nodiscard]] std::string_view name_of(const Message& message) noexcept;

}  // namespace nias::wire
