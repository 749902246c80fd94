#include "wire/codec.hpp"

#include <msgpack.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <type_traits>

#include "wire/fields.hpp"
#include "wire/limits.hpp"

namespace nias::wire {
namespace {

struct TypeName {
    std::uint32_t number;  ///< on the wire for ever: never changed, never used again
    std::string_view name;
};

/// In the order of the variant in messages.hpp.
constexpr std::array kTypes{
    TypeName{1, "Submit"},    TypeName{2, "Cancel"},   TypeName{3, "Hello"},    TypeName{4, "Welcome"},     TypeName{5, "Refused"},
    TypeName{6, "Credit"},    TypeName{7, "Tasks"},    TypeName{8, "Started"},  TypeName{9, "Declined"},    TypeName{10, "Beat"},
    TypeName{11, "Rehello"},  TypeName{12, "Drop"},    TypeName{13, "OutcomeReport"}, TypeName{14, "Outcomes"}, TypeName{15, "Settled"},
    TypeName{16, "LogChunk"}, TypeName{17, "Progress"}, TypeName{18, "Offer"},  TypeName{19, "Get"},        TypeName{20, "Grant"},
    TypeName{21, "Chunk"},    TypeName{22, "Stored"},  TypeName{23, "BulkRefused"}, TypeName{24, "Events"}, TypeName{25, "Sync"}};
static_assert(kTypes.size() == std::variant_size_v<Message>);

/// What is wrong with a frame. Thrown and caught inside this file only.
struct Bad {
    std::string words;
};

/// Where msgpack writes, a byte or two at a time. What is short never leaves the stack.
class Buffer {
public:
    // In line: msgpack's sizes are constants mostly, and the copy a single store.
    [[gnu::always_inline]] void write(const char* data, std::size_t size) {
        if (size == 0) { return; }  // the data of an empty text may be null
        if (size > capacity_ - used_) [[unlikely]] { grow(size); }
        std::memcpy(begin_ + used_, data, size);
        used_ += size;
    }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {reinterpret_cast<const std::uint8_t*>(begin_), used_}; }
    [[nodiscard]] Bytes take() const { return {bytes().begin(), bytes().end()}; }

private:
    [[gnu::noinline]] void grow(std::size_t more) {
        capacity_ = std::max(32 * capacity_, 2 * (used_ + more));
        auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
        std::memcpy(larger.get(), begin_, used_);
        heap_ = std::move(larger);
        begin_ = heap_.get();
    }

    std::array<char, 1024> short_;
    std::unique_ptr<char[]> heap_;
    char* begin_ = short_.data();
    std::size_t capacity_ = short_.size();
    std::size_t used_ = 0;
};
using Pack = msgpack::packer<Buffer>;

class Writer {
public:
    explicit Writer(Pack& pack) : pack_(pack) {}

    template <typename T>
    void record(const T& value) {
        T& subject = const_cast<T&>(value);  // NOLINT(cppcoreguidelines-pro-type-const-cast): read only
        if constexpr (kAsMap<T>) {
            Unusual<T> unusual{value, 0};
            fields(unusual, subject);
            pack_.pack_map(unusual.count);
            KeyedWriter<T> writer{*this, value};
            fields(writer, subject);
        } else {
            LastUnusual<T> last{value, 0, 0};
            fields(last, subject);
            pack_.pack_array(last.last);
            OrderedWriter writer{*this, last.last};
            fields(writer, subject);
        }
    }

private:
    struct OrderedWriter {
        Writer& writer;
        std::uint32_t left;
        template <typename T, typename... Bounds>
        void operator()(std::string_view, const T& value, Bounds...) {
            if (left == 0) { return; }
            --left;
            writer.put(value);
        }
    };
    /// A map leaves out what has its default, an array ends before it: most specs take a byte, most outcomes four fields.
    template <typename Record, typename T>
    static bool is_default(const Record& record, const T& field) {
        static const Record defaults{};
        const auto offset = reinterpret_cast<const char*>(&field) - reinterpret_cast<const char*>(&record);
        return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(&defaults) + offset) == field;
    }
    template <typename Record>
    struct Unusual {
        const Record& record;
        std::uint32_t count;
        template <typename T, typename... Bounds>
        void operator()(std::string_view, const T& value, Bounds...) { count += is_default(record, value) ? 0U : 1U; }
    };
    template <typename Record>
    struct LastUnusual {
        const Record& record;
        std::uint32_t at;
        std::uint32_t last;
        template <typename T, typename... Bounds>
        void operator()(std::string_view, const T& value, Bounds...) {
            ++at;
            if (!is_default(record, value)) { last = at; }
        }
    };
    template <typename Record>
    struct KeyedWriter {
        Writer& writer;
        const Record& record;
        template <typename T, typename... Bounds>
        void operator()(std::string_view key, const T& value, Bounds...) {
            if (is_default(record, value)) { return; }
            writer.put(key);
            writer.put(value);
        }
    };

    void put(std::string_view text) {
        pack_.pack_str(static_cast<std::uint32_t>(text.size()));
        pack_.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
    }
    void put(const std::string& text) { put(std::string_view(text)); }
    void put(const std::uint8_t* data, std::size_t size) {
        pack_.pack_bin(static_cast<std::uint32_t>(size));
        pack_.pack_bin_body(reinterpret_cast<const char*>(data), static_cast<std::uint32_t>(size));
    }
    void put(const Bytes& bytes) { put(bytes.data(), bytes.size()); }
    void put(const TaskId& id) { put(id.bytes.data(), id.bytes.size()); }
    void put(const BlobHash& hash) { put(hash.bytes.data(), hash.bytes.size()); }
    void put(bool value) { pack_.pack(value); }
    void put(double value) { pack_.pack(value); }
    template <typename T>
        requires(std::is_integral_v<T>)
    void put(T value) { pack_.pack(value); }
    template <typename T>
        requires(std::is_enum_v<T>)
    void put(T value) { pack_.pack(static_cast<std::uint32_t>(value)); }
    template <typename T>
    void put(const std::optional<T>& value) {
        if (value) { record(*value); } else { pack_.pack_nil(); }
    }
    template <typename T>
    void put(const std::vector<T>& list) {
        pack_.pack_array(static_cast<std::uint32_t>(list.size()));
        for (const T& item : list) { put(item); }
    }
    template <typename T>
        requires(std::is_class_v<T>)
    void put(const T& value) { record(value); }

    Pack& pack_;
};

class Reader {
public:
    template <typename T>
    static void record(const msgpack::object& from, T& to) {
        if constexpr (kAsMap<T>) {
            if (from.type != msgpack::type::MAP) { throw Bad{"a map is missing"}; }
            KeyedReader reader{from.via.map};
            fields(reader, to);
        } else {
            if (from.type != msgpack::type::ARRAY) { throw Bad{"an array is missing"}; }
            OrderedReader reader{from.via.array, 0};
            fields(reader, to);
        }
    }

private:
    struct OrderedReader {
        msgpack::object_array array;
        std::uint32_t next;
        template <typename T, typename... Bounds>
        void operator()(std::string_view key, T& value, Bounds... bounds) {
            if (next >= array.size) { return; }  // it ended early: the default
            take(key, array.ptr[next++], value, bounds...);
        }
    };
    struct KeyedReader {
        msgpack::object_map map;
        template <typename T, typename... Bounds>
        void operator()(std::string_view key, T& value, Bounds... bounds) {
            for (std::uint32_t i = 0; i < map.size; ++i) {  // left out: the default
                const msgpack::object& name = map.ptr[i].key;
                if (name.type == msgpack::type::STR && std::string_view(name.via.str.ptr, name.via.str.size) == key) {
                    return take(key, map.ptr[i].val, value, bounds...);
                }
            }
        }
    };

    [[noreturn]] static void bad(std::string_view key, std::string_view what) { throw Bad{std::string(key) + " " + std::string(what)}; }

    static std::uint64_t number(std::string_view key, const msgpack::object& from, std::uint64_t most) {
        if (from.type != msgpack::type::POSITIVE_INTEGER) { bad(key, "is not a number from zero up"); }
        if (from.via.u64 > most) { bad(key, "is too large"); }
        return from.via.u64;
    }
    template <typename T>
        requires(std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
    static void take(std::string_view key, const msgpack::object& from, T& to, std::uint64_t most = std::numeric_limits<T>::max()) {
        to = static_cast<T>(number(key, from, most));
    }
    template <typename T>
        requires(std::is_signed_v<T> && std::is_integral_v<T>)
    static void take(std::string_view key, const msgpack::object& from, T& to) {
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
        if (from.type == msgpack::type::POSITIVE_INTEGER) {
            to = static_cast<T>(number(key, from, most));
        } else if (from.type == msgpack::type::NEGATIVE_INTEGER && from.via.i64 >= std::numeric_limits<T>::min()) {
            to = static_cast<T>(from.via.i64);
        } else {
            bad(key, "is not a number in range");
        }
    }
    static void take(std::string_view key, const msgpack::object& from, bool& to) {
        if (from.type != msgpack::type::BOOLEAN) { bad(key, "is not true or false"); }
        to = from.via.boolean;
    }
    static void take(std::string_view key, const msgpack::object& from, double& to) {
        // msgpack writes a fraction without a part behind the point, 0 or 1, as an integer.
        const bool whole = from.type == msgpack::type::POSITIVE_INTEGER;
        if (!whole && from.type != msgpack::type::FLOAT64 && from.type != msgpack::type::FLOAT32) { bad(key, "is not a fraction"); }
        const double value = whole ? static_cast<double>(from.via.u64) : from.via.f64;
        if (!(value >= 0 && value <= 1)) { bad(key, "is not between 0 and 1"); }
        to = value;
    }
    template <typename T>
        requires(std::is_enum_v<T>)
    static void take(std::string_view key, const msgpack::object& from, T& to, T last) {
        to = static_cast<T>(number(key, from, static_cast<std::uint64_t>(last)));
    }
    static void take(std::string_view key, const msgpack::object& from, std::string& to, std::size_t most) {
        if (from.type != msgpack::type::STR) { bad(key, "is not text"); }
        if (from.via.str.size > most) { bad(key, "is too long"); }
        to.assign(from.via.str.ptr, from.via.str.size);
    }
    static void take(std::string_view key, const msgpack::object& from, Bytes& to, std::size_t most) {
        if (from.type != msgpack::type::BIN) { bad(key, "is not bytes"); }
        if (from.via.bin.size > most) { bad(key, "is too long"); }
        const auto* data = reinterpret_cast<const std::uint8_t*>(from.via.bin.ptr);
        to.assign(data, data + from.via.bin.size);
    }
    template <std::size_t N>
    static void exact(std::string_view key, const msgpack::object& from, std::array<std::uint8_t, N>& to) {
        if (from.type != msgpack::type::BIN || from.via.bin.size != N) { bad(key, "has not the length of an id"); }
        std::memcpy(to.data(), from.via.bin.ptr, N);
    }
    static void take(std::string_view key, const msgpack::object& from, TaskId& to) { exact(key, from, to.bytes); }
    static void take(std::string_view key, const msgpack::object& from, BlobHash& to) { exact(key, from, to.bytes); }
    template <typename T>
    static void take(std::string_view, const msgpack::object& from, std::optional<T>& to) {
        if (from.type == msgpack::type::NIL) { return to.reset(); }
        record(from, to.emplace());
    }
    template <typename T, typename... Bounds>
    static void take(std::string_view key, const msgpack::object& from, std::vector<T>& to, std::size_t most, Bounds... bounds) {
        if (from.type != msgpack::type::ARRAY) { bad(key, "is not a list"); }
        if (from.via.array.size > most) { bad(key, "has too many items"); }
        to.resize(from.via.array.size);
        for (std::uint32_t i = 0; i < from.via.array.size; ++i) { take(key, from.via.array.ptr[i], to[i], bounds...); }
    }
    template <typename T>
        requires(std::is_class_v<T>)
    static void take(std::string_view, const msgpack::object& from, T& to) { record(from, to); }
};

template <typename Body, std::size_t I = 0>
constexpr std::size_t index_of() {
    if constexpr (std::is_same_v<std::variant_alternative_t<I, Message>, Body>) { return I; } else { return index_of<Body, I + 1>(); }
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

template <typename T>
Bytes encode_body(std::uint32_t number, const T& body) {
    Buffer buffer;
    Pack pack(buffer);
    pack.pack_array(3);
    pack.pack(kProtocolVersion);
    pack.pack(number);
    Writer(pack).record(body);
    return buffer.take();
}

bool by_reference(msgpack::type::object_type, std::size_t, void*) { return true; }

/// Any msgpack; what it points at is in the frame or in the zone.
msgpack::object parse(msgpack::zone& zone, std::span<const std::uint8_t> frame) {
    bool referenced = false;
    std::size_t offset = 0;
    // Array, map, string, binary and extension bounds, and the depth: none lets a frame claim more than it holds.
    const msgpack::unpack_limit limit(kHeldMax, 64, kReasonBytesMax, kChunkBytes, 0, 8);
    const msgpack::object whole = msgpack::unpack(zone, reinterpret_cast<const char*>(frame.data()), frame.size(), offset,
                                                  referenced, by_reference, nullptr, limit);
    if (offset != frame.size()) { throw Bad{"bytes follow the message"}; }
    return whole;
}

Message read(std::span<const std::uint8_t> frame) {
    msgpack::zone zone;
    const msgpack::object whole = parse(zone, frame);
    if (whole.type != msgpack::type::ARRAY || whole.via.array.size < 3) { throw Bad{"it is not [version, type, body]"}; }
    const msgpack::object* part = whole.via.array.ptr;
    if (part[0].type != msgpack::type::POSITIVE_INTEGER || part[1].type != msgpack::type::POSITIVE_INTEGER) {
        throw Bad{"version or type is not a number"};
    }
    if (part[0].via.u64 < kProtocolVersionMin || part[0].via.u64 > kProtocolVersion) {
        throw Bad{"protocol version " + std::to_string(part[0].via.u64) + " is not spoken here (" + std::to_string(kProtocolVersionMin) +
                  " to " + std::to_string(kProtocolVersion) + " are)"};
    }
    return read_body(part[1].via.u64, part[2]);
}

}  // namespace

Bytes encode(const Message& message) {
    return std::visit([&](const auto& body) { return encode_body(kTypes[message.index()].number, body); }, message);
}

namespace {

/// Frame of a message of which one field is a list with items that stay where they are. `head`: the fields
/// before it, in the order of fields.hpp; the tests hold each frame against encode().
template <typename Body, typename Item, typename... Head>
void put_list(Pack& pack, std::uint32_t fields, std::span<const Item* const> items, const Head&... head) {
    pack.pack_array(3);
    pack.pack(kProtocolVersion);
    pack.pack(kTypes[index_of<Body>()].number);
    pack.pack_array(fields);
    (pack.pack(head), ...);
    pack.pack_array(static_cast<std::uint32_t>(items.size()));
    Writer writer(pack);
    for (const Item* item : items) { writer.record(*item); }
}

template <typename Body, typename Item, typename... Head>
Bytes encode_list(std::span<const Item* const> items, const Head&... head) {
    Buffer buffer;
    Pack pack(buffer);
    put_list<Body>(pack, sizeof...(head) + 1, items, head...);
    return buffer.take();
}

}  // namespace

Bytes encode_events(std::uint64_t epoch, std::uint64_t first_seq, std::span<const Event* const> events, std::span<const Accepted> accepted) {
    Buffer buffer;
    Pack pack(buffer);
    put_list<Events>(pack, accepted.empty() ? 3 : 4, events, epoch, first_seq);
    if (accepted.empty()) { return buffer.take(); }
    pack.pack_array(static_cast<std::uint32_t>(accepted.size()));
    Writer writer(pack);
    for (const Accepted& alike : accepted) { writer.record(alike); }
    return buffer.take();
}
Bytes encode_submit(const std::string& client, std::span<const Task* const> tasks) { return encode_list<Submit>(tasks, client); }
Bytes encode_tasks(std::uint64_t incarnation, std::uint64_t sent_total, std::span<const Task* const> tasks) {
    return encode_list<Tasks>(tasks, incarnation, sent_total);
}
Bytes encode_report(const std::string& worker, std::span<const Outcome* const> outcomes) {
    return encode_list<OutcomeReport>(outcomes, worker);
}

bool pass_on_report(std::span<std::uint8_t> frame) noexcept {
    constexpr std::uint8_t three = 0x93;  // an array of three; version and type are bytes of their own below 128
    constexpr auto report = static_cast<std::uint8_t>(kTypes[index_of<OutcomeReport>()].number);
    static_assert(kProtocolVersion < 128 && report < 127 && kTypes[index_of<Outcomes>()].number < 128);
    if (frame.size() < 4 || frame[0] != three || frame[1] < kProtocolVersionMin || frame[1] > kProtocolVersion || frame[2] != report) {
        return false;
    }
    frame[2] = static_cast<std::uint8_t>(kTypes[index_of<Outcomes>()].number);
    return true;
}

void append_event(Bytes& to, const Event& event) {
    Buffer buffer;
    Pack pack(buffer);
    Writer(pack).record(event);
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
        Reader::record(parse(zone, given), event);
        return event;
    });
}

std::string_view name_of(const Message& message) noexcept { return kTypes[message.index()].name; }

}  // namespace nias::wire
