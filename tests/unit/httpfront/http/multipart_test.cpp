#include "http/multipart.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

struct Read {
    std::string content;
    std::string name;
    std::optional<Problem> problem;
};

Read read_form(const std::string& body, std::size_t piece) {
    MultipartFile form("xYz");
    Read read;
    for (std::size_t at = 0; at < body.size() && !read.problem; at += piece) {
        read.problem = form.feed(std::string_view(body).substr(at, piece), [&](std::string_view bytes) {
            read.content += bytes;
            return std::optional<Problem>();
        });
    }
    if (!read.problem) { read.problem = form.end(); }
    read.name = form.file_name();
    return read;
}

std::string part(const std::string& disposition, const std::string& content) {
    return "--xYz\r\nContent-Disposition: form-data; " + disposition +
           "\r\nContent-Type: application/zip\r\n\r\n" + content + "\r\n";
}

TEST(Multipart, GivesTheFileHoweverItIsCut) {
    const std::string content = "PK\r\n--xY\r\n\r--xYz\r\n-" + std::string(300, 'a') + "\r\n--xY";
    const std::string body = "ignored\r\n" + part("name=\"note\"", "no file") +
                             part("name=\"file\"; filename=\"p.zip\"", content) +
                             part("name=\"other\"; filename=\"\"", "") + "--xYz--\r\n";
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}, body.size()}) {
        const Read read = read_form(body, piece);
        ASSERT_FALSE(read.problem) << read.problem->detail << " at " << piece;
        EXPECT_EQ(read.content, content) << piece;
        EXPECT_EQ(read.name, "p.zip");
    }
}

TEST(Multipart, RefusesASecondFileByName) {
    const std::string body = part("name=\"file\"; filename=\"p.zip\"", "first") +
                             part("name=\"file\"; filename=\"q.zip\"", "second") + "--xYz--\r\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{9}, body.size()}) {
        const Read read = read_form(body, piece);
        ASSERT_TRUE(read.problem) << piece;
        EXPECT_EQ(read.problem->code, "two_files");
        EXPECT_NE(read.problem->detail.find("\"p.zip\" and \"q.zip\""), std::string::npos)
            << read.problem->detail;
    }
}

TEST(Multipart, TakesAnEmptyFile) {
    const Read read = read_form(part("name=\"file\"; filename=\"p.zip\"", "") + "--xYz--\r\n", 5);
    EXPECT_FALSE(read.problem);
    EXPECT_EQ(read.content, "");
}

TEST(Multipart, RefusesAFormThatIsCutOff) {
    const std::string body = part("name=\"file\"; filename=\"p.zip\"", "zip") + "--xYz--\r\n";
    for (std::size_t length = 0; length < body.size() - 4; ++length) {
        const Read read = read_form(body.substr(0, length), 64);
        ASSERT_TRUE(read.problem) << length;
        EXPECT_EQ(read.problem->status, 400);
    }
}

TEST(Multipart, RefusesAFormWithoutAFile) {
    const Read read = read_form(part("name=\"note\"", "words") + "--xYz--\r\n", 64);
    ASSERT_TRUE(read.problem);
    EXPECT_NE(read.problem->detail.find("no file"), std::string::npos);
}

TEST(Multipart, RefusesAPartWithAnEndlessHeader) {
    EXPECT_TRUE(read_form("--xYz\r\nA: " + std::string(20'000, 'a'), 1000).problem);
    EXPECT_TRUE(read_form("--xYzzz\r\n\r\nx\r\n--xYz--", 1000).problem) << "another boundary";
}

TEST(Multipart, FindsTheBoundary) {
    EXPECT_EQ(MultipartFile::boundary_of("multipart/form-data; boundary=abc"), "abc");
    EXPECT_EQ(MultipartFile::boundary_of("Multipart/Form-Data; charset=utf-8; boundary=\"a b\""), "a b");
    EXPECT_EQ(MultipartFile::boundary_of("multipart/form-data"), std::nullopt);
    EXPECT_EQ(MultipartFile::boundary_of("application/zip; boundary=abc"), std::nullopt);
    EXPECT_EQ(MultipartFile::boundary_of("multipart/form-data; boundary=" + std::string(71, 'a')),
              std::nullopt);
}

TEST(Multipart, GivesTheTextOfFieldsBeforeAndAfterTheFile) {
    const std::string body = part("name=\"array\"", "1-100") +
                             part("name=\"file\"; filename=\"p.zip\"", "PK") + part("name=\"trial\"", "1") +
                             part("name=\"trial\"", "0") + "--xYz--\r\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, body.size()}) {
        MultipartFile form("xYz");
        const auto drop = [](std::string_view) { return std::optional<Problem>(); };
        for (std::size_t at = 0; at < body.size(); at += piece) {
            ASSERT_FALSE(form.feed(std::string_view(body).substr(at, piece), drop));
        }
        ASSERT_FALSE(form.end());
        EXPECT_EQ(form.field("array"), "1-100");
        EXPECT_EQ(form.field("trial"), "0") << "the last one of a name";
        EXPECT_EQ(form.field("other"), "");
        EXPECT_EQ(form.field("file"), "");
    }
}

TEST(Multipart, BoundsTheTextOfFields) {
    const std::string body = part("name=\"note\"", std::string(70'000, 'x'));
    EXPECT_EQ(read_form(body, 1000).problem->code, "bad_form");
    std::string many;
    for (int i = 0; i < 10; ++i) {
        many += part("name=\"" + std::string(10'000, static_cast<char>('a' + i)) + "\"", "x");
    }
    EXPECT_EQ(read_form(many, 1000).problem->code, "bad_form") << "names count too";
}

}  // namespace
}  // namespace nias::httpfront
