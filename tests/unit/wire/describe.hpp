/// A message in JSON, field by field in wire order: the readable half of a pair of golden files.
#pragma once

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "wire/codec/codec.hpp"
#include "wire/fields.hpp"
#include "wire/runs.hpp"

namespace nias::test {

class Describer {
public:
    template <typename T, typename... Bounds>
    void operator()(std::string_view key, T& value, Bounds...) {
        out_ += first_ ? "" : ", ";
        first_ = false;
        out_ += "\"" + std::string(key) + "\": " + text(value);
    }
    template <typename T>
    static std::string record(T& value) {
        Describer describer;
        if constexpr (requires { wire::alike(value, value); }) {
            describer("id", value.id);
            if (Bytes* own = wire::carried(value)) { describer("carried", *own); }
        }
        wire::fields(describer, value);
        return "{" + describer.out_ + "}";
    }

private:
    static std::string hex(const std::uint8_t* data, std::size_t size) {
        std::string out = "\"";
        for (std::size_t i = 0; i < size; ++i) {
            std::array<char, 3> digits{};
            std::snprintf(digits.data(), digits.size(), "%02x", data[i]);
            out += digits.data();
        }
        return out + "\"";
    }
    static std::string text(std::string& value) { return "\"" + value + "\""; }  // samples need no escapes
    static std::string text(bool value) { return value ? "true" : "false"; }
    static std::string text(double value) { return std::to_string(value); }
    static std::string text(Bytes& value) { return hex(value.data(), value.size()); }
    static std::string text(TaskId& value) { return hex(value.bytes.data(), value.bytes.size()); }
    static std::string text(BlobHash& value) { return hex(value.bytes.data(), value.bytes.size()); }
    template <std::integral T>
    static std::string text(T value) {
        return std::to_string(value);
    }
    template <wire::Enumeration T>
    static std::string text(T value) {
        return std::to_string(static_cast<unsigned>(value));
    }
    template <typename T>
    static std::string text(std::optional<T>& value) {
        return value ? record(*value) : "null";
    }
    template <typename T>
    static std::string text(std::vector<T>& list) {
        std::string out;
        for (T& item : list) { out += (out.empty() ? "" : ", ") + text(item); }
        return "[" + out + "]";
    }
    template <typename T>
    static std::string text(wire::Runs<T>& list) {
        std::vector<T> items(list.begin(), list.end());
        return text(items);
    }
    static std::string text(CountedResources& list) {
        std::vector<CountedResource> items(list.begin(), list.end());
        return text(items);
    }
    template <wire::Structure T>
    static std::string text(T& value) {
        return record(value);
    }

    std::string out_;
    bool first_ = true;
};

inline std::string describe(wire::Message message) {
    const std::string name(wire::name_of(message));
    return "{\"message\": \"" + name +
           "\", \"fields\": " + std::visit([](auto& body) { return Describer::record(body); }, message) +
           "}\n";
}

}  // namespace nias::test
