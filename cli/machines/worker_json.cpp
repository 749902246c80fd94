#include "cli/machines/worker_json.hpp"

#include <array>
#include <cstdio>

namespace nias::cli {
namespace {

/// Quoted; control characters and what JSON gives a meaning are escaped.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
            out += code.data();
            continue;
        }
        if (c == '"' || c == '\\') { out += '\\'; }
        out += c;
    }
    return out + "\"";
}

std::string list(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) { out += (out.empty() ? "" : ", ") + quoted(word); }
    return "[" + out + "]";
}

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

std::string worker_json(const wire::WorkerRow& row) {
    std::string out = "{\"name\": " + quoted(row.name) + ", \"state\": " + quoted(word_of(row.state)) +
                      ", \"since\": " + std::to_string(row.since_unix_ms) +
                      ", \"why\": " + quoted(row.reason) + ", \"host\": " + quoted(row.host) +
                      ", \"address\": " + quoted(row.address);
    const auto number = [&out](const char* key, auto value) {
        out += ", \"" + std::string(key) + "\": " + std::to_string(value);
    };
    number("slots", row.slots);
    number("held", row.held);
    number("running", row.running);
    number("cpus", row.cpus);
    number("gpus", row.gpus);
    number("load_percent", row.load_percent);
    number("memory_bytes", row.memory_bytes);
    number("clock_off_ms", row.clock_off_ms);
    return out + ", \"runtimes\": " + list(row.runtimes) + ", \"version\": " + quoted(row.software) +
           ", \"labels\": " + list(row.labels) + "}";
}

}  // namespace nias::cli
