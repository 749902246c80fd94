#include "service/retention.hpp"

#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "service/questions.hpp"
#include "store/ledger/ledger.hpp"
#include "wire/limits.hpp"

namespace nias::service {
namespace {

constexpr std::chrono::minutes kLookEvery(10);
constexpr std::chrono::seconds kPatience(10);

}  // namespace

Result<std::size_t> delete_ended_before(const Retained& retained, std::int64_t unix_ms) {
    auto ledger = store::LedgerReader::open(retained.data_dir);
    if (!ledger) { return ledger.error(); }
    std::size_t deleted = 0;
    while (true) {
        auto ids = ledger->ended_before(unix_ms, wire::kForgetMax);
        if (!ids) { return ids.error(); }
        if (ids->empty()) { return deleted; }
        wire::Forget forget;
        forget.ids = std::move(*ids);
        forget.after_s = retained.undo_s;
        const auto told = forget_tasks(retained.control, forget, kPatience);
        if (!told) { return told.error(); }
        if (told->done.empty()) { return deleted; }  // the same would be found for ever
        deleted += told->done.size();
    }
}

Retention::Retention(Retained retained, std::chrono::milliseconds keep)
    : retained_(std::move(retained)), keep_(keep), thread_([this] { run(); }) {}

Retention::~Retention() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Retention::run() {
    while (true) {
        const auto deleted = delete_ended_before(retained_, unix_ms_now() - keep_.count());
        if (!deleted && deleted.error().code != ErrorCode::not_found) {
            log::warn("jobs whose time is over stay for the present: " + deleted.error().message);
        }
        if (deleted && *deleted > 0) {
            log::info(std::to_string(*deleted) + " jobs were deleted, since they ended more than " +
                      std::to_string(std::chrono::duration_cast<std::chrono::hours>(keep_).count() / 24) +
                      " days ago");
        }
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, kLookEvery, [this] { return closing_; })) { return; }
    }
}

}  // namespace nias::service
