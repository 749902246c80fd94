/// Reads messages from msgpack, field by field in the order of fields.hpp, each within its bound. Private to
/// the codec: nobody else includes it.
#pragma once

#include <array>
#include <concepts>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <msgpack.hpp>

#include "wire/fields.hpp"

namespace nias::wire {

/// What is wrong with a frame. Thrown by the reader, caught by the codec, and seen nowhere else.
struct Bad {
    std::string words;
};

template <typename T>
concept Number = std::unsigned_integral<T> && !std::same_as<T, bool>;

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
                if (name.type == msgpack::type::STR &&
                    std::string_view(name.via.str.ptr, name.via.str.size) == key) {
                    return take(key, map.ptr[i].val, value, bounds...);
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
    static void take(std::string_view key, const msgpack::object& from, T& to,
                     std::uint64_t most = std::numeric_limits<T>::max()) {
        to = static_cast<T>(number(key, from, most));
    }
    template <std::signed_integral T>
    static void take(std::string_view key, const msgpack::object& from, T& to) {
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
    static void take(std::string_view key, const msgpack::object& from, bool& to) {
        if (from.type != msgpack::type::BOOLEAN) { bad(key, "is not true or false"); }
        to = from.via.boolean;
    }
    static void take(std::string_view key, const msgpack::object& from, double& to) {
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
        if (from.type != msgpack::type::BIN || from.via.bin.size != N) {
            bad(key, "has not the length of an id");
        }
        std::memcpy(to.data(), from.via.bin.ptr, N);
    }
    static void take(std::string_view key, const msgpack::object& from, TaskId& to) {
        exact(key, from, to.bytes);
    }
    static void take(std::string_view key, const msgpack::object& from, BlobHash& to) {
        exact(key, from, to.bytes);
    }
    template <typename T>
    static void take(std::string_view, const msgpack::object& from, std::optional<T>& to) {
        if (from.type == msgpack::type::NIL) { return to.reset(); }
        record(from, to.emplace());
    }
    template <typename T, typename... Bounds>
    static void take(std::string_view key, const msgpack::object& from, std::vector<T>& to, std::size_t most,
                     Bounds... bounds) {
        if (from.type != msgpack::type::ARRAY) { bad(key, "is not a list"); }
        if (from.via.array.size > most) { bad(key, "has too many items"); }
        to.resize(from.via.array.size);
        for (std::uint32_t i = 0; i < from.via.array.size; ++i) {
            take(key, from.via.array.ptr[i], to[i], bounds...);
        }
    }
    static void take(std::string_view key, const msgpack::object& from, CountedResources& to,
                     std::size_t most) {
        std::vector<CountedResource> list;
        take(key, from, list, most);
        to = CountedResources(std::move(list));
    }
    template <Structure T>
    static void take(std::string_view, const msgpack::object& from, T& to) {
        record(from, to);
    }
};

}  // namespace nias::wire
