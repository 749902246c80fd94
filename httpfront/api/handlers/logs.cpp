#include <algorithm>

#include "api/handlers/files.hpp"
#include "api/handlers/jobs.hpp"
#include "api/job_json.hpp"
#include "api/log_search.hpp"
#include "base/numbers.hpp"
#include "http/media.hpp"
#include "http/range.hpp"

namespace nias::httpfront::handlers {
namespace {

constexpr std::size_t kSearchBytesMax = 200;

struct Wanted {
    Attempt attempt{};
    std::optional<std::uint64_t> offset{};
    std::optional<std::uint64_t> tail{};
    std::string search{};
};

std::variant<Wanted, Problem> parse_wanted(const Request& request, Attempt current) {
    Wanted wanted{.attempt = current};
    const auto read = [&](std::string_view name, std::optional<std::uint64_t>& to) {
        const std::string_view text = request.parameter(name);
        if (text.empty()) { return true; }
        to = whole_number<std::uint64_t>(text);
        return to && *to <= INT64_MAX;
    };
    std::optional<std::uint64_t> attempt;
    if (!read("offset", wanted.offset) || !read("tail", wanted.tail) || !read("attempt", attempt) ||
        attempt.value_or(0) > UINT32_MAX) {
        return Problem{
            .status = 400, .code = "invalid", .detail = "offset, tail and attempt must be numbers"};
    }
    wanted.search = std::string(request.parameter("search"));
    if (wanted.search.size() > kSearchBytesMax) {
        return Problem{.status = 400,
                       .code = "invalid",
                       .detail = "search takes at most " + std::to_string(kSearchBytesMax) + " bytes"};
    }
    if (!wanted.search.empty() && (wanted.offset || wanted.tail)) {
        return Problem{.status = 400,
                       .code = "invalid",
                       .detail = "search looks through the whole log: give it without offset and tail"};
    }
    if (wanted.offset && wanted.tail) {
        return Problem{
            .status = 400,
            .code = "invalid",
            .detail = "offset counts from the beginning of the log and tail from its end: give one"};
    }
    if (attempt) { wanted.attempt = static_cast<Attempt>(*attempt); }
    return wanted;
}

/// Where the last `tail` bytes begin, from the next line on: half a line is of no use.
Result<std::uint64_t> begin_of_tail(const store::Logs& logs, const AttemptRef& of, std::uint64_t size,
                                    std::uint64_t tail) {
    if (tail >= size) { return std::uint64_t{0}; }
    const std::uint64_t begin = size - tail;
    const auto bytes = logs.read(of, begin - 1, kPieceBytes);
    if (!bytes) { return bytes.error(); }
    const auto end = std::find(bytes->begin(), bytes->end(), static_cast<std::uint8_t>('\n'));
    if (end == bytes->end()) { return begin; }
    return begin + static_cast<std::uint64_t>(end - bytes->begin());
}

/// Bytes of the log, read while they are sent. A log only grows, so they are there.
Streamed part_of(const store::Logs& logs, const AttemptRef& of, std::uint64_t offset, std::uint64_t length) {
    return {length,
            [&logs, of, at = offset, left = length](std::span<char> into) mutable -> Result<std::size_t> {
                const auto bytes =
                    logs.read(of, at, static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size())));
                if (!bytes) { return bytes.error(); }
                std::copy(bytes->begin(), bytes->end(), into.begin());
                at += bytes->size();
                left -= bytes->size();
                return bytes->size();
            }};
}

/// The lines of the log that hold a text. It is looked through as it is on the disk, at the time of asking.
Answer found_in(const store::Logs& logs, const AttemptRef& of, const std::string& text) {
    LogSearch search(text);
    for (std::uint64_t offset = 0;;) {
        const auto bytes = logs.read(of, offset, kPieceBytes);
        if (!bytes) { return problem_answer(problem_from(bytes.error())); }
        if (bytes->empty()) { break; }
        search.feed({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
        offset += bytes->size();
    }
    search.finish();
    return json_answer(200, log_hits_json(search));
}

}  // namespace

Answer get_log(Front& front, const Call& call) {
    const store::TaskRecord& record = call.job->record;
    const auto parsed = parse_wanted(call.request, record.task.attempt);
    if (const auto* problem = std::get_if<Problem>(&parsed)) { return problem_answer(*problem); }
    const auto& wanted = std::get<Wanted>(parsed);
    const store::Logs& logs = front.stores.logs();
    const AttemptRef of{record.task.id, wanted.attempt};
    if (!wanted.search.empty()) { return found_in(logs, of, wanted.search); }
    // Size first: what is read is never past what is said.
    const auto size = logs.size(of);
    if (!size) { return problem_answer(problem_from(size.error())); }
    Answer answer;
    answer.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                      {"Content-Security-Policy", std::string(kSandboxPolicy)},
                      {"Cache-Control", "no-store"},
                      {"Accept-Ranges", "bytes"},
                      {"X-Log-Size", std::to_string(*size)}};
    std::uint64_t offset = 0;
    std::uint64_t length = *size;
    if (wanted.tail) {
        const auto begin = begin_of_tail(logs, of, *size, *wanted.tail);
        if (!begin) { return problem_answer(problem_from(begin.error())); }
        offset = *begin;
        length = *size - offset;
    } else if (wanted.offset) {
        offset = std::min(*wanted.offset, *size);
        length = std::min<std::uint64_t>(kLogBytesMax, *size - offset);
    } else if (const auto field = call.request.field("range")) {
        const auto range = parse_range(*field, *size);
        if (std::holds_alternative<Unsatisfiable>(range)) {
            return problem_answer(
                {.status = 416,
                 .code = "range",
                 .detail = "the log has " + std::to_string(*size) + " bytes, and the range lies past them",
                 .headers = {{"Content-Range", "bytes */" + std::to_string(*size)}}});
        }
        if (const auto* part = std::get_if<Slice>(&range)) {
            answer.status = 206;
            offset = part->offset;
            length = part->length;
            answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(offset) + "-" +
                                                             std::to_string(offset + length - 1) + "/" +
                                                             std::to_string(*size));
        }
    }
    answer.body = part_of(logs, of, offset, length);
    return answer;
}

}  // namespace nias::httpfront::handlers
