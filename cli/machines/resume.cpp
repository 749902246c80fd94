// nias resume: gives tasks again to a worker that was paused.
#include <iostream>

#include "base/unicode.hpp"
#include "cli/lab.hpp"
#include "cli/verbs.hpp"
#include "service/questions.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(5);

}  // namespace

int resume(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias resume";
    std::string worker;
    std::string data = "./nias-data";
    daemon::Options options(kProgram, "Gives tasks again to a worker that was paused.");
    options.quiet();
    options.positional("worker", worker, true, "its name, as «nias workers» shows it");
    options.text("data", data, "data directory of the server");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    const auto told = service::resume_worker(lab->endpoints().control, worker, kPatience);
    if (!told) { return daemon::report(kProgram, told.error()); }
    std::cout << "resumed; " << visible(*told) << '\n';
    return 0;
}

}  // namespace nias::cli
