#include "http/message.hpp"

#include <algorithm>

#include "base/numbers.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

Problem bad(std::string detail) {
    return {.status = 400, .code = "bad_request", .detail = std::move(detail)};
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') { return c - '0'; }
    if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
    if (c >= 'A' && c <= 'F') { return c - 'A' + 10; }
    return -1;
}

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

std::optional<Problem> parse_path(std::string_view raw, Request& request) {
    auto path = percent_decode(raw);
    if (!path) { return bad("the address holds a broken % escape"); }
    if (std::any_of(path->begin(), path->end(), is_control)) {
        return bad("the address holds a control character");
    }
    const std::string closed = *path + "/";
    if (closed.find("/../") != std::string::npos || closed.find("/./") != std::string::npos ||
        path->find('\\') != std::string::npos) {
        return bad("the address holds a part that leads out of its folder");
    }
    request.path = std::move(*path);
    return std::nullopt;
}

std::optional<Problem> parse_query(std::string_view raw, Request& request) {
    while (!raw.empty()) {
        const std::size_t end = std::min(raw.find('&'), raw.size());
        std::string pair(raw.substr(0, end));
        raw.remove_prefix(std::min(end + 1, raw.size()));
        if (pair.empty()) { continue; }
        std::replace(pair.begin(), pair.end(), '+', ' ');
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(std::string_view(pair).substr(0, equals));
        auto value = percent_decode(std::string_view(pair).substr(std::min(equals + 1, pair.size())));
        if (!name || !value) { return bad("the address holds a broken % escape"); }
        request.query.emplace_back(std::move(*name), std::move(*value));
    }
    return std::nullopt;
}

std::optional<Problem> parse_request_line(std::string_view line, Request& request, std::string& authority,
                                          bool& old) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return bad("the request line is not «METHOD target HTTP/1.1»");
    }
    const std::string_view method = line.substr(0, first);
    std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method) || method.size() > 16) { return bad("the request's method is no word"); }
    if (target.size() > kTargetBytesMax) {
        return Problem{.status = 414, .code = "uri_too_long", .detail = "the address is longer than 8 KiB"};
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        const bool other = version.size() == 8 && version.starts_with("HTTP/");
        return other ? Problem{.status = 505, .code = "version", .detail = "this server speaks HTTP/1.1"}
                     : bad("the request line does not end in a version");
    }
    old = version == "HTTP/1.0";
    request.method = method;
    const std::string start = lower(target.substr(0, 8));
    const std::size_t scheme = start.starts_with("http://") ? 7 : start == "https://" ? 8 : 0;
    if (scheme > 0) {
        target.remove_prefix(scheme);
        const std::size_t slash = std::min(target.find_first_of("/?"), target.size());
        authority = target.substr(0, slash);
        target.remove_prefix(slash);
        if (authority.empty() || target.empty() || target.front() != '/') {
            return bad("the address is not whole");
        }
    }
    if (target.empty() || target.front() != '/' || !is_visible(target) ||
        target.find('#') != std::string_view::npos) {
        return bad("the address must start with / and hold visible characters only");
    }
    request.target = target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    if (auto problem = parse_path(target.substr(0, mark), request)) { return problem; }
    return parse_query(target.substr(std::min(mark + 1, target.size())), request);
}

std::optional<Problem> parse_field(std::string_view line, Request& request) {
    if (line.front() == ' ' || line.front() == '\t') {
        return bad("a header field is folded over two lines");
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return bad("a header line is not «Name: value»");
    }
    const std::string_view value = trim(line.substr(colon + 1));
    if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; })) {
        return bad("a header field holds a control character");
    }
    if (request.fields.size() >= kFieldsMax) {
        return Problem{.status = 431,
                       .code = "too_many_fields",
                       .detail = "the request has more than 100 header fields"};
    }
    request.fields.emplace_back(lower(line.substr(0, colon)), value);
    return std::nullopt;
}

std::size_t count(const Request& request, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(request.fields.begin(), request.fields.end(),
                                                  [&](const auto& field) { return field.first == name; }));
}

std::optional<Problem> parse_framing(Request& request, bool old) {
    const std::size_t lengths = count(request, "content-length");
    const std::size_t codings = count(request, "transfer-encoding");
    if (lengths > 1) { return bad("the request has two Content-Length fields"); }
    if (codings > 1) { return bad("the request has two Transfer-Encoding fields"); }
    if (lengths == 1 && codings == 1) {
        return bad("the request has both Content-Length and Transfer-Encoding");
    }
    if (codings == 1) {
        if (old) { return bad("HTTP/1.0 has no Transfer-Encoding"); }
        if (lower(*request.field("transfer-encoding")) != "chunked") {
            return Problem{.status = 501,
                           .code = "transfer_encoding",
                           .detail = "the only Transfer-Encoding taken here is chunked"};
        }
        request.chunked = true;
    }
    if (lengths == 1) {
        const std::string_view text = *request.field("content-length");
        const auto length = whole_number<std::uint64_t>(text);
        if (!length) { return bad("Content-Length is not a number"); }
        request.content_length = *length;
    }
    return std::nullopt;
}

std::optional<Problem> parse_host(Request& request, const std::string& authority) {
    if (count(request, "host") != 1) { return bad("the request must have one Host field"); }
    const std::string_view host = *request.field("host");
    if (!is_host(host)) { return bad("the Host field is not a host's name"); }
    request.host = lower(host);
    if (!authority.empty() && lower(authority) != request.host) {
        return bad("the address and the Host field name two hosts");
    }
    return std::nullopt;
}

std::optional<Problem> parse_connection(Request& request, bool old) {
    request.keep_alive = !old;
    for (const auto& [name, value] : request.fields) {
        if (name != "connection") { continue; }
        const std::string options = lower(value);
        if (options.find("close") != std::string::npos) { request.keep_alive = false; }
    }
    if (const auto expect = request.field("expect")) {
        if (lower(*expect) != "100-continue") {
            return Problem{
                .status = 417, .code = "expectation", .detail = "the only Expect taken here is 100-continue"};
        }
        request.expects_continue = !old;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> Request::field(std::string_view lower_name) const {
    for (const auto& [name, value] : fields) {
        if (name == lower_name) { return value; }
    }
    return std::nullopt;
}

std::string_view Request::parameter(std::string_view name) const {
    for (const auto& [key, value] : query) {
        if (key == name) { return value; }
    }
    return {};
}

Scan scan_head(std::string_view bytes, std::size_t& seen) {
    while (seen < bytes.size()) {
        const char c = bytes[seen];
        if (c == '\r' && seen + 1 == bytes.size()) { break; }  // its line feed may come yet
        if (c == '\0' || (c == '\r' && bytes[seen + 1] != '\n')) { return Scan::bad_line_end; }
        if (c == '\n' && (seen == 0 || bytes[seen - 1] != '\r')) { return Scan::bad_line_end; }
        ++seen;
        if (seen > kHeadBytesMax) { return Scan::too_large; }
        if (c == '\n' && seen >= 4 && bytes.substr(seen - 4, 4) == "\r\n\r\n") { return Scan::complete; }
    }
    return Scan::more;
}

std::variant<Request, Problem> parse_head(std::string_view head) {
    Request request;
    std::string authority;
    bool old = false;
    if (auto problem = parse_request_line(take_line(head), request, authority, old)) { return *problem; }
    while (true) {
        const std::string_view line = take_line(head);
        if (line.empty()) { break; }
        if (auto problem = parse_field(line, request)) { return *problem; }
    }
    if (auto problem = parse_host(request, authority)) { return *problem; }
    if (auto problem = parse_framing(request, old)) { return *problem; }
    if (auto problem = parse_connection(request, old)) { return *problem; }
    return request;
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= 255 && is_visible(text) &&
           text.find_first_of("/\\@?#,") == std::string_view::npos;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) { return std::nullopt; }
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           std::string_view("-._~").find(c) != std::string_view::npos;
        if (plain) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(digits[byte >> 4U]);
        out.push_back(digits[byte & 15U]);
    }
    return out;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) { text.remove_prefix(1); }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) { text.remove_suffix(1); }
    return text;
}

}  // namespace nias::httpfront
