#include "accounts/mode.hpp"

#include <algorithm>

namespace nias::httpfront {

Result<Mode> decide_mode(const ModeQuestion& question) {
    if (question.wanted == "on") { return Mode::accounts; }
    if (question.wanted == "off" && !question.loopback) {
        return Error{
            ErrorCode::invalid,
            "--accounts off would let everybody on the network see and cancel every job: keep --listen "
            "on the loopback, or leave --accounts off out, and people sign in"};
    }
    if (question.wanted == "off" && question.behind_proxy) {
        return Error{
            ErrorCode::invalid,
            "--accounts off and a proxy that names users contradict each other: leave out one of them"};
    }
    if (question.wanted == "off") { return Mode::open_by_choice; }
    if (question.wanted != "auto") {
        return Error{ErrorCode::invalid, "--accounts " + question.wanted + ": say auto, on or off"};
    }
    const bool alone = question.loopback && !question.behind_proxy;
    return alone && !question.has_accounts ? Mode::open_by_default : Mode::accounts;
}

bool is_forwarded(const Request& request) {
    return std::any_of(request.fields.begin(), request.fields.end(), [](const auto& field) {
        const std::string& name = field.first;
        return name.starts_with("x-forwarded-") || name == "forwarded" || name == "via" ||
               name == "x-real-ip";
    });
}

}  // namespace nias::httpfront
