#include "worker/runtime/trace.hpp"

#include <algorithm>

namespace nias::worker {
namespace {

constexpr std::size_t kLineBytes = 1024;

}  // namespace

std::vector<std::string> said_lines(std::string_view said) {
    std::vector<std::string> out;
    while (!said.empty()) {
        const std::size_t end = std::min(said.find_first_of("\n\r"), said.size());
        std::string line;
        bool blank = true;
        for (const char c : said.substr(0, std::min(end, kLineBytes))) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte != 0x7F) { line.push_back(c); }
            blank = blank && byte <= 0x20;
        }
        if (!blank) { out.push_back(std::move(line)); }
        said.remove_prefix(std::min(end + 1, said.size()));
    }
    return out;
}

std::string last_line(std::string_view said) {
    auto lines = said_lines(said);
    return lines.empty() ? std::string() : std::move(lines.back());
}

}  // namespace nias::worker
