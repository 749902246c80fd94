#include "http/message.hpp"

#include <gtest/gtest.h>

#include "options.hpp"

namespace nias::httpfront {
namespace {

std::string head(const std::string& line, const std::string& fields = "") {
    return line + "\r\nHost: localhost\r\n" + fields + "\r\n";
}

int status_of(const std::string& text) {
    const auto parsed = parse_head(text);
    const auto* problem = std::get_if<Problem>(&parsed);
    return problem == nullptr ? 200 : problem->status;
}

Request good(const std::string& text) { return std::get<Request>(parse_head(text)); }

TEST(Message, ReadsAPlainRequest) {
    const Request request = good(
        head("GET /api/v1/jobs?q=a%20b+c&limit=5 HTTP/1.1", "X-Filename: p.zip \r\nContent-Length: 12\r\n"));
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.path, "/api/v1/jobs");
    EXPECT_EQ(request.parameter("q"), "a b c");
    EXPECT_EQ(request.parameter("limit"), "5");
    EXPECT_EQ(request.field("x-filename"), "p.zip");
    EXPECT_EQ(request.content_length, 12U);
    EXPECT_TRUE(request.keep_alive);
    EXPECT_TRUE(request.has_body());
}

TEST(Message, TakesOneFramingOnly) {
    EXPECT_EQ(status_of(head("POST / HTTP/1.1", "Content-Length: 1\r\nContent-Length: 1\r\n")), 400);
    EXPECT_EQ(status_of(head("POST / HTTP/1.1", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")), 400);
    EXPECT_EQ(
        status_of(head("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
        400);
    EXPECT_EQ(status_of(head("POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n")), 501);
    EXPECT_EQ(status_of(head("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n")), 400);
    for (const std::string length : {"-1", "+1", "1 1", "0x1", "", "99999999999999999999", "1,1"}) {
        EXPECT_EQ(status_of(head("POST / HTTP/1.1", "Content-Length: " + length + "\r\n")), 400) << length;
    }
    EXPECT_EQ(status_of(head("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n")), 200);
}

TEST(Message, WantsOneHost) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", "Host: localhost\r\n")), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400);
    EXPECT_EQ(status_of(head("GET http://elsewhere/ HTTP/1.1")), 400);
    EXPECT_EQ(status_of(head("GET http://LOCALHOST/x HTTP/1.1")), 200);
    EXPECT_EQ(status_of(head("GET https://elsewhere/ HTTP/1.1")), 400);
    EXPECT_EQ(status_of(head("GET https:/localhost/ HTTP/1.1")), 400);
    EXPECT_EQ(good(head("GET https://localhost/x%20y?q=a+b HTTP/1.1")).target, "/x%20y?q=a+b");
}

TEST(Message, RefusesWhatTwoReadersCouldReadInTwoWays) {
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", "A: b\r\n c\r\n")), 400) << "folded line";
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", "A : b\r\n")), 400) << "blank before the colon";
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", "A: b\x01\r\n")), 400) << "control character";
    EXPECT_EQ(status_of(head("GET  / HTTP/1.1")), 400) << "two blanks";
    EXPECT_EQ(status_of(head("GET /")), 400) << "no version";
    EXPECT_EQ(status_of(head("GET / HTTP/2.0")), 505);
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", "Expect: tea\r\n")), 417);
    EXPECT_EQ(status_of(head("GET /" + std::string(9000, 'a') + " HTTP/1.1")), 414);
}

TEST(Message, RefusesAddressesThatClimb) {
    for (const std::string path :
         {"/../x", "/a/..", "/%2e%2e/x", "/a/./b", "/a%5Cb", "/%00", "/%zz", "/%2", "x", "/a#b"}) {
        EXPECT_EQ(status_of(head("GET " + path + " HTTP/1.1")), 400) << path;
    }
    EXPECT_EQ(good(head("GET /a%20%C3%A9..b HTTP/1.1")).path, "/a \xC3\xA9..b");
}

TEST(Message, BoundsTheNumberOfFields) {
    std::string fields;
    for (std::size_t i = 0; i <= kFieldsMax; ++i) { fields += "A" + std::to_string(i) + ": b\r\n"; }
    EXPECT_EQ(status_of(head("GET / HTTP/1.1", fields)), 431);
}

TEST(Message, FindsTheEndOfAHeadThatComesByteByByte) {
    const std::string text = head("GET / HTTP/1.1");
    std::size_t seen = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        EXPECT_EQ(scan_head(text.substr(0, i), seen), Scan::more) << i;
    }
    EXPECT_EQ(scan_head(text + "body", seen), Scan::complete);
    EXPECT_EQ(seen, text.size());
}

TEST(Message, RefusesBareLineEndsAtOnceAndLargeHeads) {
    for (const std::string text : {"GET / HTTP/1.1\nHost", "GET / HTTP/1.1\rHost", "\nGET"}) {
        std::size_t seen = 0;
        EXPECT_EQ(scan_head(text, seen), Scan::bad_line_end) << text;
    }
    std::size_t seen = 0;
    EXPECT_EQ(scan_head("GET /" + std::string(kHeadBytesMax, 'a'), seen), Scan::too_large);
}

}  // namespace
}  // namespace nias::httpfront
