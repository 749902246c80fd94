#include "service/questions.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "net/socket.hpp"
#include "wire/codec/codec.hpp"

namespace nias::service {
namespace {

/// Sends the question and gives each message that comes to `accept`, until that says it has its answer.
Status ask(const std::string& control, const wire::Message& question, std::chrono::milliseconds patience,
           const std::function<bool(wire::Message&)>& accept) {
    net::Context context;
    auto socket = net::Socket::connect(context, net::Kind::dealer, control);
    if (!socket) { return socket.error(); }
    const Time until = now() + patience;
    const Error silent{ErrorCode::unavailable, "the ventilator at " + control + " does not answer"};
    if (!socket->send(wire::encode(question))) { return silent; }
    const std::array<net::Socket* const, 1> sockets{&*socket};
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - now());
        if (left.count() <= 0) { return silent; }
        static_cast<void>(net::wait_readable(sockets, nullptr, left));
        std::span<std::uint8_t> frame;
        while (socket->receive(frame)) {
            auto message = wire::decode(frame);
            if (!message) { return message.error(); }
            if (accept(*message)) { return {}; }
        }
    }
}

}  // namespace

Result<std::string> explain(const std::string& control, const TaskId& id,
                            std::chrono::milliseconds patience) {
    wire::Explained told;
    const auto asked = ask(control, wire::Query{id}, patience, [&](wire::Message& message) {
        auto* const answer = std::get_if<wire::Explained>(&message);
        if (answer == nullptr || answer->id != id) { return false; }
        told = std::move(*answer);
        return true;
    });
    if (!asked) { return asked.error(); }
    if (!told.known) { return Error{ErrorCode::not_found, "the ventilator knows no task " + to_string(id)}; }
    return std::move(told.text);
}

Result<Roll> list_workers(const std::string& control, bool all, std::chrono::milliseconds patience) {
    Roll roll;
    const auto asked = ask(control, wire::QueryWorkers{all}, patience, [&](wire::Message& message) {
        auto* const answer = std::get_if<wire::Workers>(&message);
        if (answer == nullptr) { return false; }
        roll.unix_ms = answer->unix_ms;
        for (wire::WorkerRow& row : answer->workers) { roll.workers.push_back(std::move(row)); }
        return roll.workers.size() >= answer->total;
    });
    if (!asked) { return asked.error(); }
    std::stable_sort(roll.workers.begin(), roll.workers.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    return roll;
}

Result<std::string> order_worker(const std::string& control, const wire::Order& order,
                                 std::chrono::milliseconds patience) {
    if (order.worker.empty() || order.worker.size() > wire::kNameBytesMax) {
        return Error{ErrorCode::invalid, "a worker's name has 1 to " + std::to_string(wire::kNameBytesMax) +
                                             " bytes: «nias workers» shows those there are"};
    }
    if (order.reason.size() > wire::kNoteBytesMax) {
        return Error{ErrorCode::invalid, "the reason is longer than " + std::to_string(wire::kNoteBytesMax) +
                                             " bytes: say it shorter"};
    }
    wire::Ordered told;
    const auto asked = ask(control, order, patience, [&](wire::Message& message) {
        auto* const answer = std::get_if<wire::Ordered>(&message);
        if (answer == nullptr) { return false; }
        told = std::move(*answer);
        return true;
    });
    if (!asked) { return asked.error(); }
    if (!told.done) { return Error{ErrorCode::conflict, "worker " + order.worker + ": " + told.text}; }
    return std::move(told.text);
}

Result<wire::Forgotten> forget_tasks(const std::string& control, const wire::Forget& forget,
                                     std::chrono::milliseconds patience) {
    wire::Forgotten all;
    for (std::size_t from = 0; from < forget.ids.size(); from += wire::kForgetMax) {
        wire::Forget part = forget;
        const std::size_t count = std::min(wire::kForgetMax, forget.ids.size() - from);
        const auto first = forget.ids.begin() + static_cast<std::ptrdiff_t>(from);
        part.ids.assign(first, first + static_cast<std::ptrdiff_t>(count));
        part.number = make_incarnation();
        wire::Forgotten told;
        const auto asked = ask(control, part, patience, [&](wire::Message& message) {
            auto* const answer = std::get_if<wire::Forgotten>(&message);
            if (answer == nullptr || answer->number != part.number) { return false; }
            told = std::move(*answer);
            return true;
        });
        if (!asked) { return asked.error(); }
        if (!told.denied.empty()) { return Error{ErrorCode::denied, told.denied}; }
        all.done.insert(all.done.end(), told.done.begin(), told.done.end());
        all.living.insert(all.living.end(), told.living.begin(), told.living.end());
        all.unknown.insert(all.unknown.end(), told.unknown.begin(), told.unknown.end());
    }
    return all;
}

}  // namespace nias::service
