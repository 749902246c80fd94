// The context of libzmq: its threads, and whether the host has threads and descriptors left for it.
#include <sched.h>
#include <zmq.h>

#include <cerrno>

#include "base/host/threads.hpp"
#include "net/descriptors.hpp"
#include "net/socket.hpp"

namespace nias::net {
namespace {

constexpr std::size_t kThreadsBesideIo = 1;  // the one that closes sockets

/// Tried with this thread, which stays as it is: libzmq aborts where a filter of system calls forbids it. Not
/// where somebody has chosen another policy for this process.
bool batch_is_permitted() {
    sched_param unchanged{};
    const int before = ::sched_getscheduler(0);
    return before == SCHED_OTHER && ::sched_setscheduler(0, SCHED_BATCH, &unchanged) == 0 &&
           ::sched_setscheduler(0, before, &unchanged) == 0;
}

}  // namespace

struct Context::State {
    Status room;
    void* handle = nullptr;
    std::optional<Keys> keys;
    State(std::optional<Keys> of, int io_threads)
        : room(has_room(kDescriptorsOfAContext, "a ZeroMQ context")), keys(std::move(of)) {
        if (!room) { return; }
        // libzmq starts them with the first socket, and ends the program where it cannot.
        room = has_threads(static_cast<std::size_t>(io_threads) + kThreadsBesideIo, "a ZeroMQ context");
        if (!room) { return; }
        handle = zmq_ctx_new();
        if (handle == nullptr) {
            room = Error{ErrorCode::unavailable, std::string("no ZeroMQ context: ") + zmq_strerror(errno)};
            return;
        }
        zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, 8192);
        zmq_ctx_set(handle, ZMQ_IO_THREADS, io_threads);
        // An I/O thread that is woken takes the processor from nobody who still fills its queues: what is
        // sent together leaves together, and no wake-up is in vain.
        if (batch_is_permitted()) { zmq_ctx_set(handle, ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH); }
    }
    ~State() {
        if (handle != nullptr) { zmq_ctx_term(handle); }
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Context::Context(std::optional<Keys> keys) : state_(std::make_shared<State>(std::move(keys), 1)) {}
Context Context::of_one_process() { return Context(std::make_shared<State>(std::nullopt, 0)); }
void* Context::handle() const noexcept { return state_->handle; }
const std::optional<Keys>& Context::keys() const noexcept { return state_->keys; }
Result<void*> Context::socket(int type, const std::string& endpoint) const {
    if (!state_->room) { return state_->room.error(); }
    if (auto room = has_room(kDescriptorsOfASocket, "a socket for " + endpoint); !room) {
        return room.error();
    }
    void* made = zmq_socket(state_->handle, type);
    if (made == nullptr) {
        return Error{ErrorCode::unavailable,
                     "cannot make a socket for " + endpoint + ": " + zmq_strerror(zmq_errno())};
    }
    return made;
}

}  // namespace nias::net
