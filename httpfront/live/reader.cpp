#include "live/reader.hpp"

#include <algorithm>

namespace nias::httpfront {

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
