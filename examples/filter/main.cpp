// A worker of one's own in C++: its handler reads a signal from a CSV file, takes out what is above a
// frequency, and writes the result. Progress is shown while it runs; Ctrl-C cancels the task.
// Usage: filter CUTOFF_HZ OUTPUT.csv [INPUT.csv]   (columns: seconds, value; without input a signal is made)
#include <nias/pipeline.hpp>

#include <signal.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "low_pass.hpp"

namespace {

struct Signal {
    std::vector<double> seconds, values;
};

/// The task's payload: paths and a number, a line each. Files stay where they are.
struct Order {
    double cutoff_hz = 0;
    std::string output, input;
};

nias::Bytes to_bytes(const Order& order) {
    std::ostringstream text;
    text << order.cutoff_hz << '\n' << order.output << '\n' << order.input << '\n';
    const std::string all = text.str();
    return {all.begin(), all.end()};
}

Order to_order(const nias::Bytes& bytes) {
    std::istringstream text(std::string(bytes.begin(), bytes.end()));
    Order order;
    std::string cutoff;
    std::getline(text, cutoff);
    (void)std::from_chars(cutoff.data(), cutoff.data() + cutoff.size(), order.cutoff_hz);
    std::getline(text, order.output);
    std::getline(text, order.input);
    return order;
}

nias::Error invalid(std::string message) { return {nias::ErrorCode::invalid, std::move(message)}; }

/// Two seconds at 1 kHz: 5 Hz, which stays, and the hum of the mains, 60 Hz.
Signal made() {
    Signal signal;
    for (int i = 0; i < 2000; ++i) {
        const double t = i / 1000.0;
        signal.seconds.push_back(t);
        signal.values.push_back(std::sin(2 * std::numbers::pi * 5 * t) +
                                0.5 * std::sin(2 * std::numbers::pi * 60 * t));
    }
    return signal;
}

nias::Result<Signal> read(const std::string& path) {
    std::ifstream file(path);
    if (!file) { return invalid("cannot read " + path); }
    Signal signal;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        double t = 0;
        double value = 0;
        const char* const end = line.data() + line.size();
        const auto first = std::from_chars(line.data(), end, t);
        if (number == 1 && first.ec != std::errc()) { continue; }  // the names of the columns
        const bool comma = first.ec == std::errc() && first.ptr != end && *first.ptr == ',';
        if (!comma || std::from_chars(first.ptr + 1, end, value).ec != std::errc()) {
            return invalid(path + ": line " + std::to_string(number) + " is not «seconds,value»");
        }
        signal.seconds.push_back(t);
        signal.values.push_back(value);
    }
    if (signal.seconds.size() < 2) { return invalid(path + " has no two samples"); }
    return signal;
}

/// The worker's handler.
nias::Result<nias::Bytes> filter(const nias::Task& task, nias::Context& context) {
    const Order order = to_order(task.payload);
    auto signal = order.input.empty() ? made() : read(order.input);
    if (!signal) { return signal.error(); }
    const std::size_t count = signal->values.size();
    const double rate = static_cast<double>(count - 1) / (signal->seconds.back() - signal->seconds.front());
    if (!(order.cutoff_hz > 0 && order.cutoff_hz < rate / 2)) {
        return invalid("the cutoff must lie between 0 and " + std::to_string(rate / 2) +
                       " Hz, half the signal's rate");
    }
    context.started();
    const std::string partial = order.output + ".partial";
    std::ofstream out(partial);
    out.precision(17);
    out << "seconds,value\n";
    LowPass low_pass(order.cutoff_hz, rate);
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 1000 == 0) {
            if (context.cancelled()) {
                std::remove(partial.c_str());
                return nias::Error{nias::ErrorCode::unavailable, "cancelled"};
            }
            context.progress(static_cast<double>(i) / static_cast<double>(count), "filtering");
        }
        out << signal->seconds[i] << ',' << low_pass.next(signal->values[i]) << '\n';
    }
    out.close();
    if (!out || std::rename(partial.c_str(), order.output.c_str()) != 0) {
        return nias::Error{nias::ErrorCode::unavailable, "cannot write " + order.output};
    }
    const std::string told = std::to_string(count) + " samples at " + std::to_string(rate) + " Hz";
    return nias::Bytes(told.begin(), told.end());
}

int fail(const std::string& message, int code = 1) {
    std::cerr << "filter: " << message << '\n';
    return code;
}

/// Waits for the outcome; Ctrl-C cancels the task, whose outcome then says so.
nias::Result<nias::Outcome> outcome_of(nias::Submitter& submitter, const nias::TaskId& id,
                                       const sigset_t& interrupts) {
    const timespec a_moment{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (true) {
        auto outcome = submitter.wait(id, std::chrono::milliseconds(0));
        if (outcome || outcome.error().code != nias::ErrorCode::unavailable) { return outcome; }
        if (::sigtimedwait(&interrupts, nullptr, &a_moment) <= 0) { continue; }
        if (auto asked = submitter.cancel(id); !asked) { return asked.error(); }
    }
}

}  // namespace

int main(int argc, char** argv) {
    Order order;
    const std::string cutoff = argc > 1 ? argv[1] : "";
    const auto parsed = std::from_chars(cutoff.data(), cutoff.data() + cutoff.size(), order.cutoff_hz);
    if (argc < 3 || argc > 4 || parsed.ec != std::errc() || parsed.ptr != cutoff.data() + cutoff.size()) {
        return fail("usage: filter CUTOFF_HZ OUTPUT.csv [INPUT.csv]", 2);
    }
    order.output = argv[2];
    if (argc == 4) { order.input = argv[3]; }

    sigset_t interrupts;  // before any thread begins: they all inherit it, and main waits for them
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &interrupts, nullptr);

    auto pipeline = nias::Pipeline::open({}, filter);
    if (!pipeline) { return fail(pipeline.error().message); }
    const auto watcher = nias::Watcher::open(
        pipeline->watcher_options(),
        {.on_progress = [](const nias::AttemptRef&, double fraction, const std::string& text) {
            std::cerr << text << ": " << static_cast<int>(100 * fraction) << " %\n";
        }});
    if (!watcher) { return fail(watcher.error().message); }

    nias::Task task;
    task.owner = "filter";
    task.payload = to_bytes(order);
    const auto id = pipeline->submitter().submit(std::move(task));
    if (!id) { return fail(id.error().message); }
    const auto outcome = outcome_of(pipeline->submitter(), *id, interrupts);
    if (!outcome) { return fail(outcome.error().message); }
    if (outcome->status == nias::OutcomeStatus::cancelled) { return fail("cancelled", 130); }
    if (outcome->status != nias::OutcomeStatus::succeeded) { return fail(outcome->error); }
    std::cout << std::string(outcome->output.begin(), outcome->output.end()) << ", result in " << order.output
              << '\n';
    return 0;
}
