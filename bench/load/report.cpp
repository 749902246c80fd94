#include "bench/load/report.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "bench/processes.hpp"

namespace nias::bench {
namespace {

/// The bars in lines, with the share of all values up to each.
std::string lines_of(Latencies& latencies, const char* between) {
    std::ostringstream out;
    std::size_t so_far = 0;
    for (const Latencies::Bar& bar : latencies.bars()) {
        so_far += bar.count;
        out << bar.upto_micros << between << bar.count << between
            << static_cast<double>(so_far) / static_cast<double>(latencies.size()) << '\n';
    }
    return out.str();
}

/// A name between single quotes, as gnuplot reads it.
std::string quoted(const std::string& path) {
    std::string out = "'";
    for (const char letter : path) { out += letter == '\'' ? std::string("''") : std::string(1, letter); }
    return out + "'";
}

}  // namespace

void print(Latencies& latencies) {
    std::cout << "latency: p50 " << in_words(latencies.at(0.5)) << ", p90 " << in_words(latencies.at(0.9))
              << ", p99 " << in_words(latencies.at(0.99)) << ", p99.9 " << in_words(latencies.at(0.999))
              << ", max " << in_words(latencies.at(1)) << '\n';
}

Status write_csv(Latencies& latencies, const std::string& path) {
    std::ofstream out(path);
    out << "upto_microseconds,tasks,share_upto\n" << lines_of(latencies, ",");
    out.close();
    if (!out) { return Error{ErrorCode::unavailable, path + " cannot be written"}; }
    return {};
}

Status check_plot(const std::string& path) {
    if (path.empty() || path.ends_with(".svg") || path.ends_with(".png")) { return {}; }
    return Error{ErrorCode::invalid, "--plot " + path + ": a picture is .svg or .png"};
}

Status write_plot(Latencies& latencies, const std::string& path) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    std::ostringstream script;
    script << "set terminal "
           << (path.ends_with(".svg") ? "svg size 900,500 background 'white'" : "pngcairo size 900,500")
           << "\nset output " << quoted(path)
           << "\nset logscale x\nset xlabel 'latency (microseconds)'\nset ylabel 'tasks'\nset y2label 'share "
              "of all "
              "tasks'\nset y2range [0:1]\nset y2tics\nset ytics nomirror\nset key left top\nset style fill "
              "solid "
              "0.4\n$bars << end\n"
           << lines_of(latencies, " ")
           << "end\nplot $bars using 1:2 with boxes title 'tasks', $bars using 1:3 axes x1y2 with lines lw 2 "
              "title "
              "'share up to'\n";
    const std::string script_path = path + ".gnuplot";
    std::ofstream(script_path) << script.str();
    const int code = run_program({"gnuplot", script_path});
    std::filesystem::remove(script_path, ignored);
    if (code == 0 && std::filesystem::exists(path)) { return {}; }
    return Error{
        ErrorCode::unavailable,
        path + " was not drawn: is gnuplot installed (apt install gnuplot-nox), and the folder writable?"};
}

}  // namespace nias::bench
