// Fuzzes what a browser may send: any bytes as a request, however they are cut; its ranges; its form.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/query.hpp"
#include "base/check.hpp"
#include "base/words.hpp"
#include "http/message.hpp"
#include "http/multipart.hpp"
#include "http/range.hpp"

namespace nias::fuzz {
namespace {

using namespace httpfront;

constexpr std::uint64_t kFileBytes = 1'000;

Scan scan(std::string_view bytes, std::size_t piece, std::size_t& seen) {
    for (std::size_t have = std::min(piece, bytes.size());; have = std::min(have + piece, bytes.size())) {
        const Scan answer = scan_head(bytes.substr(0, have), seen);
        if (answer != Scan::more || have == bytes.size()) { return answer; }
    }
}

void check(const Request& request) {
    NIAS_CHECK(!request.method.empty() && request.path.starts_with('/'), "a request has a method and a path");
    NIAS_CHECK(std::none_of(request.path.begin(), request.path.end(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
               "a path has no control character");
    NIAS_CHECK((request.path + "/").find("/../") == std::string::npos, "a path stays below its root");
    NIAS_CHECK(!request.chunked || !request.content_length, "a body has one framing");
    for (const auto& [name, value] : request.fields) {
        NIAS_CHECK(name == lower(name) && !name.empty(), "field names are in lower case");
        NIAS_CHECK(value.find_first_of("\r\n") == std::string::npos, "a field is one line");
    }
    const auto wanted = wanted_range(request, "\"tag\"", kFileBytes);
    if (const auto* slice = std::get_if<Slice>(&wanted)) {
        NIAS_CHECK(
            slice->length > 0 && slice->offset < kFileBytes && slice->length <= kFileBytes - slice->offset,
            "a range is inside the file");
    }
    static_cast<void>(is_known(request, "\"tag\""));
}

void parameters(const Request& request) {
    if (const auto problem = check_query("GET", "/api/v1/jobs", request)) {
        NIAS_CHECK(problem->status == 400 && problem->detail.size() < 300,
                   "a refused parameter is cut to size");
    }
}

struct Form {
    std::string content;
    std::string name;
    bool refused = false;
};

Form read_form(std::string_view body, const std::string& boundary, std::size_t piece) {
    MultipartFile form(boundary);
    Form read;
    const auto take = [&](std::string_view bytes) {
        read.content += bytes;
        return std::optional<Problem>();
    };
    for (std::size_t at = 0; at < body.size() && !read.refused; at += piece) {
        read.refused = form.feed(body.substr(at, piece), take).has_value();
    }
    read.refused = read.refused || form.end().has_value();
    read.name = form.file_name();
    return read;
}

void form(std::string_view body, const std::string& boundary, std::size_t piece) {
    const Form whole = read_form(body, boundary, body.size() + 1);
    const Form cut = read_form(body, boundary, piece);
    NIAS_CHECK(whole.refused == cut.refused, "a form is taken or refused however it is cut");
    if (whole.refused) { return; }
    NIAS_CHECK(whole.content == cut.content && whole.name == cut.name,
               "a form holds the same file however it is cut");
    NIAS_CHECK(whole.content.size() <= body.size(), "a file is no longer than its form");
}

void text(std::string_view bytes) {
    NIAS_CHECK(percent_decode(percent_encode(bytes)) == std::string(bytes), "what is encoded is decoded");
    static_cast<void>(percent_decode(bytes));
    NIAS_CHECK(cut_utf8(bytes, 10).size() <= 10, "a cut is short enough");
    NIAS_CHECK(trim(bytes).size() <= bytes.size(), "trimming does not add");
}

}  // namespace
}  // namespace nias::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nias::fuzz;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t piece = 1 + size % 7;
    std::size_t whole_seen = 0;
    std::size_t cut_seen = 0;
    const Scan whole = scan(bytes, size + 1, whole_seen);
    const Scan cut = scan(bytes, piece, cut_seen);
    NIAS_CHECK(whole == cut, "a head ends where it ends, however it is cut");
    std::string_view body = bytes;
    std::string boundary = "xYz";
    if (whole == Scan::complete) {
        NIAS_CHECK(whole_seen == cut_seen && whole_seen <= size,
                   "a head is as long as it is, however it is cut");
        const auto parsed = parse_head(bytes.substr(0, whole_seen));
        if (const auto* problem = std::get_if<Problem>(&parsed)) {
            NIAS_CHECK(problem->status >= 400 && !problem->detail.empty(),
                       "a refusal has a status and words");
        } else {
            const auto& request = std::get<Request>(parsed);
            check(request);
            parameters(request);
            if (const auto type = request.field("content-type")) {
                boundary = MultipartFile::boundary_of(*type).value_or(boundary);
            }
        }
        body = bytes.substr(whole_seen);
    }
    form(body, boundary, piece);
    text(bytes.substr(0, 64));
    return 0;
}
