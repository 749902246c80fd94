#include "live/reader.hpp"

#include <algorithm>

#include "options.hpp"

namespace nias::httpfront {

void Reader::add(std::string_view text) {
    out += text;
    if (out.size() > kPieceBytes) { send(); }
}

void Reader::send() {
    while (!out.empty() && !lost) {
        const auto put = connection->send_now(out);
        if (!put) { break; }
        if (*put == 0) { lost = true; }
        out.erase(0, *put);
    }
    if (out.size() > kStreamBufferMax) { lost = true; }
}

std::string event_frame(std::string_view event, std::string_view id, const std::string& data) {
    std::string out;
    if (!id.empty()) { out += "id: " + std::string(id) + "\n"; }
    return out + "event: " + std::string(event) + "\ndata: " + data + "\n\n";
}

std::string_view whole_characters(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xC0U) == 0x80U) { continue; }
        const std::size_t length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        return length > back ? text.substr(0, text.size() - back) : text;
    }
    return text;
}

}  // namespace nias::httpfront
