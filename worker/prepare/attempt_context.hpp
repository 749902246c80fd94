/// The Context that an attempt speaks to. It changes once where the job is made ready before it is given:
/// from that of the thread which does so to that of the attempt's handler. Used by attempt and ready_jobs.
/// One thread at a time, but for log() and hand_on_log().
#pragma once

#include <algorithm>
#include <mutex>
#include <string>

#include <nias/worker.hpp>

namespace nias::worker {

class AttemptContext final : public Context {
public:
    /// `ahead`: the job is not given yet. What it logs is kept until it is, at most kKeptBytes of it.
    AttemptContext(Context& to, bool ahead) : to_(&to), ahead_(ahead) {}

    /// The job was given: from here on it is `to` that hears all.
    void give(Context& to) {
        hand_on_log(to);
        to_ = &to;
        ahead_ = false;
    }
    /// Before it is given. Any thread: log lines that came since the last call go to `to`.
    void hand_on_log(Context& to) {
        std::string said;
        {
            const std::lock_guard lock(mutex_);
            said.swap(said_);
        }
        if (!said.empty()) { to.log(said); }
    }
    [[nodiscard]] bool is_ahead() const { return ahead_; }

    [[nodiscard]] bool cancelled() const override { return to_->cancelled(); }
    void started() override { to_->started(); }
    void log(std::string_view bytes) override {
        if (!ahead_) { return to_->log(bytes); }
        const std::lock_guard lock(mutex_);
        said_.append(bytes.substr(0, kKeptBytes - std::min(said_.size(), kKeptBytes)));
    }
    void progress(double fraction, std::string_view text) override { to_->progress(fraction, text); }
    Status fetch(const BlobRef& blob, const std::string& path) override { return to_->fetch(blob, path); }
    Result<BlobRef> store(const std::string& path) override { return to_->store(path); }
    void give(const BlobRef& blob) override { to_->give(blob); }
    Status show_file(std::string_view name, const std::string& path) override {
        return to_->show_file(name, path);
    }

private:
    static constexpr std::size_t kKeptBytes = 256 * 1024;

    Context* to_;
    bool ahead_;
    std::mutex mutex_;  ///< guards said_
    std::string said_;  ///< logged before the job was given
};

}  // namespace nias::worker
