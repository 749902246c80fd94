#include "service/explain.hpp"

#include <array>

#include "base/clock.hpp"
#include "net/socket.hpp"
#include "wire/codec.hpp"

namespace nias::service {

Result<std::string> explain(const std::string& control, const TaskId& id,
                            std::chrono::milliseconds patience) {
    net::Context context;
    auto socket = net::Socket::connect(context, net::Kind::dealer, control);
    if (!socket) { return socket.error(); }
    const Time until = now() + patience;
    const Error silent{ErrorCode::unavailable, "the ventilator at " + control + " does not answer"};
    if (!socket->send(wire::encode(wire::Query{id}))) { return silent; }
    const std::array<net::Socket* const, 1> sockets{&*socket};
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - now());
        if (left.count() <= 0) { return silent; }
        static_cast<void>(net::wait_readable(sockets, nullptr, left));
        Bytes frame;
        while (socket->receive(frame)) {
            auto message = wire::decode(frame);
            if (!message) { return message.error(); }
            auto* const answer = std::get_if<wire::Explained>(&*message);
            if (answer == nullptr || answer->id != id) { continue; }
            if (!answer->known) {
                return Error{ErrorCode::not_found, "the ventilator knows no task " + to_string(id)};
            }
            return std::move(answer->text);
        }
    }
}

}  // namespace nias::service
