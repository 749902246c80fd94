#include "core/dispatch/machines.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kSupersededKept = 4096;

}  // namespace

void WorkerLink::attach(Work& work) {
    work.machine = this;
    works.push_back(work);
    ++arrivals.all;
    digest.add(work.ref());
    used_long += short_lane.is_long(work.spec()) ? 1U : 0U;
    limited += work.spec().time_limit_ms > 0 ? 1U : 0U;
    if (!claims(work.spec().resources)) { return; }
    used_cpus += work.spec().resources.cpus;
    used_gpus += work.spec().resources.gpus;
    used_memory += work.spec().resources.memory_bytes;
}

void WorkerLink::detach(Work& work) {
    NIAS_CHECK(work.machine == this, "an attempt leaves the worker that has it");
    work.machine = nullptr;
    works.remove(work);
    digest.remove(work.ref());
    limited -= work.spec().time_limit_ms > 0 ? 1U : 0U;
    traffic = true;
    used_long -= short_lane.is_long(work.spec()) ? 1U : 0U;
    if (!claims(work.spec().resources)) { return; }
    used_cpus -= work.spec().resources.cpus;
    used_gpus -= work.spec().resources.gpus;
    used_memory -= work.spec().resources.memory_bytes;
}

bool WorkerLink::could_fit(const Shape& shape) const {
    return offers(shape.runtime) && shape.cpus <= cpus && shape.gpus <= gpus &&
           shape.memory_bytes <= memory_bytes;
}

bool WorkerLink::fits_beside(const Shape& shape, const Resources& others) const {
    if (!offers(shape.runtime) || (shape.is_long && !has_long_slot())) { return false; }
    const auto room = [](std::uint64_t asked, std::uint64_t used, std::uint64_t kept_here,
                         std::uint64_t there) {
        return asked == 0 ||
               (used <= there && kept_here <= there - used && asked <= there - used - kept_here);
    };
    return room(shape.cpus, used_cpus, others.cpus, cpus) && room(shape.gpus, used_gpus, others.gpus, gpus) &&
           room(shape.memory_bytes, used_memory, others.memory_bytes, memory_bytes);
}

void WorkerLink::begin_link(const wire::Hello& hello, const std::string& from, When when) {
    if (incarnation != hello.incarnation) { joined_unix_ms = when.unix_ms; }
    peer = from;
    home = hello.home;
    version = hello.software;
    labels = hello.labels;
    contest = {};
    loss_counted = false;
    note_clock(hello.unix_ms, when);
    incarnation = hello.incarnation;
    host = hello.host;
    slots = std::max(hello.slots, 1U);
    cpus = hello.cpus;
    gpus = hello.gpus;
    memory_bytes = hello.memory_bytes;
    lab->remove(runtimes);
    runtimes = hello.runtimes;
    lab->add(runtimes);
    prepares = std::min<std::uint32_t>(hello.prepares, wire::kUpcomingMax);
    upcoming.clear();
    credit.reset();
    heard = when.now;
    rests_until = when.now;
    draining = false;
    traffic = true;
    differed = false;
}

WorkerLink* Machines::by_name(const std::string& name) {
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second.get();
}

WorkerLink* Machines::by_peer(const std::string& peer) {
    const auto it = by_peer_.find(peer);
    return it == by_peer_.end() ? nullptr : it->second;
}

WorkerLink* Machines::add(const std::string& name) {
    if (by_name_.size() >= kMachinesMax) { return nullptr; }
    auto& slot = by_name_[name];
    NIAS_CHECK(slot == nullptr, "a worker's name is added once");
    slot = std::make_unique<WorkerLink>();
    slot->name = name;
    slot->short_lane = short_lane_;
    slot->lab = &runtimes_;
    if (auto known = absent_.extract(name)) { slot->faults = std::move(known.mapped()); }
    order_.push_back(slot.get());
    return slot.get();
}

void Machines::connect(WorkerLink& machine, const std::string& peer) {
    if (const auto old = by_peer_.find(machine.peer); old != by_peer_.end() && old->second == &machine) {
        by_peer_.erase(old);
    }
    machine.peer = peer;
    by_peer_[peer] = &machine;
}

void Machines::remove(WorkerLink& machine) {
    NIAS_CHECK(machine.works.empty(), "a worker that is forgotten has no attempts");
    if (const auto it = by_peer_.find(machine.peer); it != by_peer_.end() && it->second == &machine) {
        by_peer_.erase(it);
    }
    order_.erase(std::find(order_.begin(), order_.end(), &machine));
    runtimes_.remove(machine.runtimes);
    const std::string name = machine.name;
    if (machine.faults.worth_keeping() && absent_.size() < kMachinesMax) {
        absent_[name] = std::move(machine.faults);
    }
    by_name_.erase(name);
}

std::optional<std::string> Machines::resume(const std::string& name) {
    if (WorkerLink* const machine = by_name(name)) { return machine->faults.resume(); }
    const auto known = absent_.find(name);
    if (known == absent_.end()) { return std::nullopt; }
    auto reason = known->second.resume();
    absent_.erase(known);
    return reason;
}

const JournalOrder* Machines::order_of(const std::string& name) const {
    const auto found = orders_.find(name);
    return found == orders_.end() ? nullptr : &found->second;
}

bool Machines::order(JournalOrder order) {
    if (order.kind == wire::OrderKind::resume) {
        orders_.erase(order.worker);
        return true;
    }
    if (orders_.size() >= kMachinesMax && !orders_.contains(order.worker)) { return false; }
    std::string name = order.worker;
    orders_[std::move(name)] = std::move(order);
    return true;
}

void Machines::supersede(std::uint64_t incarnation, wire::WorkerRefusal why) {
    if (!superseded_.emplace(incarnation, why).second) { return; }
    superseded_order_.push_back(incarnation);
    if (superseded_order_.size() <= kSupersededKept) { return; }
    superseded_.erase(superseded_order_.front());
    superseded_order_.pop_front();
}

void Machines::check_invariants() const {
    NIAS_CHECK(order_.size() == by_name_.size(), "every worker is in both lists");
    for (const WorkerLink* machine : order_) {
        AttemptDigest digest;
        std::uint64_t cpus = 0;
        std::uint64_t memory = 0;
        std::uint32_t longs = 0;
        for (const Work* work = machine->works.front(); work != nullptr; work = work->next) {
            NIAS_CHECK(work->machine == machine && work->lane == nullptr,
                       "an attempt is with one worker only");
            NIAS_CHECK(work->state == TaskState::assigned || work->state == TaskState::running,
                       "an attempt with a worker is assigned or running");
            digest.add(work->ref());
            const Resources& held = work->spec().resources;
            cpus += claims(held) ? held.cpus : 0;
            memory += claims(held) ? held.memory_bytes : 0;
            longs += machine->short_lane.is_long(work->spec()) ? 1U : 0U;
        }
        NIAS_CHECK(digest.value() == machine->digest.value() && digest.count() == machine->digest.count(),
                   "a worker's digest is that of its attempts");
        NIAS_CHECK(cpus == machine->used_cpus, "a worker's used cpus are those of its attempts");
        NIAS_CHECK(memory == machine->used_memory, "a worker's used memory is that of its attempts");
        NIAS_CHECK(longs == machine->used_long, "a worker's long tasks are counted");
        NIAS_CHECK(machine->credit.sent() <= machine->credit.total(), "credit is never exceeded");
        NIAS_CHECK(machine->outgoing.empty(), "assign leaves no batch behind");
    }
}

}  // namespace nias::core
