#include "service/worker/isolated/attempt.hpp"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <optional>

#include "base/clock.hpp"
#include "wire/codec/codec.hpp"

namespace nias::service {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(50);  // whether it is to stop
constexpr auto kGoneWithin = std::chrono::seconds(5);       // of SIGKILL; longer only stuck in the kernel

Outcome with(OutcomeStatus status, Cause cause, std::string words) {
    Outcome outcome;
    outcome.status = status;
    outcome.cause = cause;
    outcome.error = std::move(words);
    return outcome;
}

std::string name_of_signal(int number) {
    const char* const name = ::sigabbrev_np(number);
    const std::string words = "signal " + std::to_string(number);
    return name == nullptr ? words : words + " (SIG" + name + ")";
}

Outcome ended_by_signal(int number) {
    std::string words = "the handler ended by " + name_of_signal(number);
    if (number == SIGKILL) {
        words += ", which the worker did not send: this host may have run out of memory";
    }
    Outcome outcome = with(OutcomeStatus::failed, Cause::signal, std::move(words));
    outcome.signal = number;
    return outcome;
}

Outcome ended_without_outcome(int exit_code) {
    Outcome outcome = with(
        OutcomeStatus::failed, Cause::exit_code,
        "the handler ended its process with exit code " + std::to_string(exit_code) + " and did not return");
    outcome.exit_code = exit_code;
    return outcome;
}

/// No fault of the task's. The worker rests until a process can be begun, and the attempt does not count.
Outcome not_begun(Zygote& zygote, std::string words) {
    zygote.note_failure();
    return with(OutcomeStatus::could_not_run, Cause::sandbox, std::move(words));
}

class IsolatedAttempt {
public:
    IsolatedAttempt(Zygote& zygote, Zygote::Begun begun, Context& context, std::chrono::milliseconds grace)
        : zygote_(zygote),
          port_(std::move(begun.port)),
          number_(begun.number),
          context_(context),
          grace_(grace) {}

    Outcome run(const Task& task) {
        port_.send(FrameKind::task, wire::encode(wire::Tasks{0, 0, {task}}));
        Frame frame;
        while (true) {
            if (const auto given_up = look_whether_to_stop()) { return *given_up; }
            if (!port_.wait_readable(kLookEvery)) { continue; }
            switch (port_.receive(frame, Port::Wait::never)) {
                case Port::Got::nothing: continue;
                case Port::Got::closed: return gone();
                case Port::Got::frame: break;
            }
            if (auto end = on(frame)) { return *std::move(end); }
        }
    }

private:
    /// Tells the handler once, and kills it later. An outcome: even that did not help.
    std::optional<Outcome> look_whether_to_stop() {
        const Time time = now();
        if (!told_ && context_.cancelled()) {
            if (port_.send(FrameKind::cancel, {}, {}, Port::Wait::never)) { told_ = time; }
            // A process that reads nothing has no room for it, and only its time left.
            if (!asked_) { asked_ = time; }
        }
        if (asked_ && !killed_ && time - *asked_ >= grace_) {
            zygote_.kill(number_);
            killed_ = time;
        }
        if (!killed_ || time - *killed_ < kGoneWithin) { return std::nullopt; }
        return with(OutcomeStatus::cancelled, Cause::request,
                    "the handler did not stop, and its process cannot be ended: it is stuck in the kernel");
    }

    /// The outcome, if this frame is the last.
    std::optional<Outcome> on(Frame& frame) {
        switch (frame.kind) {
            case FrameKind::started: context_.started(); return std::nullopt;
            case FrameKind::log: context_.log(frame.text()); return std::nullopt;
            case FrameKind::progress:
                if (const auto fraction = frame.cut<double>()) { context_.progress(*fraction, frame.text()); }
                return std::nullopt;
            case FrameKind::fetch: fetch(frame); return std::nullopt;
            case FrameKind::store: store(frame); return std::nullopt;
            case FrameKind::show: show(frame); return std::nullopt;
            case FrameKind::give:
                if (const auto blob = frame.cut<BlobRef>()) { context_.give(*blob); }
                return std::nullopt;
            case FrameKind::outcome: read_outcome(frame); return std::nullopt;
            case FrameKind::ended:
                if (const auto ended = frame.cut<Ended>()) { return end(*ended); }
                return gone();
            case FrameKind::not_started:
                return not_begun(zygote_, std::string("this host has no process for the handler: ") +
                                              std::strerror(frame.cut<int>().value_or(0)));
            case FrameKind::task:
            case FrameKind::cancel:
            case FrameKind::done:
            case FrameKind::stored:
            case FrameKind::shown: break;
        }
        return std::nullopt;  // memory that was overwritten may have told anything
    }

    void fetch(Frame& frame) {
        const auto blob = frame.cut<BlobRef>();
        const Status status = blob ? context_.fetch(*blob, std::string(frame.text()))
                                   : Status(Error{ErrorCode::invalid, "no blob is named"});
        port_.send(FrameKind::done, encode(status));
    }
    void store(const Frame& frame) {
        const Result<BlobRef> blob = context_.store(std::string(frame.text()));
        const BlobRef named = blob ? *blob : BlobRef();
        port_.send(FrameKind::stored, bytes_of(named), encode(blob ? Status() : Status(blob.error())));
    }
    void show(Frame& frame) {
        const auto shown = frame.cut<Shown>();
        const bool whole = shown && shown->path_bytes <= frame.text().size();
        const Status status = whole
                                  ? context_.show_file(frame.text().substr(shown->path_bytes),
                                                       std::string(frame.text().substr(0, shown->path_bytes)))
                                  : Status(Error{ErrorCode::invalid, "no file is named"});
        port_.send(FrameKind::shown, encode(status));
    }
    void read_outcome(const Frame& frame) {
        auto message = wire::decode(frame.body);
        auto* report = message ? std::get_if<wire::OutcomeReport>(&*message) : nullptr;
        if (report != nullptr && report->outcomes.size() == 1) { outcome_ = report->outcomes.front(); }
    }

    [[nodiscard]] Outcome end(const Ended& ended) const {
        Outcome outcome;
        if (outcome_) {
            outcome = *outcome_;
        } else if (killed_) {
            outcome = with(OutcomeStatus::cancelled, Cause::request,
                           "the handler was told to stop, did not within " + std::to_string(grace_.count()) +
                               " ms, and was killed");
        } else if (WIFSIGNALED(ended.wait_status)) {
            outcome = ended_by_signal(WTERMSIG(ended.wait_status));
        } else {
            outcome = ended_without_outcome(WEXITSTATUS(ended.wait_status));
        }
        if (outcome.usage.cpu_ms == 0) { outcome.usage.cpu_ms = ended.cpu_ms; }
        if (outcome.usage.peak_memory_bytes == 0) {
            outcome.usage.peak_memory_bytes = ended.peak_memory_bytes;
        }
        return outcome;
    }

    /// Without a word of the process's end, which only the zygote could have told.
    [[nodiscard]] Outcome gone() const {
        if (outcome_) { return *outcome_; }
        return not_begun(zygote_, zygote_.is_gone()
                                      ? "the process that starts isolated handlers has ended"
                                      : "this host has no descriptor for the handler's process");
    }

    Zygote& zygote_;
    Port port_;
    const std::uint64_t number_;
    Context& context_;
    const std::chrono::milliseconds grace_;
    std::optional<Time> asked_, told_, killed_;
    std::optional<Outcome> outcome_;  // told by the process, which still has to end
};

}  // namespace

Worker::JobHandler isolated(std::shared_ptr<Zygote> zygote, std::chrono::milliseconds grace) {
    return [zygote = std::move(zygote), grace](const Task& task, Context& context) {
        auto begun = zygote->begin();
        if (!begun) { return not_begun(*zygote, begun.error().message); }
        return IsolatedAttempt(*zygote, *std::move(begun), context, grace).run(task);
    };
}

}  // namespace nias::service
