#include "service/worker/isolated/child.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

#include "service/worker/call.hpp"
#include "service/worker/isolated/frames.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias::service {
namespace {

constexpr std::size_t kLogPiece = 32U << 10U;
constexpr std::size_t kPathMax = 4096;  // of Linux

Error worker_is_gone() { return {ErrorCode::unavailable, "the worker of this handler does not answer"}; }

/// The worker as its handler's process sees it. The handler's threads take turns.
class ChildContext final : public Context {
public:
    explicit ChildContext(Port& port) : port_(port) {}

    // While another thread waits for an answer, it hears of a cancel too.
    [[nodiscard]] bool cancelled() const override {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        Frame frame;
        while (lock && !cancelled_) {
            const Port::Got got = port_.receive(frame, Port::Wait::never);
            if (got == Port::Got::nothing) { break; }
            if (got == Port::Got::closed || frame.kind == FrameKind::cancel) { cancelled_ = true; }
        }
        return cancelled_;
    }
    void started() override { tell(FrameKind::started); }
    void log(std::string_view bytes) override {
        const std::lock_guard lock(mutex_);
        for (std::size_t at = 0; at < bytes.size(); at += kLogPiece) {
            if (!port_.send(FrameKind::log, bytes_of_text(bytes.substr(at, kLogPiece)))) {
                cancelled_ = true;
                return;
            }
        }
    }
    void progress(double fraction, std::string_view text) override {
        tell(FrameKind::progress, bytes_of(fraction), bytes_of_text(text.substr(0, wire::kNoteBytesMax + 4)));
    }
    Status fetch(const BlobRef& blob, const std::string& path) override {
        Frame answer;
        const auto whole = whole_path(path);
        if (!whole) { return whole.error(); }
        const std::lock_guard lock(mutex_);
        if (auto got = ask(FrameKind::fetch, bytes_of(blob), *whole, FrameKind::done, answer); !got) {
            return got;
        }
        return decode_status(answer.body).value_or(worker_is_gone());
    }
    Result<BlobRef> store(const std::string& path) override {
        Frame answer;
        const auto whole = whole_path(path);
        if (!whole) { return whole.error(); }
        const std::lock_guard lock(mutex_);
        if (auto got = ask(FrameKind::store, {}, *whole, FrameKind::stored, answer); !got) {
            return got.error();
        }
        if (const auto blob = answer.cut<BlobRef>(); blob && decode_status(answer.body)) {
            const Status status = *decode_status(answer.body);
            return status ? Result<BlobRef>(*blob) : status.error();
        }
        return worker_is_gone();
    }
    void give(const BlobRef& blob) override { tell(FrameKind::give, bytes_of(blob)); }
    Status show_file(std::string_view name, const std::string& path) override {
        Frame answer;
        const auto whole = whole_path(path);
        if (!whole) { return whole.error(); }
        const Shown shown{static_cast<std::uint32_t>(whole->size())};
        const std::string both = *whole + std::string(name.substr(0, wire::kNameBytesMax + 1));
        const std::lock_guard lock(mutex_);
        if (auto got = ask(FrameKind::show, bytes_of(shown), both, FrameKind::shown, answer); !got) {
            return got;
        }
        return decode_status(answer.body).value_or(worker_is_gone());
    }

private:
    void tell(FrameKind kind, std::span<const std::uint8_t> first = {},
              std::span<const std::uint8_t> second = {}) {
        const std::lock_guard lock(mutex_);
        if (!port_.send(kind, first, second)) { cancelled_ = true; }
    }
    /// The path as the worker, which has a folder of its own, finds it.
    static Result<std::string> whole_path(const std::string& path) {
        std::error_code error;
        std::string whole = std::filesystem::absolute(path, error).string();
        if (!error && whole.size() <= kPathMax) { return whole; }
        return Error{ErrorCode::invalid, "a path of " + std::to_string(path.size()) + " bytes names no file"};
    }
    Status ask(FrameKind kind, std::span<const std::uint8_t> first, const std::string& second,
               FrameKind answers, Frame& into) {
        if (!port_.send(kind, first, bytes_of_text(second))) { return worker_is_gone(); }
        while (port_.receive(into, Port::Wait::until_done) == Port::Got::frame) {
            if (into.kind == answers) { return {}; }
            if (into.kind == FrameKind::cancel) { cancelled_ = true; }
        }
        cancelled_ = true;
        return worker_is_gone();
    }

    Port& port_;
    mutable std::mutex mutex_;  // guards what is received; a thread that waits for an answer holds it
    mutable std::atomic<bool> cancelled_{false};  // also: nobody listens
};

/// Bounds the memory that this process may take for itself from here on. Memory that it shares with others,
/// or has from the worker, is not counted.
void bound_memory(std::uint64_t more_bytes) {
    std::uint64_t size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
    std::ifstream("/proc/self/statm") >> size >> resident >> shared >> text >> library >> data;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    rlimit limit{};
    if (data == 0 || ::getrlimit(RLIMIT_DATA, &limit) != 0) { return; }
    const std::uint64_t most = data * page + std::min<std::uint64_t>(more_bytes, 1ULL << 60U);
    limit.rlim_cur = limit.rlim_max = std::min<rlim_t>(most, limit.rlim_max);
    static_cast<void>(::setrlimit(RLIMIT_DATA, &limit) == 0);  // a limit may always be lowered
}

Outcome handled(const Worker::JobHandler& handler, const Task& task, Context& context) {
    const std::uint64_t memory = task.spec.resources.memory_bytes;
    if (memory > 0) { bound_memory(memory); }
    Outcome outcome = call(handler, task, context);
    outcome.id = task.id;
    outcome.attempt = task.attempt;
    outcome.worker.clear();
    if (outcome.cause == Cause::out_of_memory && memory > 0 && outcome.status == OutcomeStatus::failed) {
        outcome.error += ": its task asks for " + std::to_string(memory) + " bytes, and it may have no more";
        bound(outcome);
    }
    return outcome;
}

}  // namespace

void run_attempt(Descriptor socket, const Worker::JobHandler& handler) noexcept {
    Port port(std::move(socket));
    Frame frame;
    if (port.receive(frame, Port::Wait::until_done) != Port::Got::frame) { ::_exit(0); }
    auto message = wire::decode(frame.body);
    auto* tasks = message ? std::get_if<wire::Tasks>(&*message) : nullptr;
    if (frame.kind != FrameKind::task || tasks == nullptr || tasks->tasks.size() != 1) { ::_exit(0); }
    const Task task = tasks->tasks.front();
    ChildContext context(port);
    const Outcome outcome = handled(handler, task, context);
    std::fflush(nullptr);
    wire::Runs<Outcome> told;
    told.push_back(outcome);
    std::vector<const wire::Run<Outcome>*> runs;
    for (const wire::Run<Outcome>& run : told.runs()) { runs.push_back(&run); }
    static_cast<void>(port.send(FrameKind::outcome, wire::encode_report({}, runs)));
    ::_exit(0);  // nothing of the worker's is destroyed here: none of it is this process's
}

}  // namespace nias::service
