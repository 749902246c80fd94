/// Reads messages from msgpack, field by field in the order of fields.hpp, each within its bound. Private to
/// the codec: nobody else includes it.
#pragma once

#include <array>
#include <concepts>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <msgpack.hpp>

#include "wire/codec/codec.hpp"
#include "wire/fields.hpp"

namespace nias::wire {

/// Says what is wrong with a frame. The reader throws it, the codec catches it, and nobody else sees it.
struct Bad {
    std::string words;
};

template <typename T>
concept Number = std::unsigned_integral<T> && !std::same_as<T, bool>;

class Reader {
public:
    /// The only item of a list.
    static void only_event(const msgpack::object& from, Event& to) {
        Runs<Event> list;
        read("event", from, list, 1);
        if (list.empty()) { bad("event", "is missing"); }
        to = list.front();
    }
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

    /// Reads a Submit run by run, and leaves out what is wrong instead of giving up.
    static void salvage(const msgpack::object& from, Salvaged& to) {
        const msgpack::object_array parts = list_of("submit", from, kBatchItemsMax);
        if (parts.size < 2) { bad("submit", "has no tasks"); }
        read("client", parts.ptr[0], to.submit.client, kNameBytesMax);
        const msgpack::object_array runs = list_of("tasks", parts.ptr[1], kBatchItemsMax);
        std::size_t room = kBatchItemsMax;
        for (std::uint32_t r = 0; r < runs.size; ++r) {
            std::vector<TaskId> ids;
            try {
                salvage_run(runs.ptr[r], ids, room, to);
            } catch (const Bad& wrong) {
                if (!ids.empty()) { to.refused.push_back({ids, wrong.words}); }
            }
            room -= ids.size();
        }
    }

private:
    static void salvage_run(const msgpack::object& from, std::vector<TaskId>& ids, std::size_t most,
                            Salvaged& to) {
        const msgpack::object_array parts = list_of("tasks", from, kBatchItemsMax);
        if (parts.size < 3) { bad("tasks", "has a run without its parts"); }
        read("tasks", parts.ptr[0], ids, most);
        Task task;
        record(parts.ptr[2], task);
        const msgpack::object_array own = list_of("tasks", parts.ptr[1], kBatchItemsMax);
        if (own.size != 0 && own.size != ids.size()) {
            bad("tasks", "carry more or less than there are ids");
        }
        for (std::uint32_t i = 0; i < ids.size(); ++i) {
            task.id = ids[i];
            try {
                const auto payload =
                    own.size == 0 ? std::span<const std::uint8_t>() : bytes_of(kCarried<Task>, own.ptr[i]);
                task.payload.assign(payload.begin(), payload.end());
                to.submit.tasks.push_back(task);
            } catch (const Bad& wrong) { to.refused.push_back({{ids[i]}, wrong.words}); }
        }
    }

    struct OrderedReader {
        msgpack::object_array array;
        std::uint32_t next;
        template <typename T, typename... Bounds>
        void operator()(std::string_view key, T& value, Bounds... bounds) {
            if (next >= array.size) { return; }  // it ended early: the default
            read(key, array.ptr[next++], value, bounds...);
        }
    };
    struct KeyedReader {
        msgpack::object_map map;
        template <typename T, typename... Bounds>
        void operator()(std::string_view key, T& value, Bounds... bounds) {
            for (std::uint32_t i = 0; i < map.size; ++i) {  // left out: the default
                const msgpack::object& name = map.ptr[i].key;
                if (name.type == msgpack::type::STR &&
                    std::string_view(name.via.str.ptr, name.via.str.size) == key) {
                    return read(key, map.ptr[i].val, value, bounds...);
                }
            }
        }
    };

    [[noreturn]] static void bad(std::string_view key, std::string_view what) {
        throw Bad{std::string(key) + " " + std::string(what)};
    }

    static std::uint64_t number(std::string_view key, const msgpack::object& from, std::uint64_t most) {
        if (from.type != msgpack::type::POSITIVE_INTEGER) { bad(key, "is not a number from zero up"); }
        if (from.via.u64 > most) { bad(key, "is too large"); }
        return from.via.u64;
    }
    template <Number T>
    static void read(std::string_view key, const msgpack::object& from, T& to,
                     std::uint64_t most = std::numeric_limits<T>::max()) {
        to = static_cast<T>(number(key, from, most));
    }
    template <std::signed_integral T>
    static void read(std::string_view key, const msgpack::object& from, T& to) {
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
        if (from.type == msgpack::type::POSITIVE_INTEGER) {
            to = static_cast<T>(number(key, from, most));
        } else if (from.type == msgpack::type::NEGATIVE_INTEGER &&
                   from.via.i64 >= std::numeric_limits<T>::min()) {
            to = static_cast<T>(from.via.i64);
        } else {
            bad(key, "is not a number in range");
        }
    }
    static void read(std::string_view key, const msgpack::object& from, bool& to) {
        if (from.type != msgpack::type::BOOLEAN) { bad(key, "is not true or false"); }
        to = from.via.boolean;
    }
    static void read(std::string_view key, const msgpack::object& from, double& to) {
        // msgpack writes a fraction without a part behind the point, 0 or 1, as an integer.
        const bool whole = from.type == msgpack::type::POSITIVE_INTEGER;
        if (!whole && from.type != msgpack::type::FLOAT64 && from.type != msgpack::type::FLOAT32) {
            bad(key, "is not a fraction");
        }
        const double value = whole ? static_cast<double>(from.via.u64) : from.via.f64;
        if (!(value >= 0 && value <= 1)) { bad(key, "is not between 0 and 1"); }
        to = value;
    }
    template <Enumeration T>
    static void read(std::string_view key, const msgpack::object& from, T& to, T last) {
        to = static_cast<T>(number(key, from, static_cast<std::uint64_t>(last)));
    }
    static void read(std::string_view key, const msgpack::object& from, std::string& to, std::size_t most) {
        if (from.type != msgpack::type::STR) { bad(key, "is not text"); }
        if (from.via.str.size > most) { bad(key, "is too long"); }
        to.assign(from.via.str.ptr, from.via.str.size);
    }
    static void read(std::string_view key, const msgpack::object& from, Bytes& to, std::size_t most) {
        if (from.type != msgpack::type::BIN) { bad(key, "is not bytes"); }
        if (from.via.bin.size > most) { bad(key, "is too long"); }
        const auto* data = reinterpret_cast<const std::uint8_t*>(from.via.bin.ptr);
        to.assign(data, data + from.via.bin.size);
    }
    template <std::size_t N>
    static void exact(std::string_view key, const msgpack::object& from, std::array<std::uint8_t, N>& to) {
        if (from.type != msgpack::type::BIN || from.via.bin.size != N) {
            bad(key, "has not the length of an id");
        }
        std::memcpy(to.data(), from.via.bin.ptr, N);
    }
    static void read(std::string_view key, const msgpack::object& from, TaskId& to) {
        exact(key, from, to.bytes);
    }
    static void read(std::string_view key, const msgpack::object& from, BlobHash& to) {
        exact(key, from, to.bytes);
    }
    template <typename T>
    static void read(std::string_view, const msgpack::object& from, std::optional<T>& to) {
        if (from.type == msgpack::type::NIL) { return to.reset(); }
        record(from, to.emplace());
    }
    template <typename T, typename... Bounds>
    static void read(std::string_view key, const msgpack::object& from, std::vector<T>& to, std::size_t most,
                     Bounds... bounds) {
        const msgpack::object_array list = list_of(key, from, most);
        to.resize(list.size);
        for (std::uint32_t i = 0; i < list.size; ++i) { read(key, list.ptr[i], to[i], bounds...); }
    }
    static msgpack::object_array list_of(std::string_view key, const msgpack::object& from,
                                         std::size_t most) {
        if (from.type != msgpack::type::ARRAY) { bad(key, "is not a list"); }
        if (from.via.array.size > most) { bad(key, "has too many items"); }
        return from.via.array;
    }

    struct Ids {
        const char* data = nullptr;
        std::size_t count = 0;
        [[nodiscard]] TaskId operator[](std::size_t i) const {
            TaskId id;
            std::memcpy(id.bytes.data(), data + i * sizeof id.bytes, sizeof id.bytes);
            return id;
        }
    };
    static Ids ids_of(std::string_view key, const msgpack::object& from, std::size_t most) {
        if (from.type != msgpack::type::BIN || from.via.bin.size % sizeof(TaskId::bytes) != 0) {
            bad(key, "has ids of another length");
        }
        const std::size_t count = from.via.bin.size / sizeof(TaskId::bytes);
        if (count > most) { bad(key, "has too many items"); }
        return {from.via.bin.ptr, count};
    }
    static void read(std::string_view key, const msgpack::object& from, std::vector<TaskId>& to,
                     std::size_t most) {
        const Ids ids = ids_of(key, from, most);
        to.resize(ids.count);
        if (ids.count > 0) { std::memcpy(to.data(), ids.data, ids.count * sizeof(TaskId::bytes)); }
    }
    static void read(std::string_view key, const msgpack::object& from, std::vector<AttemptRef>& to,
                     std::size_t most) {
        const msgpack::object_array list = list_of(key, from, most);
        for (std::uint32_t r = 0; r < list.size; ++r) {
            const msgpack::object_array run = list_of(key, list.ptr[r], kBatchItemsMax);
            if (run.size < 2) { bad(key, "has a run without its parts"); }
            Attempt attempt = 0;
            read("attempt", run.ptr[0], attempt);
            const Ids ids = ids_of(key, run.ptr[1], most - to.size());
            for (std::size_t i = 0; i < ids.count; ++i) { to.push_back({ids[i], attempt}); }
        }
    }

    template <typename T>
    static void read(std::string_view key, const msgpack::object& from, Runs<T>& to, std::size_t most) {
        const msgpack::object_array list = list_of(key, from, most);
        for (std::uint32_t r = 0; r < list.size; ++r) {
            const msgpack::object_array parts = list_of(key, list.ptr[r], kBatchItemsMax);
            if (parts.size < 3) { bad(key, "has a run without its parts"); }
            Run<T> run;
            read_run(key, parts, run, most - to.size());
            if (run.size() > 0) { to.add(std::move(run)); }
        }
    }
    template <typename T>
    static void read_run(std::string_view key, const msgpack::object_array& parts, Run<T>& to,
                         std::size_t most) {
        read(key, parts.ptr[0], to.ids, most);
        record(parts.ptr[2], to.shared);
        if (to.size() > 1 && !may_share(text_bytes(to.shared))) {
            bad(key, "share more than " + std::to_string(kSharedBytesMax) + " bytes of text");
        }
        const msgpack::object_array own = list_of(key, parts.ptr[1], kBatchItemsMax);
        if (own.size != 0 && (own.size != to.size() || carried(to.shared) == nullptr)) {
            bad(key, "carry more or less than there are ids");
        }
        std::size_t bytes = 0;
        for (std::uint32_t i = 0; i < own.size; ++i) { bytes += bytes_of(kCarried<T>, own.ptr[i]).size(); }
        if (bytes == 0) { return; }
        to.carried.reserve(own.size, bytes);
        for (std::uint32_t i = 0; i < own.size; ++i) {
            to.carried.push_back(bytes_of(kCarried<T>, own.ptr[i]));
        }
    }
    static std::span<const std::uint8_t> bytes_of(std::string_view key, const msgpack::object& from) {
        if (from.type != msgpack::type::BIN) { bad(key, "is not bytes"); }
        if (from.via.bin.size > kInlineMax) { bad(key, "is too long"); }
        return {reinterpret_cast<const std::uint8_t*>(from.via.bin.ptr), from.via.bin.size};
    }
    template <typename T>
    static constexpr std::string_view kCarried = std::is_same_v<T, Task> ? "payload" : "output";

    static void read(std::string_view key, const msgpack::object& from, CountedResources& to,
                     std::size_t most) {
        std::vector<CountedResource> list;
        read(key, from, list, most);
        to = CountedResources(std::move(list));
    }
    template <Structure T>
    static void read(std::string_view, const msgpack::object& from, T& to) {
        record(from, to);
    }
};

}  // namespace nias::wire
