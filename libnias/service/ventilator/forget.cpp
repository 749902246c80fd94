// Forgetting: ended tasks leave the lists at once, the ledger when their time has come, and the sink's stores
// after that. The ledger holds each step, so that a restart of the ventilator or the sink loses none.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "service/access/senders.hpp"
#include "service/ventilator/impl.hpp"

namespace nias {
inline namespace v1 {
namespace {

using Kind = store::ForgetChange::Kind;

constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr std::int64_t kIdKeptMs = 30LL * 24 * 3'600 * 1'000;  // how long a repeat of an erased task is known

}  // namespace

Status Ventilator::Impl::open_forgotten() {
    auto opened = store::ForgottenReader::open(options_.data_dir);
    if (!opened) { return opened.error(); }
    forgotten_.emplace(std::move(*opened));
    const auto gone = forgotten_->has_gone();
    if (!gone) { return gone.error(); }
    has_gone_ = *gone;
    const auto due = forgotten_->next_due();
    if (!due) { return due.error(); }
    next_due_ = *due;
    return {};
}

/// Whether the task was deleted for good. The ledger is asked only where any ever was.
bool Ventilator::Impl::is_gone(const TaskId& id) {
    if (!has_gone_ || newest_ < id) { return false; }
    const auto found = forgotten_->find(id);
    if (!found) { fail(found.error()); }
    return found && *found && (*found)->step != store::ForgetStep::hidden;
}

void Ventilator::Impl::on_forget(const std::string& peer, const wire::Forget& forget) {
    wire::Forgotten answer{.number = forget.number, .done = {}, .living = {}, .unknown = {}};
    for (const TaskId& id : forget.ids) {
        auto record = journal_ ? read_committed(id) : Result(std::optional<store::TaskRecord>());
        if (!record) { return fail(record.error()); }
        const auto living = core_.row_of(id);
        const std::string* const owner = living ? &living->owner : *record ? &(*record)->task.owner : nullptr;
        if (owner == nullptr || (!forget.owner.empty() && *owner != forget.owner)) {
            answer.unknown.push_back(id);
        } else if (living || !has_ended((*record)->state)) {  // or its end is on its way to the ledger
            answer.living.push_back(id);
        } else {
            answer.done.push_back(id);
            const std::int64_t at = unix_ms_now();
            const std::int64_t due =
                at + 1'000 * std::int64_t{std::min(forget.after_s, wire::kForgetAfterMaxS)};
            forgets_.push_back({id, forget.undo ? Kind::show : Kind::hide, at, due});
            if (!forget.undo) { next_due_ = next_due_ == 0 ? due : std::min(next_due_, due); }
            // Its end is told once more: whoever shows the task looks it up again.
            effects_.events.ended_before((*record)->client, event_of(**record));
        }
    }
    effects_.sends.push_back({peer, std::move(answer)});
}

void Ventilator::Impl::on_erased(const wire::Erased& erased) {
    const std::int64_t at = unix_ms_now();
    for (const TaskId& id : erased.ids) { forgets_.push_back({id, Kind::erase, at, at + kIdKeptMs}); }
    if (!erased.ids.empty() && next_due_ == 0) { next_due_ = at + kIdKeptMs; }
}

// Steps that are due are written with the round. Until they are committed they may be found once more; a
// repeated step changes nothing.
void Ventilator::Impl::forget_what_is_due() {
    const Time time = now();
    const std::int64_t at = unix_ms_now();
    if (next_due_ == 0 || at < next_due_ || time - looked_for_due_ < kLookEvery) { return; }
    looked_for_due_ = time;
    auto due = forgotten_->due(at, wire::kForgetMax);
    if (!due) { return fail(due.error()); }
    const auto next = forgotten_->next_due();
    if (!next) { return fail(next.error()); }
    // The ledger does not show steps that are on their way to it: it is asked again a moment later.
    const bool shows_all = !writing_ && forgets_.empty();
    next_due_ = shows_all ? *next : at;
    has_gone_ = has_gone_ || !due->empty();
    forgets_.insert(forgets_.end(), due->begin(), due->end());
}

}  // namespace v1
}  // namespace nias
