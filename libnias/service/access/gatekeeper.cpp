#include "service/access/gatekeeper.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.hpp"
#include "base/host/threads.hpp"
#include "base/log.hpp"
#include "net/connections.hpp"

namespace nias::service {
namespace {

constexpr auto kTellEvery = std::chrono::minutes(1);
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kToldBeforeTheEnd = std::chrono::seconds(1);  // so that the words arrive

}  // namespace

Result<Access> Access::open(const std::string& keys, const std::string& machines) {
    Access out;
    for (std::string* address :
         {&out.at.intake, &out.at.control, &out.at.events, &out.at.outcomes, &out.at.bulk, &out.at.output}) {
        address->clear();
    }
    if (!machines.empty()) {
        if (keys.empty()) {
            return Error{ErrorCode::invalid, "links to other machines (" + machines +
                                                 ") are encrypted: name the folder of the server's keys"};
        }
        auto at = Endpoints::at(machines);
        if (!at) { return at.error(); }
        out.at = *at;
    }
    if (!keys.empty()) {
        auto enrolment = Enrolment::open(keys);
        if (!enrolment) { return enrolment.error(); }
        out.enrolment.emplace(std::move(*enrolment));
    }
    return out;
}

net::Context Access::make_context() const {
    return enrolment ? net::Context(enrolment->server()) : net::Context();
}

Result<std::unique_ptr<Gatekeeper>> Gatekeeper::open(net::Context& context, const Access& access) {
    if (!access.enrolment) { return std::unique_ptr<Gatekeeper>(); }
    auto gate = net::Gate::open(context);
    if (!gate) { return gate.error(); }
    return with_threads("the judge of keys", [&] {
        return std::unique_ptr<Gatekeeper>(new Gatekeeper(std::move(*gate), *access.enrolment));
    });
}

Gatekeeper::Gatekeeper(net::Gate gate, Enrolment enrolment)
    : gate_(std::move(gate)), admission_(std::move(enrolment)), thread_([this] { run(); }) {}

Gatekeeper::~Gatekeeper() {
    stop_.store(true);
    waker_.wake();
    thread_.join();
}

void Gatekeeper::run() {
    const auto judge_one = [this](std::string_view socket, const std::string& key, std::string_view address) {
        return judge(socket, key, address);
    };
    while (!stop_.load()) {
        gate_.answer(judge_one, waker_, kPatience);
        waker_.drain();
        admission_.follow();
        note_revoked(now());
        end_revoked(now());
        if (admission_.fault() != fault_told_) {
            fault_told_ = admission_.fault();
            log::error(fault_told_.empty() ? "the list of peers can be read again"
                                           : fault_told_ + "; the list as it was before is followed");
        }
    }
}

void Gatekeeper::guard(const net::Socket& socket) {
    const std::lock_guard lock(mutex_);
    ports_.insert(socket.guarded_ports().begin(), socket.guarded_ports().end());
}

void Gatekeeper::tell(const net::Waker* loop) {
    const std::lock_guard lock(mutex_);
    loop_ = loop;
}

std::vector<Peer> Gatekeeper::drain_revoked() {
    const std::lock_guard lock(mutex_);
    return std::exchange(revoked_, {});
}

void Gatekeeper::note_revoked(Time now) {
    std::vector<Peer> gone = admission_.drain_revoked();
    if (gone.empty()) { return; }
    for (const Peer& peer : gone) {
        log::warn("the key of " + net::user_of(peer) + " was revoked: its connections end");
        if (auto known = addresses_.extract(peer.public_key)) {
            to_end_.insert(known.mapped().begin(), known.mapped().end());
        }
    }
    ends_at_ = now + kToldBeforeTheEnd;
    const std::lock_guard lock(mutex_);
    std::move(gone.begin(), gone.end(), std::back_inserter(revoked_));
    if (loop_ != nullptr) { loop_->wake(); }
}

// Whoever shares an address with a peer that was revoked connects again at once, and is admitted.
void Gatekeeper::end_revoked(Time now) {
    if (to_end_.empty() || now < ends_at_) { return; }
    const std::lock_guard lock(mutex_);
    const std::size_t ended = net::end_connections(ports_, std::exchange(to_end_, {}));
    log::info(std::to_string(ended) + " connections were ended, since a key was revoked");
}

std::optional<Peer> Gatekeeper::judge(std::string_view socket, const std::string& public_key,
                                      std::string_view address) {
    auto peer = admission_.judge(socket, public_key);
    if (!peer) {
        refused(std::string(socket) + ": a connection from " + std::string(address) +
                    " was refused: " + peer.error().message,
                now());
        return std::nullopt;
    }
    log::debug(std::string(socket) + ": " + net::user_of(*peer) + " connects from " + std::string(address));
    note_revoked(now());  // one that took over a name is told apart from the one that had it
    Addresses& known = addresses_[public_key];
    if (std::find(known.begin(), known.end(), address) == known.end()) {
        if (known.size() >= kAddressesMax) { known.erase(known.begin()); }
        known.emplace_back(address);
    }
    return *peer;
}

// Whoever reaches the port can be refused as often as they like.
void Gatekeeper::refused(std::string words, Time now) {
    ++untold_;
    if (told_ != Time{} && now - told_ < kTellEvery) { return; }
    if (untold_ > 1) {
        words += " (and " + std::to_string(untold_ - 1) + " others since the last such line)";
    }
    log::warn(words);
    untold_ = 0;
    told_ = now;
}

}  // namespace nias::service
