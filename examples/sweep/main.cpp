// A parameter sweep: one task a value of r, on every processor, a progress bar meanwhile, a table at the end.
// The sweep computes the Lyapunov exponent of the logistic map x -> r x (1 - x), which is positive where the
// map is chaotic. Usage: sweep [values of r] [table.csv]
#include <nias/pipeline.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <future>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr double kFrom = 2.5;
constexpr double kTo = 4.0;
constexpr int kSettle = 1'000;  // steps before the map is where it stays
constexpr int kSteps = 200'000;
constexpr std::size_t kValuesMax = 1'000'000;

nias::Bytes to_bytes(double value) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

std::optional<double> to_number(const nias::Bytes& bytes) {
    double value = 0;
    const std::string text(bytes.begin(), bytes.end());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) { return std::nullopt; }
    return value;
}

nias::Result<nias::Bytes> exponent(const nias::Task& task, nias::Context& context) {
    const auto r = to_number(task.payload);
    if (!r) { return nias::Error{nias::ErrorCode::invalid, "the payload is no number"}; }
    double x = 0.3;
    double sum = 0;
    for (int i = 0; i < kSettle; ++i) { x = *r * x * (1 - x); }
    for (int i = 0; i < kSteps; ++i) {
        if (i % 10'000 == 0 && context.cancelled()) {
            return nias::Error{nias::ErrorCode::unavailable, "cancelled"};
        }
        sum += std::log(std::max(std::abs(*r * (1 - 2 * x)), 1e-300));
        x = *r * x * (1 - x);
    }
    return to_bytes(sum / kSteps);
}

/// On a terminal, one line that fills; elsewhere nothing.
void show(std::size_t done, std::size_t all) {
    constexpr std::size_t kWidth = 50;
    static const bool is_terminal = ::isatty(STDERR_FILENO) != 0;
    if (!is_terminal || (done != all && done % std::max<std::size_t>(1, all / 200) != 0)) { return; }
    const std::size_t full = kWidth * done / all;
    std::cerr << "\r[" << std::string(full, '#') << std::string(kWidth - full, ' ') << "] " << std::setw(3)
              << 100 * done / all << " %" << (done == all ? "\n" : "") << std::flush;
}

int fail(const std::string& message) {
    std::cerr << "sweep: " << message << '\n';
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string text = argc > 1 ? argv[1] : "301";
    const std::string path = argc > 2 ? argv[2] : "sweep.csv";
    std::size_t count = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
    if (parsed.ptr != text.data() + text.size() || count < 2 || count > kValuesMax) {
        return fail("\"" + text + "\" is not a number of values from 2 to " + std::to_string(kValuesMax));
    }
    auto pipeline =
        nias::Pipeline::open({.slots = std::max(1U, std::thread::hardware_concurrency())}, exponent);
    if (!pipeline) { return fail(pipeline.error().message); }

    std::vector<double> values;
    std::vector<std::future<nias::Result<nias::Outcome>>> futures;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(kFrom + (kTo - kFrom) * static_cast<double>(i) / static_cast<double>(count - 1));
        nias::Task task;
        task.owner = "sweep";
        task.spec.name = "r = " + std::to_string(values.back());
        task.payload = to_bytes(values.back());
        futures.push_back(pipeline->submitter().submit_future(std::move(task)));
    }
    std::ofstream table(path);
    table << "r,exponent\n";
    for (std::size_t i = 0; i < count; ++i) {
        const auto outcome = futures[i].get();
        if (!outcome) { return fail(outcome.error().message); }
        const auto result = to_number(outcome->output);
        if (outcome->status != nias::OutcomeStatus::succeeded || !result) { return fail(outcome->error); }
        table << values[i] << ',' << *result << '\n';
        show(i + 1, count);
    }
    table.close();
    if (!table) { return fail("cannot write " + path); }
    std::cout << count << " values of r, table in " << path << '\n';
    return 0;
}
