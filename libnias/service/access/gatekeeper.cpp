#include "service/access/gatekeeper.hpp"

#include "base/clock.hpp"
#include "base/log.hpp"

namespace nias::service {
namespace {

constexpr auto kTellEvery = std::chrono::minutes(1);
constexpr auto kPatience = std::chrono::seconds(1);

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
    return std::unique_ptr<Gatekeeper>(new Gatekeeper(std::move(*gate), *access.enrolment));
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
        if (admission_.fault() != fault_told_) {
            fault_told_ = admission_.fault();
            log::error(fault_told_.empty() ? "the list of peers can be read again"
                                           : fault_told_ + "; the list as it was before is followed");
        }
    }
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
