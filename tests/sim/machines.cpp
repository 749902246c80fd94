// Keys that are revoked, and machines with a copy of another's key.
#include <algorithm>

#include "world.hpp"

namespace nias::sim {
namespace {

constexpr std::int64_t kCalmMs = 60'000;   // after the faults: whoever was down is up, and beats
constexpr std::int64_t kToldMs = 10'000;   // within which a copy of a key hears that it is one
constexpr std::int64_t kPersonMs = 3'000;  // until a person has enrolled a machine anew

}  // namespace

void World::plan_machines() {
    const std::int64_t revoked = machine_random_.chance(0.5) ? machine_random_.between(1, 4) : 0;
    const auto some = [this] {
        return static_cast<std::size_t>(machine_random_.between(0, static_cast<std::int64_t>(machines_) - 1));
    };
    for (std::int64_t i = 0; i < revoked; ++i) {
        after(machine_random_.between(0, weather_.faults_until_ms),
              [this, index = some()] { revoke(index); });
    }
    if (machine_random_.chance(0.3)) {
        const std::int64_t stays = machine_random_.between(1'000, 40'000);
        after(machine_random_.between(0, weather_.faults_until_ms),
              [this, stays, of = some()] { start_clone(of, stays); });
    }
    awaits_clone_ = machine_random_.chance(0.2);
    if (awaits_clone_) {
        after(weather_.faults_until_ms + kCalmMs, [this] { clone_in_calm(); });
    }
}

/// The administrator takes the key of a machine away. The same machine is enrolled anew once it was told.
void World::revoke(std::size_t index) {
    ventilator([this, index](core::Dispatch& core, core::Effects& out) {
        const std::string name = workers_[index].options.worker;
        core.revoke(name, when(), out);
        for (WorkerNode& node : workers_) {
            if (node.options.worker == name) { node.refusable = node.options.incarnation; }
        }
    });
}

/// A second machine with the key of another. It is there for a while, until a person finds it.
void World::start_clone(std::size_t of, std::int64_t for_ms) {
    checkers_.clone_comes();
    WorkerNode clone;
    clone.options = workers_[of].options;
    clone.options.home = "home of the copy " + std::to_string(workers_.size());
    clone.options.was_stopped = false;
    clone.durable = false;
    clone.is_clone = true;
    clone.life = workers_.size();
    workers_.push_back(std::move(clone));
    const std::size_t index = workers_.size() - 1;
    start_worker(index);
    every(100, [this, index] { worker(index, [](core::Execute&, core::ExecuteEffects&) {}); });
    after(for_ms, [this, index] {
        crash_worker(index, 0);
        workers_[index].gone = true;
    });
}

// Everybody is heard, and nothing is lost: the copy is told that it is one, and the first notices nothing.
void World::clone_in_calm() {
    if (workers_[0].core == nullptr || workers_[0].draining) { throw Broken("a worker is not up in calm"); }
    calm_clone_ = workers_.size();
    start_clone(0, 2 * kToldMs);
    after(kToldMs, [this] {
        if (awaits_clone_) { throw Broken("a copy of a key was not refused while the first one beat"); }
    });
}

void World::heed_refusal(std::size_t index) {
    WorkerNode& node = workers_[index];
    const bool has_clone = std::any_of(workers_.begin(), workers_.end(), [&](const WorkerNode& other) {
        return other.is_clone && other.options.worker == node.options.worker;
    });
    if (node.is_clone) {
        if (index == calm_clone_) { awaits_clone_ = false; }
        crash_worker(index, 0);
        node.gone = true;
        return;
    }
    const bool was_revoked = node.refusable == node.options.incarnation;
    // Its name is its own here; a dead process of that name takes it from none that lives, whatever comes
    // late.
    if (!was_revoked && (!has_clone || calm_clone_ != 0)) {
        throw Broken("a worker was refused: " + node.core->refusal());
    }
    crash_worker(index, machine_random_.between(1, kPersonMs));
}

}  // namespace nias::sim
