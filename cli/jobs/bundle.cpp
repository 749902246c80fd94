#include "cli/jobs/bundle.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "cli/table.hpp"
#include "job/bundle/folder_zip.hpp"
#include "job/bundle/single_program.hpp"

namespace nias::cli {
namespace {

/// Refuses what is meant to lie in a job's folder, such as the program by itself. Archives of whatever kind
/// are let through: who judges them names the kind.
Status check_is_archive(const std::filesystem::path& path) {
    constexpr std::array<std::string_view, 4> kArchives{".zip", ".rar", ".7z", ".tar"};
    constexpr std::array<std::string_view, 5> kBegins{"PK", "Rar!", "7z\xBC\xAF", "\x1F\x8B", "BZh"};
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return Error{ErrorCode::invalid,
                     path.string() + " is neither a folder nor a file: name a job's folder or its zip"};
    }
    std::array<char, 4> begin{};
    std::ifstream file(path, std::ios::binary);
    if (!file) { return Error{ErrorCode::unavailable, path.string() + " cannot be read: may you read it?"}; }
    file.read(begin.data(), begin.size());
    const std::string_view bytes(begin.data(), static_cast<std::size_t>(file.gcount()));
    const auto same = [&](std::string_view archive) { return bytes.starts_with(archive); };
    if (std::any_of(kBegins.begin(), kBegins.end(), same)) { return {}; }
    const std::string extension = path.extension().string();
    if (std::find(kArchives.begin(), kArchives.end(), extension) != kArchives.end()) { return {}; }
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    return Error{ErrorCode::invalid,
                 path.string() +
                     " is a single file and no zip: a job is a folder with code.py or code.m "
                     "in it, or the zip of one. If all in " +
                     folder + " belongs to the job, «nias submit " + folder + "» sends it"};
}

/// Puts a program that is sent without a folder into a zip of its own.
Status write_alone(const std::string& program, const std::string& zip_path) {
    const auto zip = job::zip_single_program(program, std::filesystem::path(program).filename().string());
    if (!zip) { return zip.error(); }
    std::ofstream out(zip_path, std::ios::binary | std::ios::trunc);
    out << *zip;
    out.close();
    return out ? Status{} : Status{Error{ErrorCode::unavailable, zip_path + " cannot be written"}};
}

}  // namespace

TemporaryFile::TemporaryFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nias-XXXXXX").string();
    const int file = ::mkstemp(pattern.data());
    if (file >= 0) { ::close(file); }
    path_ = pattern;
}

TemporaryFile::~TemporaryFile() { ::unlink(path_.c_str()); }

Result<Bundle> prepare_bundle(const char* program, const std::string& what) {
    std::error_code error;
    // «study/» and «.» have the name of the folder that they are.
    std::filesystem::path path = std::filesystem::absolute(what, error).lexically_normal();
    if (!path.has_filename()) { path = path.parent_path(); }
    if (!std::filesystem::exists(path, error)) {
        return Error{ErrorCode::not_found, what + " does not exist: name a job's folder or its zip"};
    }
    const std::string file_name = path.filename().string();
    Bundle bundle{.layout = {}, .zip = what, .name = file_name, .made = nullptr};
    const bool folder = std::filesystem::is_directory(path, error);
    const bool alone = !folder && job::is_single_program(what, file_name);
    if (folder || alone) {
        bundle.made = std::make_unique<TemporaryFile>();
        bundle.zip = bundle.made->path();
        bundle.name = (folder ? file_name : path.stem().string()) + ".zip";
    }
    if (folder) {
        const auto told = job::zip_folder(what, bundle.zip);
        if (!told) { return told.error(); }
        for (const std::string& line : *told) { say(program, line); }
    } else if (alone) {
        if (auto wrapped = write_alone(what, bundle.zip); !wrapped) { return wrapped.error(); }
    } else if (auto checked = check_is_archive(what); !checked) {
        return checked.error();
    }
    auto verdict = job::judge(bundle.zip, file_name);
    if (!verdict) { return Error{ErrorCode::invalid, verdict.error().detail}; }
    bundle.layout = std::move(*verdict);
    if (alone) { say(program, job::alone_words(what, bundle.layout.entry)); }
    for (const std::string& line : bundle.layout.mended) { say(program, line); }
    return bundle;
}

}  // namespace nias::cli
