/// Encodes and decodes wire messages: msgpack `[version, type, body]`. The only user of msgpack.
/// Used by net's callers in service and by tests. Pure functions; nothing is thrown past here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/messages.hpp"

namespace nias::wire {

/// Frame of a message. The caller keeps within limits.hpp; the receiver refuses what is past them.
[[nodiscard]] Bytes encode(const Message& message);
/// Frames of Events, Tasks and OutcomeReport with these items, which stay where they are.
[[nodiscard]] Bytes encode_events(std::uint64_t epoch, std::uint64_t first_seq,
                                  std::span<const Event* const> events,
                                  std::span<const Standing* const> standing = {});
[[nodiscard]] Bytes encode_tasks(std::uint64_t incarnation, std::uint64_t sent_total,
                                 std::span<const Task* const> tasks);
[[nodiscard]] Bytes encode_report(const std::string& worker, std::span<const Outcome* const> outcomes);

/// All of a task but its id and payload, encoded: a submitter keeps it once for the tasks that share it.
[[nodiscard]] Bytes encode_shared(const Task& task);
/// Whether two tasks have the same encode_shared(); cheaper than that.
[[nodiscard]] bool share(const Task& first, const Task& second);
/// A task in parts, which stay where they are.
struct TaskParts {
    const TaskId* id = nullptr;
    const Bytes* payload = nullptr;
    const Bytes* shared = nullptr;  ///< of encode_shared(); neighbours with the same pointer share a run
};
/// Frame of a Submit.
[[nodiscard]] Bytes encode_submit(const std::string& client, std::span<const TaskParts> tasks);

/// What stands before the data in the frame of a Chunk; so many bytes of data, at least one, follow it and
/// end the frame. For who reads them straight into the frame: most of a transfer's work is copying.
[[nodiscard]] Bytes encode_chunk_head(const BlobHash& hash, std::uint64_t offset, std::uint64_t size_bytes,
                                      std::uint32_t data_bytes);

/// Turns the frame of an OutcomeReport into that of Outcomes, which has the same fields: what a sink that
/// keeps nothing does with it. Any other frame stays as it is, and the answer is false; the body is not
/// looked at.
[[nodiscard]] bool pass_on_report(std::span<std::uint8_t> frame) noexcept;

/// One event alone, as a core keeps many in little room; decode_event gives it back.
void append_event(Bytes& to, const Event& event);
/// Whether two events are the same but for their ids.
[[nodiscard]] bool alike(const Event& first, const Event& second);
[[nodiscard]] Result<Event> decode_event(std::span<const std::uint8_t> bytes);

/// The message in a frame, or `invalid` with what is wrong. Bounded, whatever the frame claims: what is
/// allocated is a small multiple of the frame, and of kBatchItemsMax items that share kSharedBytesMax.
[[nodiscard]] Result<Message> decode(std::span<const std::uint8_t> frame);

/// Name of the message's type, as docs/protocol.md spells it.
[[nodiscard]] std::string_view name_of(const Message& message) noexcept;

}  // namespace nias::wire
