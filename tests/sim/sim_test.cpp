// Runs the simulation from many seeds:
//   sim_test [--first S] [--seeds N] [--file SEEDS.txt] [--verbose] [--stop]
// A failure names its seed. sim_mutants, built from this file too, also takes --mutant NAME (mutants.py).
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "mutant.hpp"
#include "transfer_world.hpp"
#include "world.hpp"

namespace {

using Seed = unsigned long long;

constexpr Seed kTwiceEvery = 16;  // a second run whose wall clocks jump, and nothing else may differ

char aborted_line[96];  // written by a handler that may do nothing else

void on_abort(int) { std::fputs(aborted_line, stderr); }

struct Choice {
    Seed first = 1;
    Seed count = 0;
    std::vector<Seed> listed;
    bool verbose = false;
    bool stop = false;
};

bool passes(Seed seed, bool verbose) {
    std::snprintf(aborted_line, sizeof aborted_line,
                  "seed %llu: an invariant was broken; sim_test --first %llu --seeds 1\n", seed, seed);
    nias::sim::World world(seed, nias::sim::WallClocks::jump);
    try {
        world.run();
        if (seed % kTwiceEvery == 0) {
            nias::sim::World steady(seed, nias::sim::WallClocks::steady);
            steady.run();
            if (steady.trace() != world.trace()) {
                throw nias::sim::Broken("a wall clock decided something (A10): " + steady.trace() +
                                        " with steady clocks, " + world.trace() + " with jumping ones");
            }
        }
    } catch (const nias::sim::Broken& broken) {
        std::fprintf(stderr, "seed %llu: %s\n  %s\n", seed, broken.what(), world.summary().c_str());
        return false;
    }
    if (verbose) { std::printf("seed %llu: %s\n", seed, world.summary().c_str()); }
    return true;
}

/// The same tasks and faults where disks are slow as well.
bool passes_with_slow_disks(Seed seed, bool verbose) {
    nias::sim::World world(seed, nias::sim::WallClocks::jump, nias::sim::Disks::slow);
    try {
        world.run();
    } catch (const nias::sim::Broken& broken) {
        std::fprintf(stderr, "seed %llu: %s\n  %s\n", seed, broken.what(), world.summary().c_str());
        return false;
    }
    if (verbose) { std::printf("seed %llu: %s\n", seed, world.summary().c_str()); }
    return true;
}

/// The same for files: a world of its own, so that neither changes what the other draws.
bool carries(Seed seed, bool verbose) {
    nias::sim::TransferWorld world(seed);
    try {
        world.run();
    } catch (const nias::sim::Broken& broken) {
        std::fprintf(stderr, "seed %llu: %s\n  %s\n", seed, broken.what(), world.summary().c_str());
        return false;
    }
    if (verbose) { std::printf("seed %llu: %s\n", seed, world.summary().c_str()); }
    return true;
}

bool read_seeds(const char* path, std::vector<Seed>& out) {
    std::ifstream file(path);
    if (!file) { return false; }
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') { continue; }
        char* end = nullptr;
        out.push_back(std::strtoull(line.c_str(), &end, 10));
        if (end == line.c_str()) { return false; }
    }
    return true;
}

/// Takes a word and its value; false: neither is known.
bool take(std::string_view word, const char* value, Choice& choice) {
    if (word == "--seeds") {
        choice.count = std::strtoull(value, nullptr, 10);
        return true;
    }
    if (word == "--first") {
        choice.first = std::strtoull(value, nullptr, 10);
        return true;
    }
    if (word == "--file") { return read_seeds(value, choice.listed); }
#ifdef NIAS_MUTANTS
    if (word == "--mutant") {
        nias::sim::chosen_mutant() = value;
        return true;
    }
#endif
    return false;
}

}  // namespace

int main(int count, char** words) {
    Choice choice;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--verbose") {
            choice.verbose = true;
            continue;
        }
        if (word == "--stop") {
            choice.stop = true;
            continue;
        }
        if (i + 1 >= count || !take(word, words[i + 1], choice)) {
            std::fprintf(stderr,
                         "usage: sim_test [--first S] [--seeds N] [--file SEEDS.txt] [--verbose] [--stop]\n"
                         "what is wrong: %s\n",
                         words[i]);
            return 2;
        }
        ++i;
    }
    if (choice.count == 0 && choice.listed.empty()) { choice.count = 300; }
    std::vector<Seed> seeds = std::move(choice.listed);
    for (Seed i = 0; i < choice.count; ++i) { seeds.push_back(choice.first + i); }
    std::signal(SIGABRT, on_abort);
    std::size_t failed = 0;
    std::size_t ran = 0;
    for (const Seed seed : seeds) {
        ++ran;
        const bool good = passes(seed, choice.verbose) && passes_with_slow_disks(seed, choice.verbose) &&
                          carries(seed, choice.verbose);
        failed += good ? 0U : 1U;
        if (failed > 0 && choice.stop) { break; }
    }
    std::printf("%zu of %zu seeds passed\n", ran - failed, ran);
    return failed == 0 ? 0 : 1;
}
