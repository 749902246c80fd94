#include "wire/codec/codec.hpp"

#include <array>
#include <type_traits>

#include "wire/codec/reader.hpp"
#include "wire/codec/writer.hpp"
#include "wire/limits.hpp"
#include "wire/weight.hpp"

namespace nias::wire {
namespace {

struct TypeName {
    std::uint32_t number;  ///< on the wire for ever: never changed, never used again
    std::string_view name;
};

/// In the order of the variant in messages.hpp.
constexpr std::array kTypes{
    TypeName{1, "Submit"},         TypeName{2, "Cancel"},       TypeName{3, "Hello"},
    TypeName{4, "Welcome"},        TypeName{5, "Refused"},      TypeName{6, "Credit"},
    TypeName{7, "Tasks"},          TypeName{8, "Started"},      TypeName{9, "Declined"},
    TypeName{10, "Beat"},          TypeName{11, "Rehello"},     TypeName{12, "Drop"},
    TypeName{13, "OutcomeReport"}, TypeName{14, "Outcomes"},    TypeName{15, "Settled"},
    TypeName{16, "LogChunk"},      TypeName{17, "Progress"},    TypeName{18, "Offer"},
    TypeName{19, "Get"},           TypeName{20, "Grant"},       TypeName{21, "Chunk"},
    TypeName{22, "Stored"},        TypeName{23, "BulkRefused"}, TypeName{24, "Events"},
    TypeName{25, "Sync"},          TypeName{26, "Query"},       TypeName{27, "Explained"},
    TypeName{28, "Retract"},       TypeName{29, "Retracted"},   TypeName{30, "QueryWorkers"},
    TypeName{31, "Workers"},       TypeName{32, "Order"},       TypeName{33, "Ordered"},
    TypeName{34, "Goodbye"},       TypeName{35, "QueryTasks"},  TypeName{36, "TaskList"},
    TypeName{37, "LiveFile"},      TypeName{38, "Forget"},      TypeName{39, "Forgotten"},
    TypeName{40, "Erased"},        TypeName{41, "Upcoming"}};
static_assert(kTypes.size() == std::variant_size_v<Message>);

template <typename Body, std::size_t I = 0>
constexpr std::size_t index_of() {
    if constexpr (std::is_same_v<std::variant_alternative_t<I, Message>, Body>) {
        return I;
    } else {
        return index_of<Body, I + 1>();
    }
}

template <std::size_t I = 0>
Message read_body(std::uint64_t number, const msgpack::object& body) {
    if constexpr (I < kTypes.size()) {
        if (kTypes[I].number != number) { return read_body<I + 1>(number, body); }
        std::variant_alternative_t<I, Message> message;
        Reader::record(body, message);
        return message;
    } else {
        throw Bad{"message type " + std::to_string(number) + " is not known"};
    }
}

// Bytes that a list takes where most of its items share a run: an item's id and what it carries, and the
// rest.
constexpr std::size_t kRoomForHeads = 256;

template <typename T>
[[gnu::flatten]] Bytes encode_body(std::uint32_t number, const T& body) {
    Buffer buffer;
    if constexpr (std::is_same_v<T, Settled>) {
        buffer.reserve(kRoomForHeads + sizeof(TaskId) * body.attempts.size());
    }
    Pack pack(buffer);
    pack.pack_array(3);
    pack.pack(kProtocolVersion);
    pack.pack(number);
    Writer(pack).record(body);
    return buffer.release();
}

bool by_reference(msgpack::type::object_type, std::size_t, void*) { return true; }

/// Any msgpack; what it points at is in the frame or in the zone.
msgpack::object parse(msgpack::zone& zone, std::span<const std::uint8_t> frame,
                      std::size_t text_bytes_max = kReasonBytesMax,
                      std::size_t binary_bytes_max = kChunkBytes) {
    bool referenced = false;
    std::size_t offset = 0;
    // Array, map, string, binary and extension bounds, and the depth: none lets a frame claim more than it
    // holds.
    const msgpack::unpack_limit limit(kHeldMax, 64, text_bytes_max, binary_bytes_max, 0, 8);
    const msgpack::object whole =
        msgpack::unpack(zone, reinterpret_cast<const char*>(frame.data()), frame.size(), offset, referenced,
                        by_reference, nullptr, limit);
    if (offset != frame.size()) { throw Bad{"bytes follow the message"}; }
    return whole;
}

/// The parts of a message: version, type and body.
const msgpack::object* parts_of(const msgpack::object& whole) {
    if (whole.type != msgpack::type::ARRAY || whole.via.array.size < 3) {
        throw Bad{"it is not [version, type, body]"};
    }
    const msgpack::object* part = whole.via.array.ptr;
    if (part[0].type != msgpack::type::POSITIVE_INTEGER || part[1].type != msgpack::type::POSITIVE_INTEGER) {
        throw Bad{"version or type is not a number"};
    }
    if (part[0].via.u64 < kProtocolVersionMin || part[0].via.u64 > kProtocolVersion) {
        throw Bad{"protocol version " + std::to_string(part[0].via.u64) + " is not spoken here (" +
                  std::to_string(kProtocolVersionMin) + " to " + std::to_string(kProtocolVersion) + " are)"};
    }
    return part;
}

Message read(std::span<const std::uint8_t> frame) {
    msgpack::zone zone;
    const msgpack::object whole = parse(zone, frame);
    const msgpack::object* part = parts_of(whole);
    return read_body(part[1].via.u64, part[2]);
}

}  // namespace

Bytes encode(const Message& message) {
    return std::visit([&](const auto& body) { return encode_body(kTypes[message.index()].number, body); },
                      message);
}

namespace {

/// Writes the head of a message whose fields are written piece by piece.
template <typename Body>
void put_head(Pack& pack, std::uint32_t fields) {
    pack.pack_array(3);
    pack.pack(kProtocolVersion);
    pack.pack(kTypes[index_of<Body>()].number);
    pack.pack_array(fields);
}

template <typename T>
std::size_t room_for(std::span<const Run<T>* const> runs) {
    std::size_t bytes = kRoomForHeads;
    for (const Run<T>* run : runs) {
        bytes += run->size() * sizeof(TaskId) + run->carried.size() * kCarriedLength + run->carried.bytes();
    }
    return bytes;
}
std::size_t room_for(std::span<const Standing* const> standing) {
    std::size_t bytes = 0;
    for (const Standing* one : standing) { bytes += kRoomForHeads + one->ids.size() * sizeof(TaskId); }
    return bytes;
}
std::size_t room_for(std::span<const TaskParts> tasks) {
    std::size_t bytes = kRoomForHeads;
    for (const TaskParts& task : tasks) { bytes += sizeof(TaskId) + kCarriedLength + task.payload.size(); }
    return bytes;
}

template <typename T>
void put_runs(Pack& pack, std::span<const Run<T>* const> runs) {
    pack.pack_array(static_cast<std::uint32_t>(runs.size()));
    for (const Run<T>* run : runs) { Writer(pack).run(*run); }
}
void put_tasks(Pack& pack, std::span<const TaskParts> tasks) {
    Writer writer(pack);
    const auto goes_on = [&](std::size_t first, std::size_t i) {
        return tasks[i].shared == tasks[first].shared && tasks[i].attempt == tasks[first].attempt &&
               (i > first + 1 || may_share(text_bytes(*tasks[first].shared)));  // asked once a run
    };
    writer.in_runs(tasks.size(), goes_on, [&](std::size_t first, std::size_t items) {
        pack.pack_array(3);
        writer.put_ids(items, [&](std::size_t i) -> const TaskId& { return *tasks[first + i].id; });
        writer.put_carried(items, [&](std::size_t i) { return tasks[first + i].payload; });
        if (tasks[first].shared->attempt == tasks[first].attempt) {
            writer.record(*tasks[first].shared);
        } else {
            Task shared = *tasks[first].shared;
            shared.attempt = tasks[first].attempt;
            writer.record(shared);
        }
    });
}

}  // namespace

[[gnu::flatten]] Bytes encode_events(std::uint64_t epoch, std::uint64_t first_seq,
                                     std::span<const Run<Event>* const> events,
                                     std::span<const Standing* const> standing) {
    Buffer buffer;
    buffer.reserve(room_for(events) + room_for(standing));
    Pack pack(buffer);
    put_head<Events>(pack, standing.empty() ? 3 : 4);
    pack.pack(epoch);
    pack.pack(first_seq);
    put_runs(pack, events);
    if (standing.empty()) { return buffer.release(); }
    pack.pack_array(static_cast<std::uint32_t>(standing.size()));
    Writer writer(pack);
    for (const Standing* one : standing) { writer.record(*one); }
    return buffer.release();
}
[[gnu::flatten]] Bytes encode_report(const std::string& worker,
                                     std::span<const Run<Outcome>* const> outcomes) {
    Buffer buffer;
    buffer.reserve(room_for(outcomes));
    Pack pack(buffer);
    put_head<OutcomeReport>(pack, 2);
    pack.pack(worker);
    put_runs(pack, outcomes);
    return buffer.release();
}
[[gnu::flatten]] Bytes encode_submit(const std::string& client, std::span<const Run<Task>* const> tasks) {
    Buffer buffer;
    buffer.reserve(room_for(tasks));
    Pack pack(buffer);
    put_head<Submit>(pack, 2);
    pack.pack(client);
    put_runs(pack, tasks);
    return buffer.release();
}
[[gnu::flatten]] Bytes encode_tasks(std::uint64_t incarnation, std::uint64_t sent_total,
                                    std::span<const TaskParts> tasks) {
    Buffer buffer;
    buffer.reserve(room_for(tasks));
    Pack pack(buffer);
    put_head<Tasks>(pack, 3);
    pack.pack(incarnation);
    pack.pack(sent_total);
    put_tasks(pack, tasks);
    return buffer.release();
}

Bytes encode_chunk_head(const BlobHash& hash, std::uint64_t offset, std::uint64_t size_bytes,
                        std::uint32_t data_bytes) {
    Buffer buffer;
    Pack pack(buffer);
    put_head<Chunk>(pack, 4);
    pack.pack_bin(static_cast<std::uint32_t>(hash.bytes.size()));
    pack.pack_bin_body(reinterpret_cast<const char*>(hash.bytes.data()),
                       static_cast<std::uint32_t>(hash.bytes.size()));
    pack.pack(offset);
    pack.pack(size_bytes);
    pack.pack_bin(data_bytes);
    return buffer.release();
}

[[gnu::flatten]] void append_event(Bytes& to, const Event& shared, std::span<const std::uint8_t> carried) {
    Buffer buffer;
    Pack pack(buffer);
    Run<Event> one{shared, {}, {}};
    one.add({}, carried);
    pack.pack_array(1);
    Writer(pack).run(one);
    to.insert(to.end(), buffer.bytes().begin(), buffer.bytes().end());
}

namespace {

template <typename T, typename Read>
Result<T> reading(std::span<const std::uint8_t> frame, Read read) {
    if (frame.size() > kFrameBytesMax) { return Error{ErrorCode::invalid, "the frame is longer than 4 MiB"}; }
    try {
        return read(frame);
    } catch (const Bad& bad) {
        return Error{ErrorCode::invalid, bad.words};
    } catch (const std::exception& thrown) {  // msgpack: cut short, a limit, a type that is not msgpack's
        return Error{ErrorCode::invalid, std::string("not a message: ") + thrown.what()};
    }
}

}  // namespace

Result<Message> decode(std::span<const std::uint8_t> frame) { return reading<Message>(frame, read); }

Result<Event> decode_event(std::span<const std::uint8_t> bytes) {
    return reading<Event>(bytes, [](std::span<const std::uint8_t> given) {
        msgpack::zone zone;
        Event event;
        Reader::only_event(parse(zone, given), event);
        return event;
    });
}

std::optional<Salvaged> salvage_submit(std::span<const std::uint8_t> frame) {
    auto salvaged = reading<Salvaged>(frame, [](std::span<const std::uint8_t> given) {
        msgpack::zone zone;
        const msgpack::object whole = parse(zone, given, given.size(), given.size());
        const msgpack::object* part = parts_of(whole);
        if (part[1].via.u64 != kTypes[index_of<Submit>()].number) { throw Bad{"it is no Submit"}; }
        Salvaged out;
        Reader::salvage(part[2], out);
        return out;
    });
    if (!salvaged) { return std::nullopt; }
    return std::move(*salvaged);
}

std::string_view name_of(const Message& message) noexcept { return kTypes[message.index()].name; }

}  // namespace nias::wire
