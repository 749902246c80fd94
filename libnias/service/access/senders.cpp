#include "service/access/senders.hpp"

namespace nias::service {
namespace {

Error denied(std::string words) { return {ErrorCode::denied, std::move(words)}; }

Status is_worker(const std::optional<Peer>& sender, const std::string& worker) {
    if (!sender) { return {}; }
    if (sender->role != Role::worker) {
        return denied("the key of " + sender->name + " is that of a " + std::string(to_string(sender->role)) +
                      ", not of a worker: make one with «nias enroll worker»");
    }
    if (sender->name != worker) {
        return denied("the key of worker " + sender->name + " does not speak for worker " +
                      worker.substr(0, 80) +
                      ": leave out the name, or make a key for it with «nias enroll worker»");
    }
    return {};
}

}  // namespace

Status may_say(const std::optional<Peer>& sender, const wire::Hello& hello) {
    return is_worker(sender, hello.worker);
}

Status may_say(const std::optional<Peer>& sender, const wire::Order&) {
    return sender ? denied("workers are paused, drained and resumed on the server's machine") : Status();
}

Status may_say(const std::optional<Peer>& sender, const wire::Forget& forget) {
    if (!sender) { return {}; }
    if (sender->role != Role::submitter) {
        return denied("the key of " + sender->name + " is that of a " + std::string(to_string(sender->role)) +
                      ", not of a submitter: make one with «nias enroll submitter»");
    }
    return forget.owner.empty()
               ? denied("tasks of any owner are deleted on the server's machine: name an owner")
               : Status();
}

Status may_say(const std::optional<Peer>& sender, const wire::Outcomes&) {
    return sender && sender->role != Role::server ? denied("outcomes come here from the sink") : Status();
}

Status may_say(const std::optional<Peer>& sender, const wire::Erased&) {
    return sender && sender->role != Role::server ? denied("what is erased is told by the sink") : Status();
}

Status may_say(const std::optional<Peer>& sender, const wire::OutcomeReport& report) {
    return is_worker(sender, report.worker);
}

}  // namespace nias::service
