// Files to the sink and back: store and fetch of a blob over loopback TCP, beside a plain ZeroMQ PUSH/PULL of
// the same chunks into a file; and what a blob of 4 GiB adds to the memory of each process.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/host/memory.hpp"
#include "bench/figures.hpp"
#include "bench/running.hpp"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using nias::bench::Node;

constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kFileBytes = 512 * kMiB;
constexpr std::uint64_t kLargeBytes = 4096 * kMiB;
constexpr std::size_t kChunkBytes = 256 * 1024;

double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// Noise, which no file system shortens; another one for each `seed`, or the sink has it already.
void write_noise(const std::string& path, std::uint64_t bytes, std::uint64_t seed) {
    std::ofstream out(path, std::ios::binary);
    std::vector<std::uint64_t> piece(kMiB / sizeof(std::uint64_t));
    std::uint64_t state = 88172645463325252ULL ^ (seed * 0x9e3779b97f4a7c15ULL);
    for (std::uint64_t done = 0; done < bytes; done += kMiB) {
        for (std::uint64_t& word : piece) {
            state ^= state << 13U;
            state ^= state >> 7U;
            state ^= state << 17U;  // xorshift (Marsaglia 2003)
            word = state;
        }
        out.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(kMiB));
    }
}

/// A pipeline with one worker that stores and fetches the file that a task names.
class FilePipeline {
public:
    explicit FilePipeline(const std::string& folder)
        : ventilator_({"ventilator", folder + "/data"}),
          sink_({"sink", folder + "/data", ventilator_.addresses()[0]}),
          worker_({"file-worker", ventilator_.addresses()[1], sink_.addresses()[0], sink_.addresses()[1]}),
          submitter_(nias::bench::submitter_of(ventilator_, {})) {}

    struct Times {
        double store = 0;
        double fetch = 0;
    };
    Times run(const std::string& path) {
        nias::Task task;
        task.owner = "bench";
        task.payload = nias::Bytes(path.begin(), path.end());
        const auto id = submitter_.submit(task);
        if (!id) { give_up(id.error().message); }
        const auto outcome = submitter_.wait(*id, std::chrono::minutes(10));
        if (!outcome) { give_up(outcome.error().message); }
        if (outcome->status != nias::OutcomeStatus::succeeded) { give_up(outcome->error); }
        Times times;
        std::istringstream(std::string(outcome->output.begin(), outcome->output.end())) >> times.store >>
            times.fetch;
        return times;
    }
    [[nodiscard]] const Node& sink() const { return sink_; }
    [[nodiscard]] const Node& worker() const { return worker_; }

private:
    [[noreturn]] static void give_up(const std::string& words) {
        std::cerr << "benchmark: " << words << '\n';
        std::exit(1);
    }
    Node ventilator_;
    Node sink_;
    Node worker_;
    nias::Submitter submitter_;
};

/// Seconds from the first byte read to the file's being on the receiver's disk.
double run_bare(const std::string& folder) {
    const std::string path = folder + "/bare";
    write_noise(path, kFileBytes, 1);
    double took = 0;
    void* context = zmq_ctx_new();
    void* push = zmq_socket(context, ZMQ_PUSH);
    const int waiting = 16;
    zmq_setsockopt(push, ZMQ_SNDHWM, &waiting, sizeof waiting);
    {
        Node receiver({"bare-receiver", path + ".back"});
        zmq_connect(push, receiver.addresses()[0].c_str());
        const auto begun = Clock::now();
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        std::vector<char> chunk(kChunkBytes);
        for (ssize_t got = ::read(file, chunk.data(), chunk.size()); got > 0;
             got = ::read(file, chunk.data(), chunk.size())) {
            zmq_send(push, chunk.data(), static_cast<std::size_t>(got), 0);
        }
        ::close(file);
        zmq_send(push, "", 0, 0);
        receiver.wait();
        took = seconds_since(begun);
    }
    zmq_close(push);
    zmq_ctx_term(context);
    fs::remove(path);
    fs::remove(path + ".back");
    return took;
}

double run_stored(const std::string& folder, double FilePipeline::Times::*which) {
    static_assert(kFileBytes % kMiB == 0);
    const std::string place = folder + "/pipeline";
    fs::create_directory(place);
    const std::string path = place + "/file";
    write_noise(path, kFileBytes, 2);
    double took = 0;
    {
        FilePipeline pipeline(place);
        took = pipeline.run(path).*which;
    }
    fs::remove_all(place);
    return took;
}

void print_growth(const std::string& folder) {
    const std::string place = folder + "/large";
    fs::create_directory(place);
    {
        FilePipeline pipeline(place);
        write_noise(place + "/small", kMiB, 3);
        (void)pipeline.run(place + "/small");
        const auto sink = nias::bench::most_resident_bytes(pipeline.sink().pid());
        const auto worker = nias::bench::most_resident_bytes(pipeline.worker().pid());
        write_noise(place + "/large", kLargeBytes, 4);
        const auto times = pipeline.run(place + "/large");
        const auto grown = [](pid_t pid, std::uint64_t before) {
            return static_cast<double>(nias::bench::most_resident_bytes(pid) - before) / kMiB;
        };
        std::cout << std::fixed << std::setprecision(1) << "a blob of 4 GiB, stored in " << times.store
                  << " s and fetched in " << times.fetch << " s: the sink grew by "
                  << grown(pipeline.sink().pid(), sink) << " MiB, the worker by "
                  << grown(pipeline.worker().pid(), worker) << " MiB\n";
    }
    fs::remove_all(place);
}

}  // namespace

int main(int argc, char** argv) {
    nias::keep_freed_memory();
    nias::bench::Figures figures;
    const std::string folder = nias::bench::fresh_folder();
    constexpr std::size_t count = kFileBytes / kMiB;
    add_rate(figures, "bare_chunks", count, [&] { return run_bare(folder); });
    add_rate(figures, "blob_stored", count, [&] { return run_stored(folder, &FilePipeline::Times::store); });
    add_rate(figures, "blob_fetched", count, [&] { return run_stored(folder, &FilePipeline::Times::fetch); });
    const int wrong = nias::bench::run_in_turns(argc, argv);
    if (wrong == 0) {
        figures.print_ratio("a file to the sink", "blob_stored", "bare_chunks", " MiB/s");
        figures.print_ratio("a file from the sink", "blob_fetched", "bare_chunks", " MiB/s");
        print_growth(folder);
    }
    fs::remove_all(folder);
    return wrong;
}
