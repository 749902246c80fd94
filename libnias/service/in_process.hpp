/// The parts of one process share a context of libzmq. Made by service/pipeline, used by every part.
#pragma once

#include <memory>
#include <optional>

#include <nias/in_process.hpp>

#include "net/socket.hpp"
#include "service/arrivals.hpp"

namespace nias {
namespace service {
class Zygote;
}  // namespace service
inline namespace v1 {

class [[gnu::visibility("hidden")]] InProcess {
public:
    net::Context context = net::Context::of_one_process();
    /// Forked before any part had a thread, with the handler of all workers; null: handlers run on threads.
    std::shared_ptr<service::Zygote> zygote{};
    std::shared_ptr<service::Arrivals> arrivals = std::make_shared<service::Arrivals>();
};

}  // namespace v1
}  // namespace nias

namespace nias::service {

/// The one that is shared, or one of the part's own. Keys are of no use within a process.
[[nodiscard]] inline net::Context context_of(const std::shared_ptr<const InProcess>& shared,
                                             std::optional<Keys> keys) {
    return shared ? shared->context : net::Context(std::move(keys));
}

}  // namespace nias::service
