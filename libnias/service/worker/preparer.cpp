#include "service/worker/preparer.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/host/threads.hpp"
#include "service/bulk/client.hpp"
#include "service/worker/shared_blobs.hpp"

namespace nias::service {

/// The pipeline for a task that is not given yet: it can fetch, and nothing else leaves the worker.
class Preparer::PreparingContext final : public Context {
public:
    PreparingContext(const WorkerOptions& options, net::Context& context, const std::atomic<bool>& cancel)
        : options_(options), context_(context), cancel_(cancel) {}

    [[nodiscard]] bool cancelled() const override { return cancel_.load(); }
    void started() override {}
    void log(std::string_view) override {}
    void progress(double, std::string_view) override {}
    Status fetch(const BlobRef& blob, const std::string& path) override {
        if (!options_.shared_blobs.empty()) { return link_shared_blob(options_.shared_blobs, blob, path); }
        if (!bulk_) {
            auto opened = BulkClient::open(context_, options_.bulk);
            if (!opened) { return opened.error(); }
            bulk_.emplace(std::move(*opened));
        }
        return bulk_->get(blob, path, [this] { return cancelled(); });
    }
    Result<BlobRef> store(const std::string&) override { return not_given(); }
    void give(const BlobRef&) override {}
    Status show_file(std::string_view, const std::string&) override { return not_given(); }

private:
    static Error not_given() {
        return {ErrorCode::invalid,
                "a task that is made ready is not given yet: it can store and show nothing"};
    }

    const WorkerOptions& options_;
    net::Context& context_;
    const std::atomic<bool>& cancel_;
    std::optional<BulkClient> bulk_;
};

Result<std::unique_ptr<Preparer>> Preparer::open(const WorkerOptions& options, net::Context& context) {
    if (!options.prepare) { return std::unique_ptr<Preparer>(); }
    return with_threads("a worker that makes tasks ready",
                        [&] { return std::make_unique<Preparer>(options, context); });
}

Preparer::Preparer(const WorkerOptions& options, net::Context& context)
    : options_(options), context_(context) {
    try {
        threads_.emplace_back([this] { prepare_all(); });
        threads_.emplace_back([this] { throw_away_all(); });
    } catch (const std::system_error&) {
        close();
        throw;
    }
}

Preparer::~Preparer() { close(); }

void Preparer::close() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        cancel_.store(true);
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) { thread.join(); }
    threads_.clear();
}

void Preparer::tell(core::ExecuteEffects& effects, const core::Execute& core) {
    given(effects.run);
    if (effects.upcoming) { expect(std::move(*effects.upcoming), core.running()); }
}

void Preparer::expect(std::vector<Task> tasks, const std::vector<TaskId>& held) {
    {
        const std::lock_guard lock(mutex_);
        std::set<TaskId> stay(held.begin(), held.end());
        for (const Task& task : tasks) { stay.insert(task.id); }
        const std::set<TaskId> before = known_;
        for (const TaskId& id : before) {
            if (!stay.contains(id)) { drop(id); }
        }
        wanted_.clear();
        for (Task& task : tasks) {
            if (!known_.contains(task.id)) { wanted_.push_back(std::move(task)); }
        }
    }
    wake_.notify_all();
}

void Preparer::given(const wire::Runs<Task>& tasks) {
    if (tasks.empty()) { return; }
    const std::lock_guard lock(mutex_);
    for (const wire::Run<Task>& run : tasks.runs()) { forget_wanted(run.ids); }
}

void Preparer::over(const wire::Runs<Outcome>& outcomes) {
    if (outcomes.empty()) { return; }
    {
        const std::lock_guard lock(mutex_);
        for (const wire::Run<Outcome>& run : outcomes.runs()) {
            forget_wanted(run.ids);
            for (const TaskId& id : run.ids) {
                if (known_.contains(id)) { drop(id); }
            }
        }
    }
    wake_.notify_all();
}

void Preparer::forget_wanted(const std::vector<TaskId>& ids) {
    std::erase_if(wanted_,
                  [&](const Task& task) { return std::find(ids.begin(), ids.end(), task.id) != ids.end(); });
}

void Preparer::drop(const TaskId& id) {
    known_.erase(id);
    unwanted_.push_back(id);
    if (present_ == id) { cancel_.store(true); }
}

void Preparer::prepare_all() {
    PreparingContext context(options_, context_, cancel_);
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return closing_ || !wanted_.empty(); });
        if (closing_) { return; }
        const Task task = std::move(wanted_.front());
        wanted_.pop_front();
        known_.insert(task.id);
        present_ = task.id;
        cancel_.store(false);
        lock.unlock();
        options_.prepare(task, context);
        lock.lock();
        // A task that was dropped meanwhile may have been thrown away before all of it was there.
        if (!known_.contains(present_)) { unwanted_.push_back(present_); }
        present_ = {};
        wake_.notify_all();
    }
}

void Preparer::throw_away_all() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return closing_ || !unwanted_.empty(); });
        if (unwanted_.empty()) { return; }
        const auto ids = std::exchange(unwanted_, {});
        lock.unlock();
        for (const TaskId& id : ids) { options_.unprepare(id); }
        lock.lock();
    }
}

}  // namespace nias::service
