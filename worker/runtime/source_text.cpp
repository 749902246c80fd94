#include "worker/runtime/source_text.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "job/text.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kSourceBytes = 4U << 20U;
constexpr std::size_t kNamesSaid = 3;

Status rewrite(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    return file ? Status{} : Status{Error{ErrorCode::unavailable, path + " cannot be written"}};
}

}  // namespace

Result<std::vector<std::string>> read_sources_as_utf8(const std::string& folder, std::string_view ending,
                                                      bool (*as_it_is)(std::string_view bytes)) {
    std::map<std::string, std::vector<std::string>> changed;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        const std::string path = entry->path().string();
        std::error_code ignored;
        if (!path.ends_with(ending) || !fs::is_regular_file(entry->symlink_status(ignored)) ||
            entry->file_size(ignored) > kSourceBytes) {
            continue;
        }
        std::ifstream file(path, std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        if (bytes.empty() || (as_it_is != nullptr && as_it_is(bytes))) { continue; }
        const auto decoded = job::decode_text(bytes);
        if (!decoded || decoded->text == bytes) { continue; }
        if (auto written = rewrite(path, decoded->text); !written) { return written.error(); }
        if (!decoded->encoding.empty()) {
            changed[decoded->encoding].push_back(path.substr(folder.size() + 1));
        }
    }
    std::vector<std::string> notes;
    for (const auto& [encoding, files] : changed) {
        std::string names;
        for (std::size_t i = 0; i < files.size() && i < kNamesSaid; ++i) {
            names += (names.empty() ? "" : ", ") + files[i];
        }
        if (files.size() > kNamesSaid) {
            names += " and " + std::to_string(files.size() - kNamesSaid) + " more";
        }
        notes.push_back(names + " was written in " + encoding + (encoding == "UTF-16" ? "" : " (Latin-1)") +
                        " and was made UTF-8");
    }
    return notes;
}

}  // namespace nias::worker
