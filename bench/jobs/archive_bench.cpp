// Bundles and outputs against the programs that people know: unpack() beside unzip, pack_output() and
// zip_folder() beside zip -1, on the same files in the same run. Both sides are in turns.
#include <fcntl.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <variant>

#include "base/host/descriptor.hpp"
#include "bench/figures.hpp"
#include "bench/processes.hpp"
#include "bench/running.hpp"
#include "job/bundle/bundle.hpp"
#include "job/bundle/folder_zip.hpp"
#include "job/output/pack.hpp"

namespace {

namespace fs = std::filesystem;
constexpr int kRounds = 5;
constexpr int kTables = 120;
constexpr int kRowsATable = 8000;
constexpr std::size_t kNoiseBytes = 24U << 20U;

[[noreturn]] void give_up(const std::string& words) {
    std::cerr << "nias-bench-archive: " << words << '\n';
    std::exit(1);
}

/// Some 80 MB: tables of numbers, which shrink, and noise, which does not.
std::uint64_t write_study(const std::string& folder) {
    fs::create_directories(folder + "/output/tables");
    std::mt19937_64 chance(1);
    std::ofstream(folder + "/code.py") << "print('hello')\n";
    for (int table = 0; table < kTables; ++table) {
        std::ofstream out(folder + "/output/tables/" + std::to_string(table) + ".csv");
        for (int row = 0; row < kRowsATable; ++row) {
            out << row << ',' << chance() % 1'000'000 << ',' << static_cast<double>(chance() % 10'000) / 7
                << '\n';
        }
    }
    std::ofstream noise(folder + "/output/noise.bin", std::ios::binary);
    for (std::size_t done = 0; done < kNoiseBytes; done += sizeof(std::uint64_t)) {
        const std::uint64_t word = chance();
        noise.write(reinterpret_cast<const char*>(&word), sizeof word);
    }
    noise.close();
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) { bytes += entry.file_size(); }
    }
    return bytes;
}

void run(const std::vector<std::string>& words) {
    if (const int code = nias::bench::run_program(words); code != 0) {
        give_up(words[0] + " ended with " + std::to_string(code));
    }
}

void unpack(const std::string& zip, const std::string& to) {
    const auto judged = nias::job::judge(zip, "study.zip");
    if (!judged) { give_up("the bundle was refused: " + judged.error().detail); }
    fs::create_directories(to);
    if (auto done = nias::job::unpack(zip, *judged, to); !done) { give_up(done.error().message); }
}

void pack(const std::string& folder, const std::string& zip) {
    const nias::Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (auto packed = nias::job::pack_output({.descriptor = opened.get()}, {}, zip); !packed) {
        give_up(packed.error().message);
    }
}

void zip_whole(const std::string& folder, const std::string& zip) {
    if (auto zipped = nias::job::zip_folder(folder, zip); !zipped) { give_up(zipped.error().message); }
}

}  // namespace

int main() {
    const std::string base = nias::bench::fresh_folder();
    const std::string study = base + "/study";
    const double mib = static_cast<double>(write_study(study)) / (1 << 20);
    const std::string bundle = base + "/study.zip";
    // zip_folder() leaves the contents of output/ out, so it is given them under other names.
    fs::create_directories(base + "/folder");
    run({"cp", "-r", study + "/output/tables", study + "/output/noise.bin", study + "/code.py",
         base + "/folder"});
    nias::bench::Figures figures;
    int number = 0;
    const auto fresh = [&] { return base + "/" + std::to_string(++number); };
    const auto measure = [&](const std::string& name, const std::function<void(const std::string&)>& once) {
        const std::string made = fresh();
        const auto begun = std::chrono::steady_clock::now();
        once(made);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        figures.add(name, mib / took.count());
        fs::remove_all(made);
        fs::remove(made + ".zip");
    };
    fs::current_path(base + "/folder");
    run({"zip", "-q", "-1", "-r", bundle, "."});
    for (int round = 0; round < kRounds; ++round) {
        measure("unpack", [&](const std::string& to) { unpack(bundle, to); });
        measure("unzip", [&](const std::string& to) { run({"unzip", "-q", bundle, "-d", to}); });
        fs::current_path(study + "/output");
        measure("pack_output", [&](const std::string& to) { pack(study, to + ".zip"); });
        measure("zip -1", [&](const std::string& to) { run({"zip", "-q", "-1", "-r", to + ".zip", "."}); });
        measure("zip_folder", [&](const std::string& to) { zip_whole(base + "/folder", to + ".zip"); });
    }
    figures.print_ratio("unpacking a bundle", "unpack", "unzip", " MiB/s");
    figures.print_ratio("packing the outputs", "pack_output", "zip -1", " MiB/s");
    figures.print_ratio("zipping a folder (nias submit)", "zip_folder", "zip -1", " MiB/s");
    fs::current_path("/");
    fs::remove_all(base);
    return 0;
}
