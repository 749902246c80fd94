#include "service/sink/sweeper.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "store/blobs/blobs.hpp"
#include "store/forgotten/forgotten.hpp"
#include "store/results/results.hpp"

namespace nias::service {

// The blobs are listed before the references are read: whoever refers to a listed one later has held it
// first, which remove_untouched() sees.
Result<std::size_t> sweep_blobs(const std::string& data_dir, std::int64_t untouched_since) {
    const auto blobs = store::Blobs::open(data_dir);
    if (!blobs) { return blobs.error(); }
    std::set<BlobHash> unused = blobs->untouched_since(untouched_since);
    if (unused.empty()) { return std::size_t{0}; }
    auto results = store::Results::open_reader(data_dir);
    if (!results) { return results.error(); }
    auto ledger = store::ForgottenReader::open(data_dir);
    if (!ledger) { return ledger.error(); }
    if (auto spared = ledger->spare_used(unused); !spared) { return spared.error(); }
    if (auto spared = results->spare_used(unused); !spared) { return spared.error(); }
    return static_cast<std::size_t>(std::count_if(unused.begin(), unused.end(), [&](const BlobHash& hash) {
        return blobs->remove_untouched(hash, untouched_since);
    }));
}

Sweeper::Sweeper(std::string data_dir, std::chrono::seconds kept)
    : data_dir_(std::move(data_dir)), kept_(kept), thread_([this] { run(); }) {}

Sweeper::~Sweeper() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Sweeper::run() {
    constexpr std::chrono::seconds kDay = std::chrono::hours(24);
    const auto every = std::clamp(kept_, std::chrono::seconds(1), kDay);
    while (true) {
        const auto removed = sweep_blobs(data_dir_, unix_ms_now() / 1'000 - kept_.count());
        if (!removed && removed.error().code != ErrorCode::not_found) {
            log::warn("blobs that nothing refers to stay for the present: " + removed.error().message);
        }
        if (removed && *removed > 0) {
            log::info("blobs: " + std::to_string(*removed) + " were removed, to which nothing refers");
        }
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, every, [this] { return closing_; })) { return; }
    }
}

}  // namespace nias::service
