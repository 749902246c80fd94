// Questions that the ventilator answers: a caller leaves one and waits, the thread sends it and takes the
// answer.
#include "service/submitter/impl.hpp"

#include "base/log.hpp"
#include "wire/codec/codec.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr auto kAskAgain = std::chrono::seconds(1);

TaskInfo info_of(wire::TaskRow&& row) {
    return {.id = row.id,
            .state = row.state,
            .attempt = row.attempt,
            .group = row.group,
            .group_size = row.group_size,
            .owner = std::move(row.owner),
            .name = std::move(row.name),
            .text = std::move(row.text),
            .ended_unix_ms = row.ended_unix_ms,
            .failures = row.failures};
}

/// The event about a task in an answer to a Sync; null: there is none.
std::optional<wire::Event> event_about(const wire::Events& events, const TaskId& id) {
    for (const wire::Run<wire::Event>& run : events.events.runs()) {
        for (std::size_t i = 0; i < run.size(); ++i) {
            if (run.ids[i] == id) { return run.item(i); }
        }
    }
    return std::nullopt;
}

Error unknown(const TaskId& id) {
    return {ErrorCode::not_found, "the ventilator does not know task " + to_string(id)};
}

}  // namespace

bool Submitter::Impl::answers(const wire::Message& question, const wire::Message& answer) {
    if (const auto* query = std::get_if<wire::QueryTasks>(&question)) {
        const auto* list = std::get_if<wire::TaskList>(&answer);
        return list != nullptr && list->number == query->number;
    }
    if (const auto* query = std::get_if<wire::Query>(&question)) {
        const auto* told = std::get_if<wire::Explained>(&answer);
        return told != nullptr && told->id == query->id;
    }
    const auto* sync = std::get_if<wire::Sync>(&question);
    const auto* events = std::get_if<wire::Events>(&answer);
    return sync != nullptr && events != nullptr && event_about(*events, sync->ids.front()).has_value();
}

// With mutex_ held.
void Submitter::Impl::receive_answer(const wire::Message& answer) {
    for (auto& [number, question] : questions_) {
        if (!question.answer && answers(question.asks, answer)) { question.answer = answer; }
    }
}

void Submitter::Impl::send_questions(std::unique_lock<std::mutex>& lock) {
    if (questions_.empty()) { return; }
    const Time time = now();
    std::vector<Bytes> frames;
    for (auto& [number, question] : questions_) {
        if (question.answer || (question.sent != Time{} && time - question.sent < kAskAgain)) { continue; }
        question.sent = time;
        frames.push_back(wire::encode(question.asks));
    }
    lock.unlock();
    for (const Bytes& frame : frames) {
        if (!control_.send(frame)) {
            log::debug("submitter: the ventilator is not there; asked again later");
        }
    }
    lock.lock();
}

Result<wire::Message> Submitter::Impl::ask_ventilator(std::string_view call, wire::Message question,
                                                      std::chrono::milliseconds patience) {
    if (auto own = of_this_process(); !own) { return own.error(); }
    std::unique_lock lock(mutex_);
    if (auto may = may_wait(call); !may) { return may.error(); }
    const std::uint64_t number = ++asked_;
    if (auto* const query = std::get_if<wire::QueryTasks>(&question)) { query->number = number; }
    Question& mine = questions_[number];
    mine.asks = std::move(question);
    waker_.wake();
    changed_.wait_for(lock, patience, [&] { return closing_ || mine.answer; });
    std::optional<wire::Message> answer = std::move(mine.answer);
    questions_.erase(number);
    if (answer) { return std::move(*answer); }
    if (closing_) { return closed(); }
    if (!denied_.empty()) { return Error{ErrorCode::denied, denied_}; }
    return Error{ErrorCode::unavailable, "the ventilator at " + options_.control + " did not answer " +
                                             std::string(call) + "() in the time given: is it running?"};
}

Result<std::vector<TaskInfo>> Submitter::Impl::list(const TaskFilter& filter,
                                                    std::chrono::milliseconds patience) {
    if (filter.owner.size() > wire::kOwnerBytesMax) {
        return Error{ErrorCode::invalid, "the owner has " + std::to_string(filter.owner.size()) +
                                             " bytes; at most " + std::to_string(wire::kOwnerBytesMax) +
                                             " may be"};
    }
    std::vector<TaskInfo> all;
    wire::QueryTasks query{
        .number = 0, .group = filter.group, .owner = filter.owner, .before = {}, .alive = filter.alive};
    while (true) {
        auto answer = ask_ventilator("list", query, patience);
        if (!answer) { return answer.error(); }
        auto& page = std::get<wire::TaskList>(*answer);
        for (wire::TaskRow& row : page.tasks) { all.push_back(info_of(std::move(row))); }
        if (!page.more || page.tasks.empty()) { return all; }
        query.before = all.back().id;
    }
}

Result<TaskState> Submitter::Impl::state(const TaskId& id, std::chrono::milliseconds patience) {
    auto answer = ask_ventilator("state", wire::Sync{{id}}, patience);
    if (!answer) { return answer.error(); }
    const auto event = event_about(std::get<wire::Events>(*answer), id);
    if (!event || event->kind == wire::EventKind::rejected) { return unknown(id); }
    return event->state;
}

Result<std::string> Submitter::Impl::explain(const TaskId& id, std::chrono::milliseconds patience) {
    auto answer = ask_ventilator("explain", wire::Query{id}, patience);
    if (!answer) { return answer.error(); }
    auto& told = std::get<wire::Explained>(*answer);
    if (!told.known) { return unknown(id); }
    return std::move(told.text);
}

}  // namespace v1
}  // namespace nias
