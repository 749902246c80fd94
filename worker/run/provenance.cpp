#include "worker/run/provenance.hpp"

#include <array>
#include <sstream>
#include <string_view>
#include <vector>

#include "job/array/terms.hpp"

namespace nias::worker {
namespace {

std::string quoted(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20) {
            out += {'\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 0xFU]};
        } else {
            out.push_back(c);
        }
    }
    return out + "\"";
}

/// An object whose members are written in the order they are added.
class Object {
public:
    explicit Object(std::size_t depth = 1) : indent_(depth * 2, ' ') {}
    Object& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
    template <typename Number>
    Object& number(std::string_view name, Number value) {
        return raw(name, std::to_string(value));
    }
    Object& raw(std::string_view name, const std::string& json) {
        body_ += (body_.empty() ? "\n" : ",\n") + indent_ + quoted(name) + ": " + json;
        return *this;
    }
    [[nodiscard]] std::string json() const { return "{" + body_ + "\n" + indent_.substr(2) + "}"; }

private:
    std::string indent_;
    std::string body_;
};

std::string lines_json(const std::string& text) {
    std::istringstream lines(text);
    std::string out;
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty()) { out += (out.empty() ? "\n    " : ",\n    ") + quoted(line); }
    }
    return out.empty() ? "[]" : "[" + out + "\n  ]";
}

/// A trial of an array knows its place, and is no member of a group.
std::string array_json(const Task& task, const job::ArrayPlace& place) {
    Object out(2);
    if (task.group != TaskId{}) { out.text("id", to_string(task.group)); }
    out.number("index", place.index)
        .number("count", place.count)
        .number("min", place.min)
        .number("max", place.max);
    return out.json();
}

}  // namespace

std::string provenance_json(const Task& task, const Provenance& how, const Outcome& outcome,
                            const Machine& machine) {
    Object out;
    out.text("job", to_string(task.id))
        .number("attempt", task.attempt)
        .text("name", task.spec.name)
        .text("owner", task.owner);
    const auto place = job::terms_of(task.payload).place;
    if (place) { out.raw("array", array_json(task, *place)); }
    if (task.bundle) { out.text("bundle_sha256", to_string(task.bundle->hash)); }
    out.text("entry", how.entry)
        .text("runtime", how.runtime)
        .text("interpreter", how.interpreter)
        .text("version", how.version);
    if (!how.image.empty()) {
        Object image(2);
        image.text("name", how.image).text("digest", how.image_digest);
        out.raw("image", image.json());
    }
    out.raw("packages", lines_json(how.packages));
    Object host(2);
    host.text("name", machine.name)
        .text("system", machine.system)
        .number("cpus", machine.cpus)
        .number("memory_bytes", machine.memory_bytes);
    out.raw("machine", host.json());
    out.text("sandbox", how.sandbox).text("network", network_word(how.limits.network));
    Object limits(2);
    limits.number("cpus", how.limits.cpus)
        .number("memory_bytes", how.limits.memory_bytes)
        .number("time_ms", how.limits.time_ms);
    out.raw("limits", limits.json());
    Object usage(2);
    usage.number("wall_ms", outcome.usage.wall_ms)
        .number("cpu_ms", outcome.usage.cpu_ms)
        .number("peak_memory_bytes", outcome.usage.peak_memory_bytes);
    out.raw("usage", usage.json());
    out.number("started_unix_ms", outcome.started_unix_ms).number("ended_unix_ms", outcome.ended_unix_ms);
    out.text("status", to_string(outcome.status)).text("cause", to_string(outcome.cause));
    out.number("exit_code", outcome.exit_code).number("signal", outcome.signal).text("error", outcome.error);
    return out.json() + "\n";
}

}  // namespace nias::worker
