// Decides which process may be the worker of a name: Hello, a second process of the same name, Goodbye, a key
// that was revoked.
#include <algorithm>
#include <utility>

#include "base/words.hpp"
#include "core/dispatch/state.hpp"

namespace nias::core {
namespace {

constexpr std::int64_t kRefusalToldEveryMs = 60'000;
constexpr int kContestBeats = 3;  // beats that the first of two processes has to answer

std::uint32_t to_ms(Duration duration) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// Why a Hello is refused whoever sends it; empty where it is not.
wire::Refused refusal_of(const wire::Hello& hello) {
    if (hello.worker.empty() || hello.worker.size() > wire::kNameBytesMax || hello.incarnation == 0) {
        return {"a worker needs a name of at most " + std::to_string(wire::kNameBytesMax) +
                " bytes and an incarnation that is not zero"};
    }
    if (hello.version_max < wire::kProtocolVersionMin || hello.version_min > wire::kProtocolVersion) {
        return {"this ventilator speaks protocol versions " + std::to_string(wire::kProtocolVersionMin) +
                    " to " + std::to_string(wire::kProtocolVersion) + ", the worker " +
                    std::to_string(hello.version_min) + " to " + std::to_string(hello.version_max) +
                    "; upgrade the older one",
                wire::WorkerRefusal::version};
    }
    return {};
}

}  // namespace

wire::Refused Dispatch::State::name_is_taken(const std::string& name) {
    std::string words = "another machine is connected as worker " + name;
    if (const WorkerLink* const other = machines.by_name(name)) {
        words += " since " + utc_text(other->joined_unix_ms) + ", from " +
                 (other->address.empty() ? "the server's own machine" : other->address) +
                 (other->host.empty() ? "" : " (" + other->host + ")");
    }
    return {words +
                ": if this machine has a copy of its key, enrol this one anew with «nias enroll worker»; "
                "a worker without a key needs a --name of its own",
            wire::WorkerRefusal::name_taken};
}

wire::Refused Dispatch::State::words_of(const std::string& name, wire::WorkerRefusal why) {
    if (why == wire::WorkerRefusal::revoked) {
        return {
            "the key of this worker was revoked: enrol this machine anew with «nias enroll worker», and "
            "give it the key that this makes",
            why};
    }
    if (why != wire::WorkerRefusal::name_taken) {
        return {"this process of the worker has said goodbye", why};
    }
    if (!name.empty()) { return name_is_taken(name); }
    return {
        "another process has taken over this worker's name: if this machine has a copy of its key, enrol "
        "this one anew with «nias enroll worker»; a worker without a key needs a --name of its own",
        why};
}

void Dispatch::State::refuse(const std::string& peer, const std::string& worker, const Origin& origin,
                             wire::Refused refused, When when, Effects& out) {
    wire::WorkerRow row;
    row.name = cut_utf8(worker, wire::kNameBytesMax);
    row.host = cut_utf8(origin.host, wire::kNameBytesMax);
    row.address = origin.address;
    row.state = wire::WorkerState::refused;
    row.reason = refused.reason;
    row.since_unix_ms = when.unix_ms;
    if (!roll.refused_after(row, when.unix_ms - kRefusalToldEveryMs)) {  // it may ask again and again
        out.workers.push_back(
            {row.name, wire::WorkerChange::refused, when.unix_ms, row.reason, row.host, row.address});
        roll.add(std::move(row));
    }
    if (!peer.empty()) { out.sends.push_back({peer, std::move(refused)}); }
}

// Two machines with one key would take the name from each other for ever. So the first process keeps it as
// long as it lives. It is asked for a number that it cannot know from before, because an older Beat may have
// been on its way for long.
bool Dispatch::State::is_contested(WorkerLink& machine, const std::string& peer, const wire::Hello& hello,
                                   std::string_view address, When when, Effects& out) {
    const bool is_dead = !hello.home.empty() && hello.home == machine.home;
    if (machine.incarnation == hello.incarnation || is_dead) { return false; }
    Contest& contest = machine.contest;
    const bool is_open = contest.incarnation != 0 && when.now < contest.until;
    if (contest.incarnation == hello.incarnation && !is_open) { return false; }
    if (!is_open && when.now - machine.heard > options.suspect) { return false; }
    if (!is_open) {
        contest = {hello.incarnation,    peer,           hello.host,
                   std::string(address), next_welcome++, when.now + kContestBeats * options.beat};
        machine.welcome = contest.number;
    }
    // Each Hello of the second process asks the first one again, because a question may be lost.
    wire::Beat asked{machine.incarnation, machine.digest.value(),
                     static_cast<std::uint32_t>(machine.digest.count())};
    asked.welcome = contest.number;
    out.sends.push_back({machine.peer, asked});
    return true;
}

/// The first process has answered: the second one is refused.
void Dispatch::State::win_contest(WorkerLink& machine, When when, Effects& out) {
    const Contest contest = std::exchange(machine.contest, {});
    machines.supersede(contest.incarnation, wire::WorkerRefusal::name_taken);
    refuse(contest.peer, machine.name, {contest.host, contest.address}, name_is_taken(machine.name), when,
           out);
}

WorkerLink* Dispatch::State::admit(const std::string& peer, const wire::Hello& hello,
                                   std::string_view address, When when, Effects& out) {
    const Origin origin{hello.host, std::string(address)};
    if (wire::Refused bad = refusal_of(hello); !bad.reason.empty()) {
        refuse(peer, hello.worker, origin, std::move(bad), when, out);
        return nullptr;
    }
    if (const auto why = machines.superseded(hello.incarnation)) {
        refuse(peer, hello.worker, origin, words_of(hello.worker, *why), when, out);
        return nullptr;
    }
    if (WorkerLink* const known = machines.by_name(hello.worker)) {
        return is_contested(*known, peer, hello, address, when, out) ? nullptr : known;
    }
    WorkerLink* const added = machines.add(hello.worker);
    if (added == nullptr) {
        refuse(peer, hello.worker, origin,
               {"this ventilator knows " + std::to_string(Machines::kMachinesMax) + " workers, its most"},
               when, out);
    }
    return added;
}

/// Tells people that the worker is there. Returns what the worker's own log is to say about its absence;
/// empty where it was not absent.
std::string Dispatch::State::greet(WorkerLink& machine, bool is_new, bool restarted, When when,
                                   Effects& out) {
    const wire::WorkerState gone = roll.remove(machine.name);
    if (is_new) {
        const bool was_lost = gone == wire::WorkerState::lost;
        machine.told = {wire::WorkerState::ready, when.unix_ms,
                        was_lost ? "back after it was lost" : "joined"};
        tell(machine, was_lost ? wire::WorkerChange::back : wire::WorkerChange::joined, machine.told.why,
             when, out);
        return was_lost ? "this worker had been given up for lost" : "";
    }
    const std::string was = std::exchange(machine.told.why, {});
    if (restarted) {
        machine.told = {wire::WorkerState::ready, when.unix_ms, "it restarted"};
        tell(machine, wire::WorkerChange::joined, machine.told.why, when, out);
        return {};
    }
    machine.told.why = was;
    const bool was_silent =
        machine.told.state == wire::WorkerState::silent || machine.told.state == wire::WorkerState::suspect;
    return was_silent ? "this worker was " + was : std::string();
}

void Dispatch::on(const std::string& peer, const wire::Hello& hello, When when, Effects& out,
                  std::string_view address) {
    const bool is_new = state_->machines.by_name(hello.worker) == nullptr;
    WorkerLink* const machine = state_->admit(peer, hello, address, when, out);
    if (machine == nullptr) { return; }
    if (WorkerLink* other = state_->machines.by_peer(peer); other != nullptr && other != machine) {
        const std::string why = "worker " + other->name + " came back under another name";
        state_->give_back_all(*other, {TaskEvent::worker_lost, why, true}, when, out);
        state_->depart(*other, wire::WorkerState::lost, "it came back as " + hello.worker, when, out);
    }
    const bool restarted = machine->incarnation != 0 && machine->incarnation != hello.incarnation;
    if (restarted) { machine->rival = machine->incarnation; }
    machine->address = cut_utf8(address, wire::kNameBytesMax);
    state_->machines.connect(*machine, peer);
    machine->begin_link(hello, peer, when);
    wire::Welcome welcome{wire::kProtocolVersion,
                          hello.incarnation,
                          to_ms(state_->options.beat),
                          to_ms(state_->options.lease),
                          {},
                          state_->next_welcome++,
                          when.unix_ms,
                          {}};
    machine->welcome = welcome.number;
    welcome.version = std::min(wire::kProtocolVersion, hello.version_max);
    welcome.text = state_->greet(*machine, is_new, restarted, when, out);
    state_->reconcile(*machine, hello, restarted, welcome, when, out);
    state_->tell_standing(*machine, when, out);
    state_->tell_clock(*machine, out);
    out.sends.push_back({peer, std::move(welcome)});
    state_->repeat_drops(*machine, out);
}

// A worker that was stopped runs nothing any more. That is nobody's fault, so no attempt is counted. Outcomes
// that it could not hand over wait on its disk: it comes back with them, unless a later attempt has begun.
void Dispatch::on(const std::string& peer, const wire::Goodbye& goodbye, When when, Effects& out) {
    State& s = *state_;
    out.sends.push_back({peer, wire::Goodbye{goodbye.incarnation, {}, {}}});
    if (goodbye.incarnation == 0) { return; }
    s.machines.supersede(goodbye.incarnation, wire::WorkerRefusal::other);
    const auto& all = s.machines.all();
    const auto found = std::find_if(all.begin(), all.end(), [&](const WorkerLink* machine) {
        return machine->incarnation == goodbye.incarnation;
    });
    if (found == all.end()) { return; }
    WorkerLink& machine = **found;
    const std::string why = "worker " + machine.name + " was stopped";
    for (const AttemptRef& kept : goodbye.unsettled) {
        Work* work = s.works.find(kept.id);
        if (work == nullptr || work->machine != &machine || work->attempt != kept.attempt) { continue; }
        s.give_back(*work, {TaskEvent::worker_lost, why, false, true}, when, out);
    }
    s.give_back_all(machine, {TaskEvent::declined, why}, when, out);
    s.depart(machine, wire::WorkerState::stopped,
             goodbye.reason.empty() ? std::string("it was stopped") : goodbye.reason, when, out);
}

void Dispatch::revoke(const std::string& worker, When when, Effects& out) {
    State& s = *state_;
    const std::string why = "the key of worker " + worker + " was revoked";
    s.give_back_recorded(worker, why, true, when, out);
    WorkerLink* const machine = s.machines.by_name(worker);
    if (machine == nullptr) {
        if (const wire::WorkerRow* const row = s.roll.revoke(worker, why, when.unix_ms)) {
            out.workers.push_back(
                {worker, wire::WorkerChange::revoked, when.unix_ms, why, row->host, row->address});
        }
        return;
    }
    s.machines.supersede(machine->incarnation, wire::WorkerRefusal::revoked);
    out.sends.push_back({machine->peer, s.words_of(worker, wire::WorkerRefusal::revoked)});
    s.give_back_all(*machine, {TaskEvent::declined, why}, when, out);
    s.depart(*machine, wire::WorkerState::revoked, why, when, out);
}

void Dispatch::refused(const std::string& worker, std::string_view address, std::string_view why, When when,
                       Effects& out) {
    state_->refuse({}, worker, {{}, std::string(address)}, {std::string(why), wire::WorkerRefusal::denied},
                   when, out);
}

}  // namespace nias::core
