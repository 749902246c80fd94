#include "site/pages.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "http/media.hpp"
#include "http/range.hpp"

namespace nias::httpfront {
namespace {

namespace fs = boost::filesystem;

constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

constexpr std::string_view kMissing =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>NIAS</title><h1>NIAS runs, but its "
    "pages are not built</h1>"
    "<p>The server and its API work. The folder of the pages is missing: build it with <code>npm ci "
    "&amp;&amp; npm run build</code> in "
    "<code>httpfront/web</code>, or name another folder with <code>--web</code>, then load this page "
    "again.</p></html>";

/// `name-0A1B2C3D.js`: the name changes with the content.
bool is_hashed(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    const std::size_t dash = path.rfind('-', dot);
    if (dot == std::string_view::npos || dash == std::string_view::npos || dot - dash != 9) { return false; }
    const std::string_view hash = path.substr(dash + 1, 8);
    return std::all_of(hash.begin(), hash.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

/// The file below `folder`, or empty: no hidden names, nothing outside by a link.
std::string file_below(const std::string& folder, const std::string& path) {
    if (path.find("/.") != std::string::npos || path.find("//") != std::string::npos || path.back() == '/') {
        return {};
    }
    boost::system::error_code error;
    const fs::path root = fs::canonical(folder, error);
    if (error) { return {}; }
    const fs::path file = fs::canonical(root / path.substr(1), error);
    std::string text = file.string();
    if (error || !text.starts_with(root.string() + "/") || !fs::is_regular_file(file, error)) { return {}; }
    return text;
}

/// Whether `Accept-Encoding` names gzip, and not to refuse it.
bool takes_gzip(const Request& request) {
    std::string_view accepted = request.field("accept-encoding").value_or("");
    while (!accepted.empty()) {
        const std::size_t end = std::min(accepted.find(','), accepted.size());
        const std::string one = lower(trim(accepted.substr(0, end)));
        accepted.remove_prefix(std::min(end + 1, accepted.size()));
        if (one == "gzip") { return true; }
        if (!one.starts_with("gzip") || trim(std::string_view(one).substr(4)).front() != ';') { continue; }
        return one.find_first_of("123456789", one.find("q=")) != std::string::npos;
    }
    return false;
}

bool is_newer(const struct stat& one, const struct stat& other) {
    return std::pair(one.st_mtim.tv_sec, one.st_mtim.tv_nsec) >
           std::pair(other.st_mtim.tv_sec, other.st_mtim.tv_nsec);
}

Answer file_answer(const Request& request, const std::string& plain) {
    struct stat info {};
    if (::stat(plain.c_str(), &info) != 0) {
        return problem_answer(
            {.status = 404, .code = "not_found", .detail = "there is no page " + request.path});
    }
    // The build of the pages compresses once what every browser would have to be sent compressed.
    struct stat packed {};
    const bool is_packed =
        takes_gzip(request) && ::stat((plain + ".gz").c_str(), &packed) == 0 && !is_newer(info, packed);
    if (is_packed) { info = packed; }
    const std::string file = is_packed ? plain + ".gz" : plain;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const std::string etag = "\"" + std::to_string(info.st_mtim.tv_sec) + "-" +
                             std::to_string(info.st_mtim.tv_nsec) + "-" + std::to_string(size) + "\"";
    Answer answer;
    answer.headers = {
        {"Content-Type", page_type(plain)},
        {"Vary", "Accept-Encoding"},
        {"ETag", etag},
        {"Cache-Control", is_hashed(plain) ? "public, max-age=31536000, immutable" : "no-cache"},
        {"Content-Security-Policy", std::string(kPolicy)}};
    if (is_packed) { answer.headers.emplace_back("Content-Encoding", "gzip"); }
    if (is_known(request, etag)) {
        answer.status = 304;
        return answer;
    }
    answer.body = FileSlice{file, 0, size};
    return answer;
}

}  // namespace

Answer Pages::serve(const Request& request) const {
    const std::string file = request.path == "/" ? std::string() : file_below(folder_, request.path);
    if (!file.empty()) { return file_answer(request, file); }
    const std::string last = request.path.substr(request.path.rfind('/') + 1);
    if (last.find('.') != std::string::npos) {
        return problem_answer(
            {.status = 404, .code = "not_found", .detail = "there is no file " + request.path});
    }
    const std::string index = file_below(folder_, "/index.html");
    if (!index.empty()) { return file_answer(request, index); }
    return {503,
            {{"Content-Type", "text/html; charset=utf-8"},
             {"Cache-Control", "no-store"},
             {"Content-Security-Policy", std::string(kPolicy)}},
            std::string(kMissing)};
}

std::string find_pages(const std::string& given) {
    if (!given.empty()) { return given; }
    boost::system::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    const fs::path installed = program.parent_path().parent_path() / "share" / "nias" / "web";
    if (!error && fs::is_directory(installed, error)) { return installed.string(); }
#ifdef NIAS_WEB_DIR
    return NIAS_WEB_DIR;
#else
    return installed.string();
#endif
}

}  // namespace nias::httpfront
