#include "job/images/image.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "job/text.hpp"

namespace nias::job {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kEnding = ".image";
constexpr std::string_view kDigest = "sha256:";
constexpr std::size_t kPartLongest = 40;
constexpr std::size_t kHexDigits = 64;

bool is_part(std::string_view part, bool capitals) {
    const auto plain = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (capitals && c >= 'A' && c <= 'Z');
    };
    return !part.empty() && part.size() <= kPartLongest && plain(part.front()) &&
           std::all_of(part.begin(), part.end(),
                       [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Result<Image> read_note(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) { return Error{ErrorCode::not_found, path + " cannot be read"}; }
    Image image;
    std::getline(file, image.digest);
    for (std::string line; std::getline(file, line);) {
        const std::size_t equals = line.find('=');
        if (equals != std::string::npos) { image.env[line.substr(0, equals)] = line.substr(equals + 1); }
    }
    if (is_image_digest(image.digest)) { return image; }
    return Error{ErrorCode::invalid, path + " names no digest: add the image again"};
}

}  // namespace

Result<std::string> parse_image_name(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    const std::string_view tag = colon == std::string_view::npos ? "latest" : text.substr(colon + 1);
    if (text.find('@') != std::string_view::npos || text.find('/') != std::string_view::npos) {
        return Error{ErrorCode::invalid,
                     "the name that the administrator gave an image of this lab, like \"eeg\" or "
                     "\"eeg:2.1\", not an address or a digest: images are not fetched for a job"};
    }
    const std::string plain = lower_case(name);
    if (!is_part(plain, false) || !is_part(tag, true)) {
        return Error{ErrorCode::invalid,
                     "the name of an image that the administrator has made, like \"eeg\" or \"eeg:2.1\": "
                     "small letters, digits, . _ -"};
    }
    return tag == "latest" ? plain : plain + ":" + std::string(tag);
}

bool is_image_digest(std::string_view text) {
    if (!text.starts_with(kDigest) || text.size() != kDigest.size() + kHexDigits) { return false; }
    text.remove_prefix(kDigest.size());
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string note_of(const Image& image) {
    std::string out = image.digest + "\n";
    for (const auto& [name, value] : image.env) {
        const std::string line = name + "=" + value;
        if (line.find('\n') == std::string::npos) { out += line + "\n"; }
    }
    return out;
}

std::string note_path(const std::string& folder, const std::string& name) {
    return folder + "/" + name + std::string(kEnding);
}

Result<Image> read_image(const std::string& folder, const std::string& name) {
    const auto parsed = parse_image_name(name);
    if (!parsed) { return Error{ErrorCode::not_found, "there is no image named " + shown(name)}; }
    auto image = read_note(note_path(folder, *parsed));
    if (!image && image.error().code == ErrorCode::not_found) {
        return Error{ErrorCode::not_found, "there is no image named " + *parsed};
    }
    if (image) { image->name = *parsed; }
    return image;
}

std::vector<std::string> images_in(const std::string& folder) {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        std::string name = entry.path().filename().string();
        if (!name.ends_with(kEnding)) { continue; }
        name.resize(name.size() - kEnding.size());
        if (const auto parsed = parse_image_name(name); parsed && *parsed == name) { out.push_back(name); }
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string tree_path(const std::string& folder, const std::string& digest) {
    return folder + "/trees/" + digest.substr(std::min(kDigest.size(), digest.size()));
}

std::string tree_lock(const std::string& folder, const std::string& digest) {
    return tree_path(folder, digest) + ".lock";
}

}  // namespace nias::job
