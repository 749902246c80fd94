// Jobs through the real server: what a trivial job costs beyond its interpreter, and what an upload of 1 GiB
// costs in memory. Starts `nias up` in a folder of its own; the baseline is `python3 code.py` in the same
// run.
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
namespace net = Poco::Net;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kUploadBytes = 1ULL << 30U;
constexpr auto kCode = "print('hello')\n";

double ms_since(Clock::time_point begun) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
}

[[noreturn]] void give_up(const std::string& words) {
    std::cerr << "nias-bench-http: " << words << '\n';
    std::exit(1);
}

pid_t spawn(std::vector<std::string> args, int output) {
    std::vector<char*> argv;
    for (std::string& arg : args) { argv.push_back(arg.data()); }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    pid_t pid = 0;
    if (posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
        give_up(args[0] + " could not be started");
    }
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/// A zip of code.py and, where `data_bytes` is not 0, a stored file of noise.
void write_zip(const std::string& path, const std::string& folder, std::uint64_t data_bytes) {
    int code = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    (void)zip_file_add(zip, "code.py",
                       zip_source_buffer(zip, kCode, std::char_traits<char>::length(kCode), 0), 0);
    if (data_bytes > 0) {
        const std::string data = folder + "/data.bin";
        std::ofstream out(data, std::ios::binary);
        std::vector<char> piece(1U << 20U);
        std::uint64_t state = 88172645463325252ULL;
        for (std::uint64_t done = 0; done < data_bytes; done += piece.size()) {
            for (std::size_t i = 0; i + 8 <= piece.size(); i += 8) {
                state ^= state << 13U;
                state ^= state >> 7U;
                state ^= state << 17U;  // xorshift (Marsaglia 2003)
                std::copy_n(reinterpret_cast<const char*>(&state), 8, piece.data() + i);
            }
            out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        }
        out.close();
        const zip_int64_t index = zip_file_add(zip, "data.bin", zip_source_file(zip, data.c_str(), 0, -1), 0);
        zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
    }
    if (zip_close(zip) != 0) { give_up("the bundle could not be written"); }
}

class Server {
public:
    Server() {
        std::string pattern = (fs::current_path() / "nias-bench-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        int output[2];
        if (::pipe2(output, O_CLOEXEC) != 0) { give_up("no pipe"); }
        const std::string nias = fs::read_symlink("/proc/self/exe").parent_path() / "nias";
        pid_ = spawn(
            {nias, "up", "--data", folder_ + "/data", "--port", "0", "--slots", "2", "--log-level", "warn"},
            output[1]);
        ::close(output[1]);
        std::string line;
        for (char byte = 0; ::read(output[0], &byte, 1) == 1 && byte != '\n';) { line.push_back(byte); }
        ::close(output[0]);
        const std::size_t at = line.find("http://");
        if (at == std::string::npos) { give_up("nias up did not start"); }
        const Poco::URI uri(line.substr(at));
        session_ = std::make_unique<net::HTTPClientSession>(uri.getHost(), uri.getPort());
        session_->setKeepAlive(true);
        session_->setTimeout(Poco::Timespan(600, 0));
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    /// Id of the accepted job.
    std::string post(const std::string& zip) {
        net::HTTPRequest request("POST", "/api/v1/jobs", "HTTP/1.1");
        request.setContentType("application/zip");
        request.setContentLength64(static_cast<Poco::Int64>(fs::file_size(zip)));
        std::ifstream in(zip, std::ios::binary);
        Poco::StreamCopier::copyStream(in, session_->sendRequest(request), 1U << 16U);
        net::HTTPResponse response;
        std::ostringstream body;
        Poco::StreamCopier::copyStream(session_->receiveResponse(response), body);
        if (response.getStatus() != net::HTTPResponse::HTTP_CREATED) {
            give_up("the upload was refused: " + body.str());
        }
        return nlohmann::json::parse(body.str()).at("id");
    }
    void wait(const std::string& id) {
        for (std::string state; state != "succeeded";) {
            net::HTTPRequest request("GET", "/api/v1/jobs/" + id, "HTTP/1.1");
            session_->sendRequest(request);
            net::HTTPResponse response;
            std::ostringstream body;
            Poco::StreamCopier::copyStream(session_->receiveResponse(response), body);
            state = nlohmann::json::parse(body.str()).at("state");
            if (state == "failed" || state == "lost") { give_up("the job ended as " + body.str()); }
        }
    }
    /// The most memory that each daemon has had, in KiB.
    std::map<std::string, std::uint64_t> peaks() const {
        std::map<std::string, std::uint64_t> out;
        for (const std::string name : {"ventilator", "sink", "worker", "httpfront"}) {
            std::string pid;
            std::ifstream(folder_ + "/data/run/" + name + ".pid") >> pid;
            std::ifstream status("/proc/" + pid + "/status");
            for (std::string key; status >> key;) {
                if (key == "VmHWM:") { status >> out[name]; }
            }
        }
        return out;
    }
    [[nodiscard]] const std::string& folder() const { return folder_; }

private:
    std::string folder_;
    pid_t pid_ = 0;
    std::unique_ptr<net::HTTPClientSession> session_;
};

double median(std::vector<double> of) {
    std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
    return of[of.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) { return 2; }
    Server server;
    const std::string small = server.folder() + "/small.zip";
    const std::string large = server.folder() + "/large.zip";
    write_zip(small, server.folder(), 0);
    write_zip(large, server.folder(), kUploadBytes);
    std::ofstream(server.folder() + "/code.py") << kCode;
    server.wait(server.post(small));  // the first one warms interpreter and sandbox

    std::vector<double> plain;
    std::vector<double> jobs;
    benchmark::RegisterBenchmark(
        "python_alone",
        [&](benchmark::State& state) {
            const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
            for (auto _ : state) {
                const auto begun = Clock::now();
                ::waitpid(spawn({"/usr/bin/python3", server.folder() + "/code.py"}, nothing), nullptr, 0);
                plain.push_back(ms_since(begun));
                state.SetIterationTime(plain.back() / 1000);
            }
            ::close(nothing);
        })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(30);
    benchmark::RegisterBenchmark("trivial_job_post_to_outcome",
                                 [&](benchmark::State& state) {
                                     for (auto _ : state) {
                                         const auto begun = Clock::now();
                                         server.wait(server.post(small));
                                         jobs.push_back(ms_since(begun));
                                         state.SetIterationTime(jobs.back() / 1000);
                                     }
                                 })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(30);
    std::map<std::string, std::uint64_t> before;
    std::map<std::string, std::uint64_t> after;
    benchmark::RegisterBenchmark("upload_1_GiB_post_to_outcome",
                                 [&](benchmark::State& state) {
                                     for (auto _ : state) {
                                         before = server.peaks();
                                         const auto begun = Clock::now();
                                         server.wait(server.post(large));
                                         state.SetIterationTime(ms_since(begun) / 1000);
                                         after = server.peaks();
                                     }
                                     state.SetBytesProcessed(static_cast<std::int64_t>(kUploadBytes));
                                 })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1);
    benchmark::RunSpecifiedBenchmarks();
    if (!plain.empty() && !jobs.empty()) {
        std::cout << "a trivial job: " << median(jobs) << " ms from POST to outcome, "
                  << median(jobs) - median(plain) << " ms more than python3 alone (" << median(plain)
                  << " ms), ratio " << median(jobs) / median(plain) << " (medians)\n";
    }
    for (const auto& [name, peak] : after) {
        std::cout << "an upload of 1 GiB: nias-" << name << " grew by "
                  << static_cast<double>(peak - before[name]) / 1024 << " MiB, to " << peak / 1024
                  << " MiB\n";
    }
    return 0;
}
