// One process of a benchmark: a role of the pipeline, or the same place in a bare libzmq chain. Prints its
// addresses on one line and serves until its standard input closes.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <nias/sink.hpp>
#include <nias/ventilator.hpp>
#include <nias/worker.hpp>

#include "base/clock.hpp"
#include "base/host/memory.hpp"
#include "base/ids.hpp"
#include "bench/pace.hpp"
#include "bench/pipeline/redis_lists.hpp"
#include "core/execute/execute.hpp"
#include "net/socket.hpp"
#include "wire/codec/codec.hpp"

namespace {

constexpr auto kAny = "tcp://127.0.0.1:0";

int failed(const nias::Error& error) {
    std::cerr << "nias-bench-node: " << error.message << '\n';
    return 1;
}

/// Runs a role until the parent closes the pipe.
template <typename Role, typename Run>
int serve(Role& role, Run run) {
    std::thread closer([&role] {
        char byte = 0;
        while (std::cin.get(byte)) {}
        role.stop();
    });
    const nias::Status status = run();
    closer.join();
    return status ? 0 : failed(status.error());
}

nias::Durability durability_of(const std::string& data) {
    return data == "-" ? nias::Durability::memory : nias::Durability::durable;
}

/// `local`: for programs of this machine alone, in its data folder, as the daemons do it.
int ventilator(const std::string& data, bool local) {
    const auto at = [&](const std::string& name) { return local ? "ipc://" + data + "/" + name : kAny; };
    auto role = nias::Ventilator::open({.intake = at("intake"),
                                        .control = at("control"),
                                        .events = at("events"),
                                        .data_dir = data,
                                        .durability = durability_of(data),
                                        .max_queued = 10'000'000});
    if (!role) { return failed(role.error()); }
    const auto bound = role->bound();
    std::cout << bound.intake << ' ' << bound.control << ' ' << bound.events << std::endl;
    return serve(*role, [&] { return role->run(); });
}

int sink(const std::string& data, const std::string& intake) {
    auto role = nias::Sink::open({.outcomes = kAny,
                                  .bulk = kAny,
                                  .output = kAny,
                                  .intake = intake,
                                  .data_dir = data,
                                  .durability = durability_of(data)});
    if (!role) { return failed(role.error()); }
    std::cout << role->bound().outcomes << ' ' << role->bound().bulk << std::endl;
    return serve(*role, [&] { return role->run(); });
}

int worker(const std::vector<std::string>& args) {
    auto role = nias::Worker::open({.control = args[0],
                                    .outcomes = args[1],
                                    .bulk = args[2],
                                    .name = args[3],
                                    .slots = 1,
                                    .window = static_cast<std::uint32_t>(std::stoul(args[4])),
                                    .drain_timeout_s = 1});
    if (!role) { return failed(role.error()); }
    std::cout << "worker" << std::endl;
    return serve(*role, [&] {
        return role->run(
            [](const nias::Task&, nias::Context&) -> nias::Result<nias::Bytes> { return nias::Bytes{}; });
    });
}

/// A worker that is connected, beats and waits.
struct Idle {
    nias::net::Socket socket;
    std::unique_ptr<nias::core::Execute> core;

    void send(nias::core::ExecuteEffects& effects) {
        for (const auto& message : effects.sends) { (void)socket.send(nias::wire::encode(message)); }
        effects.clear();
    }
    void take(const nias::Bytes& frame, nias::core::ExecuteEffects& effects) const {
        auto message = nias::wire::decode(frame);
        if (!message) { return; }
        const auto hear = [&](auto& body) {
            if constexpr (requires { core->on(body, nias::now(), effects); }) {
                core->on(body, nias::now(), effects);
            }
        };
        std::visit(hear, *message);
    }
};

/// Their cores and sockets are those of any worker, their loop is one.
int idle_workers(const std::string& control, std::size_t count) {
    nias::net::Context context;
    std::vector<Idle> all;
    nias::core::ExecuteEffects effects;
    for (std::size_t i = 0; i < count; ++i) {
        auto socket = nias::net::Socket::connect(context, nias::net::Kind::dealer, control);
        if (!socket) { return failed(socket.error()); }
        nias::core::ExecuteOptions options;
        options.worker = "idle" + std::to_string(i);
        options.incarnation = nias::make_incarnation();
        all.push_back({std::move(*socket), std::make_unique<nias::core::Execute>(options)});
        all.back().core->start(nias::now(), effects);
        all.back().send(effects);
    }
    std::cout << "idle-workers" << std::endl;
    pollfd input{0, POLLIN, 0};
    nias::Bytes frame;
    while (::poll(&input, 1, 50) == 0) {
        for (Idle& idle : all) {
            while (idle.socket.receive(frame)) { idle.take(frame, effects); }
            idle.core->tick(nias::now(), effects);
            idle.send(effects);
        }
    }
    return 0;
}

/// A worker that stores the file named by the payload at the sink, then fetches it back beside it. Its
/// output: the seconds of each.
int file_worker(const std::vector<std::string>& args) {
    auto role =
        nias::Worker::open({.control = args[0], .outcomes = args[1], .bulk = args[2], .name = "files"});
    if (!role) { return failed(role.error()); }
    std::cout << "file-worker" << std::endl;
    using Clock = std::chrono::steady_clock;
    return serve(*role, [&] {
        return role->run([](const nias::Task& task, nias::Context& context) -> nias::Result<nias::Bytes> {
            const std::string path(task.payload.begin(), task.payload.end());
            const auto begun = Clock::now();
            const auto stored = context.store(path);
            if (!stored) { return stored.error(); }
            const auto between = Clock::now();
            if (auto fetched = context.fetch(*stored, path + ".back"); !fetched) { return fetched.error(); }
            std::ostringstream out;
            out << std::chrono::duration<double>(between - begun).count() << ' '
                << std::chrono::duration<double>(Clock::now() - between).count();
            const std::string text = out.str();
            return nias::Bytes(text.begin(), text.end());
        });
    });
}

/// A worker of one job at a time, which lasts as many milliseconds as the payload says. Its output: when it
/// began and ended, in seconds of the steady clock, which is one for all processes of a machine.
int waiting_worker(const std::vector<std::string>& args) {
    auto role = nias::Worker::open(
        {.control = args[0], .outcomes = args[1], .bulk = args[2], .name = args[3], .drain_timeout_s = 1});
    if (!role) { return failed(role.error()); }
    std::cout << "waiting-worker" << std::endl;
    using Clock = std::chrono::steady_clock;
    return serve(*role, [&] {
        return role->run([](const nias::Task& task, nias::Context&) -> nias::Result<nias::Bytes> {
            const auto begun = Clock::now();
            const std::string ms(task.payload.begin(), task.payload.end());
            nias::bench::let_pass_until(begun + std::chrono::milliseconds(std::stoul(ms)));
            const auto seconds = [](Clock::time_point time) {
                return std::chrono::duration<double>(time.time_since_epoch()).count();
            };
            std::ostringstream out;
            out << std::fixed << std::setprecision(6) << seconds(begun) << ' ' << seconds(Clock::now());
            const std::string text = out.str();
            return nias::Bytes(text.begin(), text.end());
        });
    });
}

/// Writes what arrives to a file until an empty message, brings it to the disk, and says so on a second line.
int receive_file(const std::string& path) {
    void* context = zmq_ctx_new();
    void* pull = zmq_socket(context, ZMQ_PULL);
    const int waiting = 16;
    zmq_setsockopt(pull, ZMQ_RCVHWM, &waiting, sizeof waiting);
    zmq_bind(pull, "tcp://127.0.0.1:*");
    std::array<char, 256> address{};
    std::size_t size = address.size();
    zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, address.data(), &size);
    std::cout << address.data() << std::endl;
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    zmq_msg_t message;
    zmq_msg_init(&message);
    bool whole = file >= 0;
    while (whole && zmq_msg_recv(&message, pull, 0) > 0) {
        const auto bytes = static_cast<ssize_t>(zmq_msg_size(&message));
        whole = ::write(file, zmq_msg_data(&message), static_cast<std::size_t>(bytes)) == bytes;
    }
    whole = ::fdatasync(file) == 0 && whole;
    ::close(file);
    zmq_msg_close(&message);
    zmq_close(pull);
    zmq_ctx_term(context);
    return whole ? 0 : 1;
}

// The bare chain: what arrives at PULL leaves by PUSH, one message a task, no bookkeeping.
int relay(const std::string& pull_at, bool bind_pull, const std::string& push_to, bool bind_push) {
    void* context = zmq_ctx_new();
    void* pull = zmq_socket(context, ZMQ_PULL);
    void* push = zmq_socket(context, ZMQ_PUSH);
    if ((bind_pull ? zmq_bind(pull, "tcp://127.0.0.1:*") : zmq_connect(pull, pull_at.c_str())) != 0) {
        return 1;
    }
    if ((bind_push ? zmq_bind(push, "tcp://127.0.0.1:*") : zmq_connect(push, push_to.c_str())) != 0) {
        return 1;
    }
    std::array<char, 256> first{};
    std::array<char, 256> second{};
    std::size_t size = first.size();
    zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, first.data(), &size);
    size = second.size();
    zmq_getsockopt(push, ZMQ_LAST_ENDPOINT, second.data(), &size);
    std::cout << first.data() << ' ' << second.data() << std::endl;
    zmq_pollitem_t items[] = {{pull, 0, ZMQ_POLLIN, 0}, {nullptr, 0, ZMQ_POLLIN, 0}};
    zmq_msg_t message;
    zmq_msg_init(&message);
    while (zmq_poll(items, 2, -1) >= 0 && items[1].revents == 0) {
        while (zmq_msg_recv(&message, pull, ZMQ_DONTWAIT) >= 0) { zmq_msg_send(&message, push, 0); }
    }
    const int none = 0;
    zmq_setsockopt(push, ZMQ_LINGER, &none, sizeof none);
    zmq_close(pull);
    zmq_close(push);
    zmq_ctx_term(context);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    nias::keep_freed_memory();  // as the daemons do
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.size() == 2 && args[0] == "ventilator") { return ventilator(args[1], false); }
    if (args.size() == 2 && args[0] == "local-ventilator") { return ventilator(args[1], true); }
    if (args.size() == 3 && args[0] == "sink") { return sink(args[1], args[2]); }
    if (args.size() == 6 && args[0] == "worker") { return worker({args.begin() + 1, args.end()}); }
    if (args.size() == 1 && args[0] == "bare-ventilator") { return relay("", true, "", true); }
    if (args.size() == 3 && args[0] == "bare-worker") { return relay(args[1], false, args[2], false); }
    if (args.size() == 2 && args[0] == "bare-sink") { return relay("", true, args[1], false); }
    if (args.size() == 2 && args[0] == "redis-server") { return nias::bench::redis_server(args[1]); }
    if (args.size() == 2 && args[0] == "redis-worker") { return nias::bench::redis_worker(args[1]); }
    if (args.size() == 3 && args[0] == "idle-workers") { return idle_workers(args[1], std::stoul(args[2])); }
    if (args.size() == 4 && args[0] == "file-worker") { return file_worker({args.begin() + 1, args.end()}); }
    if (args.size() == 5 && args[0] == "waiting-worker") {
        return waiting_worker({args.begin() + 1, args.end()});
    }
    if (args.size() == 2 && args[0] == "bare-receiver") { return receive_file(args[1]); }
    std::cerr << "nias-bench-node: one process of a benchmark; started by nias-bench-pipeline\n";
    return 2;
}
