#include "api/handlers/machines.hpp"

#include <algorithm>

#include "api/json_body.hpp"
#include "api/machine_json.hpp"
#include "base/clock.hpp"
#include "service/questions.hpp"

namespace nias::httpfront::handlers {
namespace {

constexpr std::chrono::seconds kPatience(5);
constexpr std::size_t kReasonBytesMax = 1024;
constexpr std::size_t kOwnTasksMax = 10'000;  // more than the slots of a lab

/// The reason that the body names; the body may be left out.
std::variant<std::string, Problem> read_reason(const Call& call) {
    if (call.request.content_length.value_or(0) == 0 && !call.request.field("transfer-encoding")) {
        return std::string();
    }
    auto read = JsonBody::read(call);
    if (auto* problem = std::get_if<Problem>(&read)) { return std::move(*problem); }
    auto& fields = std::get<JsonBody>(read);
    std::string reason = fields.text_or("reason", "");
    if (auto problem = fields.problem()) { return std::move(*problem); }
    if (reason.size() > kReasonBytesMax) {
        return Problem{.status = 400,
                       .code = "invalid",
                       .detail = "the reason is longer than " + std::to_string(kReasonBytesMax) +
                                 " bytes: say it shorter"};
    }
    return reason;
}

/// Why the ventilator did not follow the order.
Problem not_followed(Front& front, const std::string& name, const Error& error) {
    if (error.code != ErrorCode::conflict) { return problem_from(error); }
    const auto roll = front.machines.at(now());
    const bool is_known = roll && std::any_of(roll->workers.begin(), roll->workers.end(),
                                              [&](const wire::WorkerRow& row) { return row.name == name; });
    if (is_known || !roll) { return problem_from(error); }
    return {.status = 404, .code = "no_machine", .detail = "there is no machine " + name.substr(0, 64)};
}

Answer give_order(Front& front, const Call& call, wire::OrderKind kind, const std::string& action) {
    auto reason = read_reason(call);
    if (const auto* problem = std::get_if<Problem>(&reason)) { return problem_answer(*problem); }
    const std::string& name = call.captures.front();
    const wire::Order order{.worker = name, .kind = kind, .reason = std::get<std::string>(reason)};
    const auto told = service::order_worker(front.options.control, order, kPatience);
    front.machines.forget();
    if (!told) { return problem_answer(not_followed(front, name, told.error())); }
    if (front.directory != nullptr) {
        front.directory->did(*call.user, call.visitor, action,
                             name + (order.reason.empty() ? "" : ": " + order.reason));
    }
    return json_answer(200, ordered_json(name, *told));
}

}  // namespace

Answer list_machines(Front& front, const Call& call) {
    const auto roll = front.machines.at(now());
    if (!roll) { return problem_answer(problem_from(roll.error())); }
    const Identity& user = *call.user;
    const auto own =
        front.stores.held(user.is_open() ? std::nullopt : std::optional(user.name), kOwnTasksMax);
    if (!own) { return problem_answer(problem_from(own.error())); }
    return json_answer(200, machines_json(*roll, user.administers(), *own));
}

/// Told without the machines where the ventilator is silent: what the front takes holds all the same.
Answer get_limits(Front& front, const Call&) {
    const auto roll = front.machines.at(now());
    return json_answer(200, limits_json(roll ? *roll : service::Roll{}, front.options.max_upload));
}

Answer pause_machine(Front& front, const Call& call) {
    return give_order(front, call, wire::OrderKind::pause, "paused_machine");
}

Answer drain_machine(Front& front, const Call& call) {
    return give_order(front, call, wire::OrderKind::drain, "drained_machine");
}

Answer resume_machine(Front& front, const Call& call) {
    return give_order(front, call, wire::OrderKind::resume, "resumed_machine");
}

}  // namespace nias::httpfront::handlers
