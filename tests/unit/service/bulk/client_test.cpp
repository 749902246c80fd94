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

}  // namespace
}  // namespace nias::service
