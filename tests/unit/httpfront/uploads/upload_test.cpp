#include "uploads/upload.hpp"

#include <Poco/Net/ServerSocket.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "options.hpp"
#include "support/temp_folder.hpp"
#include "uploads/idempotency.hpp"

namespace nias::httpfront {
namespace {

class UploadTest : public testing::Test {
protected:
    UploadTest()
        : stores_(std::move(*Stores::open(folder_.path()))),
          uploads_(std::move(*OpenUploads::open(folder_.path(), stores_->blobs()))) {
        Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
        client_.connect(listener.address());
        server_ = std::make_unique<Connection>(listener.acceptConnection(), hurry_);
    }
    /// The bytes that the client sends after the head; then it is silent, or gone.
    int status_of(Request request, const std::string& body, std::uint64_t max_upload = 1U << 20U) {
        client_.sendBytes(body.data(), static_cast<int>(body.size()));
        client_.shutdownSend();
        Body reader(*server_, request);
        auto received =
            receive_upload(request, reader, {*stores_, *uploads_, owner_, std::nullopt, max_upload});
        const auto* problem = std::get_if<Problem>(&received);
        return problem == nullptr ? 200 : problem->status;
    }
    static Request post(std::optional<std::uint64_t> length, const std::string& type = "application/zip") {
        Request request{.method = "POST", .path = "/api/v1/jobs"};
        request.content_length = length;
        request.fields = {{"content-type", type}};
        return request;
    }
    static Request post_chunked() {
        Request request = post(std::nullopt);
        request.chunked = true;
        return request;
    }
    std::size_t files_left() {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "blobs")) {
            count += entry.is_regular_file() ? 1 : 0;
        }
        return count;
    }

    test::TempFolder folder_;
    std::unique_ptr<Stores> stores_;
    std::unique_ptr<OpenUploads> uploads_;
    const std::string owner_ = "lab";
    std::atomic<bool> hurry_{false};
    Poco::Net::StreamSocket client_;
    std::unique_ptr<Connection> server_;
};

const std::string kNoZip = "this is no zip at all, however long one looks at it";

TEST_F(UploadTest, RefusesBeforeReading) {
    EXPECT_EQ(status_of(post(std::nullopt), ""), 411);
    EXPECT_EQ(status_of(post(0), ""), 400);
    EXPECT_EQ(status_of(post(1025), "", 1024), 413);
    EXPECT_EQ(files_left(), 0U);
}

// A6
TEST_F(UploadTest, RefusesWhatTheDiskHasNoRoomFor) {
    EXPECT_EQ(status_of(post(1ULL << 60U), "", UINT64_MAX / 2), 507);
    EXPECT_EQ(files_left(), 0U);
}

TEST_F(UploadTest, RefusesOtherTypes) { EXPECT_EQ(status_of(post(1, "text/plain"), "x"), 415); }

TEST_F(UploadTest, TakesPlainTextUnderTheNameOfAProgram) {
    const std::string program = "disp(1)\n";
    Request named = post(program.size(), "text/plain; charset=utf-8");
    named.fields.emplace_back("x-filename", "analysis.m");
    EXPECT_EQ(status_of(named, program), 200);
}

TEST_F(UploadTest, CallsAProgramByItsTypeWhereItHasNoName) {
    const std::string program = "x = 1\n";
    EXPECT_EQ(status_of(post(program.size(), "Text/X-R-Source; charset=utf-8"), program), 200);
}

TEST_F(UploadTest, GuessesNoNameByATypeOfAnotherLanguage) {
    EXPECT_EQ(status_of(post(6, "text/x-c"), "x = 1\n"), 422);
}

TEST_F(UploadTest, RefusesWhatIsNoZipAndLeavesNothing) {
    EXPECT_EQ(status_of(post(kNoZip.size()), kNoZip), 422);
    EXPECT_EQ(files_left(), 0U);
}

TEST_F(UploadTest, RefusesABodyThatIsCutOff) {
    EXPECT_EQ(status_of(post(100), "short"), 400);
    EXPECT_EQ(files_left(), 0U);
}

TEST_F(UploadTest, ReadsChunks) {
    EXPECT_EQ(status_of(post_chunked(), "5;x=y\r\nthis \r\nA\r\nis no zip!\r\n0\r\nTrailer: z\r\n\r\n"), 422);
}

TEST_F(UploadTest, RefusesChunksWithoutALength) { EXPECT_EQ(status_of(post_chunked(), "xyz\r\n"), 400); }

TEST_F(UploadTest, RefusesChunksThatAreLongerThanTheySay) {
    EXPECT_EQ(status_of(post_chunked(), "2\r\nabcd\r\n0\r\n\r\n"), 400);
}

TEST_F(UploadTest, RefusesChunksThatEndInABareLineFeed) {
    EXPECT_EQ(status_of(post_chunked(), "2\nab\n0\n\n"), 400);
}

TEST_F(UploadTest, BoundsChunkedBodies) { EXPECT_EQ(status_of(post_chunked(), "FFFFFFFFFFFF\r\nx"), 413); }

TEST(Upload, KeepsTheLastPartOfAName) {
    EXPECT_EQ(clean_file_name("C:\\data\\p.zip"), "p.zip");
    EXPECT_EQ(clean_file_name("../../p.zip"), "p.zip");
    EXPECT_EQ(clean_file_name("a\n\x7F.zip"), "a.zip");
    EXPECT_EQ(clean_file_name(""), "bundle.zip");
    EXPECT_EQ(clean_file_name("folder/"), "bundle.zip");
    EXPECT_EQ(clean_file_name(std::string(300, 'a')).size(), 255U);
}

TEST(IdempotencyKeys, TheFirstClaimDecidesAlsoAfterARestart) {
    const test::TempFolder folder;
    BlobHash one;
    one.bytes[0] = 1;
    const auto first = IdempotencyKeys::open(folder.path())->claim("lab", "key", one, TaskId::make());
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_FALSE(first->repeated);
    const auto again = IdempotencyKeys::open(folder.path())->claim("lab", "key", BlobHash{}, TaskId::make());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(again->id, first->id);
    EXPECT_EQ(again->content, one);
    EXPECT_NE(IdempotencyKeys::open(folder.path())->claim("other", "key", one, TaskId::make())->id,
              first->id);
}

TEST(IdempotencyKeys, RefusesKeysThatAreNoText) {
    const test::TempFolder folder;
    const auto keys = IdempotencyKeys::open(folder.path());
    for (const std::string& key : {std::string(), std::string(256, 'k'), std::string("a\tb")}) {
        EXPECT_EQ(keys->claim("lab", key, {}, TaskId::make()).error().code, ErrorCode::invalid);
    }
}

// The zip was never broken: the disk that holds it is.
TEST_F(UploadTest, BlamesTheDiskAndNotTheZipWhereOtherBytesComeBack) {
    const auto status_of_damaged = [&](const std::function<void(const std::string&)>& damage) {
        auto writer = stores_->blobs().begin();
        EXPECT_TRUE(writer);
        EXPECT_TRUE(writer->append({reinterpret_cast<const std::uint8_t*>(kNoZip.data()), kNoZip.size()}));
        damage(writer->path());
        const auto judgement = judge_written(*writer, "study.zip");
        return judgement ? 0 : judgement.error().status;
    };
    EXPECT_EQ(status_of_damaged([](const std::string&) {}), 422);
    EXPECT_EQ(status_of_damaged([](const std::string& path) { std::filesystem::resize_file(path, 30); }),
              503);
    EXPECT_EQ(
        status_of_damaged([](const std::string& path) { test::write_file(path, std::string(52, 'x')); }),
        503);
    EXPECT_EQ(status_of_damaged([](const std::string& path) {
                  std::filesystem::remove(path);
                  std::filesystem::create_directory(path);
              }),
              503);
}

}  // namespace
}  // namespace nias::httpfront
