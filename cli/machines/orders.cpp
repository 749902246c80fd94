// nias pause, nias drain, nias resume: which workers are given tasks.
#include <iostream>

#include "base/unicode.hpp"
#include "cli/lab.hpp"
#include "cli/verbs.hpp"
#include "service/questions.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(5);

struct Verb {
    wire::OrderKind kind;
    const char* program;
    const char* help;
    const char* done;  ///< what is printed before the ventilator's words
};

int order(const Verb& verb, int argc, const char* const* argv) {
    wire::Order order{.worker = {}, .kind = verb.kind, .reason = {}};
    std::string data = "./nias-data";
    daemon::Options options(verb.program, verb.help);
    options.quiet();
    options.positional("worker", order.worker, true, "its name, as «nias workers» shows it");
    options.text("data", data, "data directory of the server");
    if (verb.kind != wire::OrderKind::resume) {
        options.text("reason", order.reason, "why, for those who look at «nias workers»");
    }
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto lab = Lab::open(data);
    if (!lab) { return daemon::report(verb.program, lab.error()); }
    const auto told = service::order_worker(lab->endpoints().control, order, kPatience);
    if (!told) { return daemon::report(verb.program, told.error()); }
    std::cout << verb.done << "; " << visible(*told) << '\n';
    return 0;
}

}  // namespace

int pause(int argc, const char* const* argv) {
    return order({wire::OrderKind::pause, "nias pause",
                  "Gives a worker nothing more until it is resumed; it keeps what it has.", "paused"},
                 argc, argv);
}

int drain(int argc, const char* const* argv) {
    return order({wire::OrderKind::drain, "nias drain",
                  "Empties a worker: what has not begun goes to others, what runs ends, nothing more comes.",
                  "draining"},
                 argc, argv);
}

int resume(int argc, const char* const* argv) {
    return order({wire::OrderKind::resume, "nias resume",
                  "Gives tasks again to a worker that was paused or drained.", "resumed"},
                 argc, argv);
}

}  // namespace nias::cli
