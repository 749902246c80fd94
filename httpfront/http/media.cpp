#include "http/media.hpp"

#include <array>

#include "http/message.hpp"

namespace nias::httpfront {
namespace {

struct Row {
    std::string_view extension, type;
    bool shown;
};

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::array kOutputs{
    Row{"png", "image/png", true},
    Row{"jpg", "image/jpeg", true},
    Row{"jpeg", "image/jpeg", true},
    Row{"gif", "image/gif", true},
    Row{"webp", "image/webp", true},
    Row{"txt", kText, true},
    Row{"csv", "text/csv; charset=utf-8", true},
    Row{"tsv", "text/tab-separated-values; charset=utf-8", true},
    Row{"json", "application/json", true},
    Row{"log", kText, true},
    Row{"md", "text/markdown; charset=utf-8", true},
    Row{"wav", "audio/wav", true},
    Row{"mp3", "audio/mpeg", true},
    Row{"ogg", "audio/ogg", true},
    Row{"flac", "audio/flac", true},
    Row{"mat", "application/x-matlab-data", false},
    Row{"h5", "application/x-hdf5", false},
    Row{"svg", "image/svg+xml", false},
    Row{"pdf", "application/pdf", false},
    Row{"zip", "application/zip", false},
};
constexpr std::array kPages{
    Row{"html", "text/html; charset=utf-8", true},
    Row{"js", "text/javascript; charset=utf-8", true},
    Row{"css", "text/css; charset=utf-8", true},
    Row{"svg", "image/svg+xml", true},
    Row{"png", "image/png", true},
    Row{"ico", "image/x-icon", true},
    Row{"json", "application/json", true},
    Row{"webmanifest", "application/manifest+json", true},
    Row{"woff2", "font/woff2", true},
    Row{"map", "application/json", true},
    Row{"txt", kText, true},
};

std::string extension_of(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? std::string() : lower(name.substr(dot + 1));
}

template <std::size_t N>
const Row* find(const std::array<Row, N>& rows, const std::string& extension) {
    for (const Row& row : rows) {
        if (row.extension == extension) { return &row; }
    }
    return nullptr;
}

}  // namespace

Media output_media(std::string_view path) {
    const Row* row = find(kOutputs, extension_of(path));
    return row == nullptr ? Media{"application/octet-stream", false}
                          : Media{std::string(row->type), row->shown};
}

std::string page_type(std::string_view path) {
    const Row* row = find(kPages, extension_of(path));
    return std::string(row == nullptr ? "application/octet-stream" : row->type);
}

std::string disposition(std::string_view kind, std::string_view file_name) {
    std::string plain;
    for (const char c : file_name) {
        plain.push_back(c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%' ? c : '_');
    }
    return std::string(kind) + "; filename=\"" + plain + "\"; filename*=UTF-8''" + percent_encode(file_name);
}

}  // namespace nias::httpfront
