#include "service/worker_rows.hpp"

#include <concepts>

#include "base/unicode.hpp"
#include "wire/fields.hpp"

namespace nias::service {
namespace {

/// A record as an object of JSON: its fields by their names on the wire, in that order.
class JsonFields {
public:
    template <typename T, typename... Bounds>
    void operator()(std::string_view key, const T& value, Bounds...) {
        out_ += (out_.empty() ? "\"" : ", \"") + std::string(key) + "\": " + text(value);
    }
    [[nodiscard]] std::string object() const { return "{" + out_ + "}"; }

private:
    static std::string text(const std::string& value) { return json_text(value); }
    static std::string text(wire::WorkerState value) { return json_text(word_of(value)); }
    template <std::integral T>
    static std::string text(T value) {
        return std::to_string(value);
    }
    static std::string text(const std::vector<std::string>& list) {
        std::string all;
        for (const std::string& word : list) { all += (all.empty() ? "" : ", ") + json_text(word); }
        return "[" + all + "]";
    }

    std::string out_;
};

}  // namespace

std::string_view word_of(wire::WorkerState state) {
    switch (state) {
        case wire::WorkerState::ready: return "ready";
        case wire::WorkerState::suspect: return "suspect";
        case wire::WorkerState::paused: return "paused";
        case wire::WorkerState::draining: return "draining";
        case wire::WorkerState::silent: return "silent";
        case wire::WorkerState::lost: return "lost";
        case wire::WorkerState::stopped: return "stopped";
        case wire::WorkerState::revoked: return "revoked";
        case wire::WorkerState::refused: return "refused";
    }
    return "unknown";
}

std::string worker_json(wire::WorkerRow row) {
    JsonFields json;
    wire::fields(json, row);
    return json.object();
}

}  // namespace nias::service
