#include "service/worker/call.hpp"

#include <cxxabi.h>
#include <stdlib.h>

#include <exception>
#include <memory>
#include <new>
#include <typeinfo>

#include "base/words.hpp"
#include "wire/limits.hpp"

namespace nias::service {
namespace {

Outcome failed(std::string words) {
    Outcome outcome;
    outcome.status = OutcomeStatus::failed;
    outcome.error = std::move(words);
    return outcome;
}

/// Leaves at most so many bytes, without half a character of UTF-8 at the end.
void cut(std::string& text, std::size_t bytes) {
    if (text.size() > bytes) { text.resize(cut_utf8(text, bytes).size()); }
}

/// The type of the exception that is being handled, as a programmer writes it.
std::string type_of_exception() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) { return "something of an unknown type"; }
    int status = 0;
    const std::unique_ptr<char, decltype(&::free)> name(
        abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &::free);
    return status == 0 ? name.get() : type->name();
}

// The end of a thread (pthread_exit, pthread_cancel) is an exception in glibc, and has to go on.
Outcome caught(const Worker::JobHandler& handler, const Task& task, Context& context) {
    try {
        return handler(task, context);
    } catch (const abi::__forced_unwind&) { throw; } catch (const std::bad_alloc&) {
        Outcome outcome = failed("the handler found no memory (std::bad_alloc)");
        outcome.cause = Cause::out_of_memory;
        return outcome;
    } catch (const std::exception& thrown) {
        return failed(std::string("the handler threw: ") + thrown.what());
    } catch (const std::string& thrown) {
        return failed("the handler threw: " + thrown);
    } catch (const char* thrown) {
        return failed(std::string("the handler threw: ") + (thrown == nullptr ? "a null pointer" : thrown));
    } catch (...) {
        return failed("the handler threw an object of type " + type_of_exception() +
                      ", which is no std::exception and says nothing");
    }
}

/// An exception may throw another where it is destroyed, behind the handler of the first.
Outcome caught_twice(const Worker::JobHandler& handler, const Task& task, Context& context) {
    try {
        return caught(handler, task, context);
    } catch (const abi::__forced_unwind&) { throw; } catch (...) {
        return failed("the handler threw an exception whose destructor threw " + type_of_exception());
    }
}

}  // namespace

// Values that the wire has no words for fail the task; texts that are too long are cut.
void bound(Outcome& outcome) {
    if (outcome.output.size() > kInlineMax) {
        outcome = failed("the output has " + std::to_string(outcome.output.size()) + " bytes and may have " +
                         std::to_string(kInlineMax) + ": store() it, and give its blob");
    }
    if (outcome.output_blob && outcome.output_blob->size_bytes > wire::kBlobBytesMax) {
        outcome =
            failed("the output blob is said to have " + std::to_string(outcome.output_blob->size_bytes) +
                   " bytes and may have 64 GiB: give what store() returned");
    }
    if (outcome.status > OutcomeStatus::could_not_run || outcome.cause > Cause::store) {
        outcome = failed("the handler gave a status or a cause that does not exist");
    }
    cut(outcome.error, wire::kReasonBytesMax);
    if (outcome.status != OutcomeStatus::could_not_run) { outcome.retry_after_s = 0; }
    if (outcome.notes.size() > wire::kNotesMax) { outcome.notes.resize(wire::kNotesMax); }
    for (std::string& note : outcome.notes) { cut(note, wire::kNoteBytesMax); }
}

Outcome call(const Worker::JobHandler& handler, const Task& task, Context& context) {
    Outcome outcome = caught_twice(handler, task, context);
    bound(outcome);
    return outcome;
}

Worker::JobHandler as_job(Worker::Handler handler) {
    return [handler = std::move(handler)](const Task& task, Context& context) {
        Outcome outcome;
        auto output = handler(task, context);
        if (output) {
            outcome.output = std::move(*output);
            return outcome;
        }
        outcome.status = context.cancelled() ? OutcomeStatus::cancelled : OutcomeStatus::failed;
        outcome.error = output.error().message;
        return outcome;
    };
}

}  // namespace nias::service
