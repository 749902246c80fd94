// Runs the simulation from many seeds: sim_test --seeds N --first S [--verbose]. A failure names its seed.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "world.hpp"

namespace {

char aborted_line[96];  // written by a handler that may do nothing else

void on_abort(int) { std::fputs(aborted_line, stderr); }

bool passes(unsigned long long seed, bool verbose) {
    std::snprintf(aborted_line, sizeof aborted_line, "seed %llu: an invariant was broken; sim_test --first %llu --seeds 1\n",
                  seed, seed);
    nias::sim::World world(seed);
    try {
        world.run();
    } catch (const nias::sim::Broken& broken) {
        std::fprintf(stderr, "seed %llu: %s\n  %s\n", seed, broken.what(), world.summary().c_str());
        return false;
    }
    if (verbose) { std::printf("seed %llu: %s\n", seed, world.summary().c_str()); }
    return true;
}

}  // namespace

int main(int count, char** words) {
    unsigned long long seeds = 300;
    unsigned long long first = 1;
    bool verbose = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--verbose") { verbose = true; continue; }
        if (i + 1 >= count || (word != "--seeds" && word != "--first")) {
            std::fputs("usage: sim_test [--seeds N] [--first S] [--verbose]\n", stderr);
            return 2;
        }
        (word == "--seeds" ? seeds : first) = std::strtoull(words[++i], nullptr, 10);
    }
    std::signal(SIGABRT, on_abort);
    unsigned long long failed = 0;
    for (unsigned long long seed = first; seed < first + seeds; ++seed) { failed += passes(seed, verbose) ? 0 : 1; }
    std::printf("%llu of %llu seeds passed\n", seeds - failed, seeds);
    return failed == 0 ? 0 : 1;
}
