#include "site/pages.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_folder.hpp"

namespace nias::httpfront {
namespace {

class PagesTest : public testing::Test {
protected:
    PagesTest() {
        test::write_file(folder_ / "web/index.html", "<p>home");
        test::write_file(folder_ / "web/app-0A1B2C3D.js", "1");
        test::write_file(folder_ / "web/.secret", "hidden");
        test::write_file(folder_ / "outside.txt", "secret");
        std::filesystem::create_symlink(folder_ / "outside.txt", folder_ / "web/link.txt");
    }
    Answer get(const std::string& path, std::vector<std::pair<std::string, std::string>> fields = {}) {
        Request request{.method = "GET", .path = path};
        request.fields = std::move(fields);
        return Pages(folder_ / "web").serve(request);
    }
    static std::string header(const Answer& answer, const std::string& name) {
        for (const auto& [key, value] : answer.headers) {
            if (key == name) { return value; }
        }
        return {};
    }
    test::TempFolder folder_;
};

TEST_F(PagesTest, ServesHashedFilesForEver) {
    const Answer answer = get("/app-0A1B2C3D.js");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(header(answer, "Content-Type"), "text/javascript; charset=utf-8");
    EXPECT_NE(header(answer, "Cache-Control").find("immutable"), std::string::npos);
    EXPECT_EQ(std::get<FileSlice>(answer.body).length, 1U);
}

TEST_F(PagesTest, ServesTheIndexForEveryPageAndAsksAgainEachTime) {
    for (const char* path : {"/", "/upload", "/jobs/0123", "/index.html"}) {
        const Answer answer = get(path);
        EXPECT_EQ(answer.status, 200) << path;
        EXPECT_EQ(header(answer, "Cache-Control"), "no-cache");
        EXPECT_NE(header(answer, "Content-Security-Policy").find("frame-ancestors 'none'"),
                  std::string::npos);
        EXPECT_EQ(std::get<FileSlice>(answer.body).length, 7U);
        EXPECT_EQ(get(path, {{"if-none-match", header(answer, "ETag")}}).status, 304);
    }
}

TEST_F(PagesTest, ServesThePackedFileToWhoeverTakesIt) {
    test::write_file(folder_ / "web/app-0A1B2C3D.js.gz", "packed");
    for (const char* takes : {"gzip", "br, GZIP", "deflate,gzip;q=0.5", "gzip ; q=1.0"}) {
        const Answer answer = get("/app-0A1B2C3D.js", {{"accept-encoding", takes}});
        EXPECT_EQ(header(answer, "Content-Encoding"), "gzip") << takes;
        EXPECT_EQ(header(answer, "Content-Type"), "text/javascript; charset=utf-8");
        EXPECT_EQ(header(answer, "Vary"), "Accept-Encoding");
        EXPECT_EQ(std::get<FileSlice>(answer.body).length, 6U);
        const Answer known =
            get("/app-0A1B2C3D.js", {{"accept-encoding", takes}, {"if-none-match", header(answer, "ETag")}});
        EXPECT_EQ(known.status, 304);
    }
    for (const char* takes : {"", "br", "gzip;q=0", "gzip;q=0.000", "x-gzipped", ",;,", "gzip2"}) {
        const Answer answer = get("/app-0A1B2C3D.js", {{"accept-encoding", takes}});
        EXPECT_EQ(header(answer, "Content-Encoding"), "") << takes;
        EXPECT_EQ(std::get<FileSlice>(answer.body).length, 1U);
    }
}

TEST_F(PagesTest, ServesNoPackedFileThatIsOlderThanThePlainOne) {
    test::write_file(folder_ / "web/index.html.gz", "packed");
    const auto before =
        std::filesystem::last_write_time(folder_ / "web/index.html") - std::chrono::seconds(5);
    std::filesystem::last_write_time(folder_ / "web/index.html.gz", before);
    EXPECT_EQ(header(get("/", {{"accept-encoding", "gzip"}}), "Content-Encoding"), "");
}

TEST_F(PagesTest, ServesNothingElse) {
    for (const char* path : {"/link.txt", "/.secret", "/../outside.txt", "/web/../../outside.txt",
                             "/missing.js", "//etc/passwd.txt"}) {
        EXPECT_EQ(get(path).status, 404) << path;
    }
}

TEST_F(PagesTest, SaysHowToBuildPagesThatAreMissing) {
    const Answer answer = Pages(folder_ / "nowhere").serve(Request{.method = "GET", .path = "/"});
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(std::get<std::string>(answer.body).find("npm"), std::string::npos);
}

}  // namespace
}  // namespace nias::httpfront
