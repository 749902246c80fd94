#include "service/bulk/client.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/ids.hpp"
#include "service/bulk/server.hpp"
#include "support/temp_folder.hpp"

namespace nias::service {
namespace {

using namespace std::chrono_literals;

class BulkClientTest : public testing::Test {
protected:
    BulkClientTest() {
        auto opened = BulkServer::open(
            context_, {.bulk = "ipc://" + (folder_ / "bulk"), .output = "ipc://" + (folder_ / "output")},
            BulkServer::Keeps{.folder = folder_.path()});
        EXPECT_TRUE(opened) << opened.error().message;
        server_ = std::move(*opened);
        thread_ = std::thread([this] { server_->run(stop_, waker_); });
        auto heard = net::Socket::connect(context_, net::Kind::sub, server_->output_endpoint());
        EXPECT_TRUE(heard) << heard.error().message;
        heard_.emplace(std::move(*heard));
        heard_->subscribe("");
    }
    ~BulkClientTest() override {
        stop_.store(true);
        waker_.wake();
        thread_.join();
    }
    BulkClient client() {
        auto opened = BulkClient::open(context_, server_->bulk_endpoint());
        EXPECT_TRUE(opened) << opened.error().message;
        return std::move(*opened);
    }
    /// Whether the server published something on this topic within the time.
    bool hears(std::string_view topic, std::chrono::milliseconds within) {
        const Time until = now() + within;
        std::string got;
        Bytes frame;
        while (now() < until) {
            net::Socket* const sockets[] = {&*heard_};
            (void)net::wait_readable(sockets, nullptr, 10ms);
            while (heard_->receive(got, frame)) {
                if (got.starts_with(topic)) { return true; }
            }
        }
        return false;
    }

    const test::TempFolder folder_;
    net::Context context_;
    std::unique_ptr<BulkServer> server_;
    std::atomic<bool> stop_{false};
    net::Waker waker_;
    std::optional<net::Socket> heard_;
    std::thread thread_;
};

// The server publishes a chunk after it has answered it, so that the answer waits for the client then.
TEST_F(BulkClientTest, WaitsForNoAnswerThatItHasAlready) {
    BulkClient probe = client();
    const AttemptRef any{make_task_id(1), 1};
    const Time until = now() + 30s;
    do { probe.send_progress({any, 0.5, ""}); } while (!hears("p", 50ms) && now() < until);
    int waited = 0;
    for (int round = 0; round < 10; ++round) {
        BulkClient sender = client();
        const AttemptRef attempt{make_task_id(round + 2), 1};
        sender.push_log(attempt, "printed as it ended\n");
        ASSERT_TRUE(hears("l", 30s));
        const Time begun = now();
        ASSERT_TRUE(sender.flush_log(attempt, "printed as it ended\n", {}));
        waited += now() - begun >= 100ms ? 1 : 0;
    }
    EXPECT_LE(waited, 3) << "a job is told to have ended when its log is stored, and not a tick later";
}

TEST_F(BulkClientTest, ShowsAFileOfSeveralPiecesAndTheSinkKeepsItsLastVersion) {
    const auto shown = store::LiveFiles::open(folder_.path());
    ASSERT_TRUE(shown);
    BulkClient sender = client();
    const AttemptRef attempt{make_task_id(1), 1};
    const std::string path = folder_ / "figure";
    std::string content;
    for (const char letter : {'a', 'b'}) {
        content.assign(wire::kLiveFileBytesMax - 1, letter);
        test::write_file(path, content);
        const Time until = now() + 30s;
        Status sent;
        do { sent = sender.show_file(attempt, "fits/one.png", path); } while (!sent && now() < until);
        ASSERT_TRUE(sent) << sent.error().message;
        EXPECT_FALSE(sender.show_file(attempt, "fits/one.png", path)) << "one version is under way";
        ASSERT_TRUE(hears("f" + to_string(attempt.id), 30s));
    }
    const auto rows = shown->list(attempt);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].name, "fits/one.png");
    const auto kept = shown->read(attempt, "fits/one.png");
    ASSERT_TRUE(kept && *kept);
    EXPECT_EQ(**kept, Bytes(content.begin(), content.end()));
    sender.forget_shown(attempt);
    const Time until = now() + 30s;
    while (!shown->list(attempt).empty() && now() < until) { (void)hears("none", 10ms); }
    EXPECT_TRUE(shown->list(attempt).empty());
}

TEST_F(BulkClientTest, ShowsNothingPastItsBounds) {
    BulkClient sender = client();
    const AttemptRef attempt{make_task_id(1), 1};
    const std::string path = folder_ / "figure";
    const auto refusal = [&](const std::string& name) {
        const Time until = now() + 30s;
        Status sent;
        do {
            sent = sender.show_file(attempt, name, path);
        } while (!sent && sent.error().code == ErrorCode::overloaded && now() < until);
        return sent ? std::string() : sent.error().message;
    };
    EXPECT_EQ(refusal("a.png"), path + " cannot be read");
    test::write_file(path, "");
    EXPECT_EQ(refusal("a.png"), "a file that is shown has 1 byte to 2 MiB");
    test::write_file(path, std::string(wire::kLiveFileBytesMax + 1, 'x'));
    EXPECT_EQ(refusal("a.png"), "a file that is shown has 1 byte to 2 MiB");
    test::write_file(path, "x");
    EXPECT_EQ(refusal(""), "the name of a file that is shown has 1 to 200 bytes");
    for (std::size_t i = 0; i < wire::kLiveFilesMax; ++i) { EXPECT_EQ(refusal(std::to_string(i)), ""); }
    EXPECT_EQ(refusal("one more"), "an attempt shows at most 32 files");
    EXPECT_EQ(refusal("0"), "") << "another version of a file that is shown";
}

}  // namespace
}  // namespace nias::service
