// The four services on threads of one process. They share one ZeroMQ context and meet at inproc addresses: no
// socket of the system, no thread for connections, and no other user who could reach them.
#include <nias/pipeline.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include <nias/sink.hpp>
#include <nias/ventilator.hpp>

#include "base/host/threads.hpp"
#include "base/log.hpp"
#include "service/in_process.hpp"
#include "service/options.hpp"
#include "service/worker/call.hpp"
#include "service/worker/isolated/zygote.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::uint32_t kSettleTimeoutS = 5;  // its ventilator and sink are in this process: one has failed

constexpr auto kMeetWithin = std::chrono::seconds(60);  // a durable ventilator reads its ledger before

/// A folder with a name of its own that ends with its owner.
class Folder {
public:
    static Result<std::unique_ptr<Folder>> make() {
        std::error_code error;
        const auto where = std::filesystem::temp_directory_path(error);
        if (error) {
            return Error{ErrorCode::unavailable, "no folder for temporary files: " + error.message()};
        }
        std::string pattern = (where / "nias-pipeline-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            return Error{ErrorCode::unavailable,
                         "cannot make a folder in " + where.string() + ": " + std::strerror(errno)};
        }
        return std::make_unique<Folder>(std::move(pattern));
    }
    explicit Folder(std::string path) : path_(std::move(path)) {}
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        if (::rmdir(path_.c_str()) == 0) { return; }  // an empty folder goes without a descriptor to read it
        std::error_code error;
        std::filesystem::remove_all(path_, error);
        if (error) { log::warn("pipeline: " + path_ + " was not removed: " + error.message()); }
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// One a worker. A copy is made by code of the user, which may throw what it likes.
Result<std::vector<Worker::Handler>> copies_of(const Worker::Handler& handler, std::size_t count) {
    try {
        return std::vector<Worker::Handler>(count, handler);
    } catch (const std::exception& thrown) {
        return Error{ErrorCode::invalid,
                     std::string("the handler cannot be copied, it threw: ") + thrown.what()};
    } catch (...) {
        return Error{ErrorCode::invalid, "the handler cannot be copied: it threw no std::exception"};
    }
}

}  // namespace

class [[gnu::visibility("hidden")]] Pipeline::Impl {
public:
    Impl(std::unique_ptr<Folder> blobs, std::shared_ptr<service::Zygote> zygote) : blobs_(std::move(blobs)) {
        auto inside = std::make_shared<InProcess>(*inside_);
        inside->zygote = std::move(zygote);
        inside_of_workers_ = std::move(inside);
    }
    ~Impl() {
        if (auto stopped = stop(); !stopped) { log::warn("pipeline: " + stopped.error().message); }
    }

    Status open(const PipelineOptions& options, const Worker::Handler& handler, SubmitterCallbacks callbacks);
    Status stop();
    Submitter& submitter() noexcept { return *submitter_; }
    [[nodiscard]] SubmitterOptions submitter_options() const {
        return {.intake = at("intake"),
                .control = at("control"),
                .events = at("events"),
                .bulk = at("bulk"),
                .in_process = inside_};
    }
    [[nodiscard]] WatcherOptions watcher_options() const {
        return {
            .events = at("events"), .control = at("control"), .output = at("output"), .in_process = inside_};
    }

private:
    Status open_servers(const PipelineOptions& options);
    Status open_workers(const PipelineOptions& options);
    void start(std::vector<Worker::Handler> handlers);
    Status meet(std::size_t parts);
    void ended(const Status& status);

    /// An address that exists within inside_ alone.
    static std::string at(const std::string& name) { return "inproc://" + name; }

    std::unique_ptr<Folder> blobs_;  // null with a data directory; destroyed last
    std::shared_ptr<const InProcess> inside_ = std::make_shared<InProcess>();
    std::shared_ptr<const InProcess> inside_of_workers_;  // the same, with the zygote of this handler
    std::optional<Ventilator> ventilator_;
    std::optional<Sink> sink_;
    /// Hidden, as all of Impl: what a container makes of a public class would be shown by the shared library.
    struct Part {
        Worker worker;
    };
    std::deque<Part> workers_;
    std::optional<Submitter> submitter_;  // kept when it is closed: callers may hold on to it
    std::thread ventilator_thread_, sink_thread_;
    std::vector<std::thread> worker_threads_;
    std::mutex mutex_;  // guards the next
    Status failure_;
};

Status Pipeline::Impl::open(const PipelineOptions& options, const Worker::Handler& handler,
                            SubmitterCallbacks callbacks) {
    if (auto servers = open_servers(options); !servers) { return servers; }
    if (auto workers = open_workers(options); !workers) { return workers; }
    auto handlers = copies_of(handler, options.workers);
    if (!handlers) { return handlers.error(); }
    auto submitter = Submitter::open(submitter_options(), std::move(callbacks));
    if (!submitter) { return submitter.error(); }
    submitter_.emplace(std::move(*submitter));
    const auto started = with_threads("a pipeline", [&] {
        start(std::move(*handlers));
        return true;
    });
    if (!started) { return started.error(); }
    return meet(options.workers + 1);  // the submitter hears the events, and each worker was welcomed
}

Status Pipeline::Impl::meet(std::size_t parts) {
    const std::size_t met = inside_->arrivals->wait_for(parts, kMeetWithin);
    {
        const std::lock_guard lock(mutex_);
        if (!failure_) { return failure_; }
    }
    if (met >= parts) { return {}; }
    return Error{ErrorCode::unavailable, "only " + std::to_string(met) + " of " + std::to_string(parts) +
                                             " parts of the pipeline were answered within " +
                                             std::to_string(kMeetWithin.count()) +
                                             " s: this host is too busy, or its disk does not answer"};
}

Status Pipeline::Impl::open_servers(const PipelineOptions& options) {
    const auto durability = options.data_dir.empty() ? Durability::memory : Durability::durable;
    auto ventilator = Ventilator::open({.intake = at("intake"),
                                        .control = at("control"),
                                        .events = at("events"),
                                        .data_dir = options.data_dir,
                                        .durability = durability,
                                        .max_queued = options.max_queued,
                                        .in_process = inside_});
    if (!ventilator) { return ventilator.error(); }
    auto sink = Sink::open({.outcomes = at("outcomes"),
                            .bulk = at("bulk"),
                            .output = at("output"),
                            .intake = at("intake"),
                            .data_dir = options.data_dir,
                            .durability = durability,
                            .blob_dir = blobs_ ? blobs_->path() : "",
                            .in_process = inside_});
    if (!sink) { return sink.error(); }
    ventilator_.emplace(std::move(*ventilator));
    sink_.emplace(std::move(*sink));
    return {};
}

Status Pipeline::Impl::open_workers(const PipelineOptions& options) {
    for (std::uint32_t i = 0; i < options.workers; ++i) {
        auto worker =
            Worker::open({.control = at("control"),
                          .outcomes = at("outcomes"),
                          .bulk = at("bulk"),
                          .name = "worker-" + std::to_string(i + 1),
                          .slots = options.slots,
                          .isolation = options.isolation,
                          .window = options.window,
                          .drain_timeout_s = static_cast<std::uint32_t>(options.drain_timeout.count()),
                          .settle_timeout_s = kSettleTimeoutS,
                          .in_process = inside_of_workers_});
        if (!worker) { return worker.error(); }
        workers_.push_back({std::move(*worker)});
    }
    return {};
}

void Pipeline::Impl::start(std::vector<Worker::Handler> handlers) {
    ventilator_thread_ = std::thread([this] { ended(ventilator_->run()); });
    sink_thread_ = std::thread([this] { ended(sink_->run()); });
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        worker_threads_.emplace_back(
            [this, &worker = workers_[i].worker, handler = std::move(handlers[i])]() mutable {
                ended(worker.run(std::move(handler)));
            });
    }
}

// A part that fails takes the submitter with it: nobody waits for what cannot come.
void Pipeline::Impl::ended(const Status& status) {
    if (status) { return; }
    {
        const std::lock_guard lock(mutex_);
        if (failure_) { failure_ = status; }
    }
    inside_->arrivals->give_up();
    submitter_->close();
}

// In the direction of the work: what a part hands on finds the next one there.
Status Pipeline::Impl::stop() {
    for (Part& part : workers_) { part.worker.stop(); }
    for (std::thread& thread : worker_threads_) { thread.join(); }
    worker_threads_.clear();
    workers_.clear();
    inside_of_workers_.reset();  // ends the zygote
    if (submitter_) { submitter_->close(); }
    if (sink_) { sink_->stop(); }
    if (sink_thread_.joinable()) { sink_thread_.join(); }
    sink_.reset();
    if (ventilator_) { ventilator_->stop(); }
    if (ventilator_thread_.joinable()) { ventilator_thread_.join(); }
    ventilator_.reset();
    const std::lock_guard lock(mutex_);
    return failure_;
}

Pipeline::Pipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;
Pipeline::~Pipeline() = default;

Result<Pipeline> Pipeline::open(const PipelineOptions& options, const Worker::Handler& handler,
                                SubmitterCallbacks callbacks) {
    if (auto checked = service::check(options); !checked) { return checked.error(); }
    if (!handler) { return service::no_handler("Pipeline::open"); }
    std::unique_ptr<Folder> blobs;
    if (options.data_dir.empty()) {
        auto made = Folder::make();
        if (!made) { return made.error(); }
        blobs = std::move(*made);
    }
    std::shared_ptr<service::Zygote> zygote;
    if (options.isolation == Isolation::process) {  // before any part has a thread
        auto copy = copies_of(handler, 1);
        if (!copy) { return copy.error(); }
        auto started = service::Zygote::start(service::as_job(std::move(copy->front())));
        if (!started) { return started.error(); }
        zygote = *std::move(started);
    }
    auto impl = std::make_unique<Impl>(std::move(blobs), std::move(zygote));
    if (auto opened = impl->open(options, handler, std::move(callbacks)); !opened) { return opened.error(); }
    return Pipeline(std::move(impl));
}
Submitter& Pipeline::submitter() noexcept { return impl_->submitter(); }
SubmitterOptions Pipeline::submitter_options() const { return impl_->submitter_options(); }
WatcherOptions Pipeline::watcher_options() const { return impl_->watcher_options(); }
Status Pipeline::stop() { return impl_->stop(); }

}  // namespace v1
}  // namespace nias
