#include "job/archive/file_kind.hpp"

#include <algorithm>
#include <string>

#include "job/text.hpp"

namespace nias::job {
namespace {

using namespace std::string_view_literals;

struct Kind {
    std::size_t at;
    std::string_view mark;
    std::string_view words;
};

/// Archives: unpacked, they hold what the zip should hold.
constexpr Kind kArchives[] = {{0, "Rar!\x1A\x07"sv, "a RAR archive"},
                              {0, "RE~^"sv, "a RAR archive"},
                              {0, "7z\xBC\xAF\x27\x1C"sv, "a 7z archive"},
                              {0, "\x1F\x8B"sv, "a gzip file (.gz or .tar.gz)"},
                              {0, "BZh"sv, "a bzip2 file (.bz2 or .tar.bz2)"},
                              {0, "\xFD\x37zXZ\x00"sv, "an xz file (.xz or .tar.xz)"},
                              {0, "\x28\xB5\x2F\xFD"sv, "a Zstandard file (.zst)"},
                              {0, "\x5D\x00\x00"sv, "an LZMA file (.lzma)"},
                              {0, "LZIP"sv, "an lzip file (.lz)"},
                              {0, "\x1F\x9D"sv, "a file of compress (.Z)"},
                              {257, "ustar"sv, "a tar archive"},
                              {2, "-lh"sv, "an LHA archive"},
                              {0, "\x60\xEA"sv, "an ARJ archive"},
                              {0, "MSCF"sv, "a cabinet file (.cab)"}};

constexpr Kind kOthers[] = {{0, "%PDF"sv, "a PDF document"},
                            {0, "\xD0\xCF\x11\xE0"sv, "a document of Office"},
                            {0, "MATLAB 5.0 MAT-file"sv, "a data file of MATLAB (.mat)"},
                            {0, "\x89HDF"sv, "an HDF5 file (.h5 or .mat)"},
                            {0, "\x93NUMPY"sv, "an array of NumPy (.npy)"},
                            {0, "\x89PNG"sv, "a picture (PNG)"},
                            {0, "\xFF\xD8\xFF"sv, "a picture (JPEG)"},
                            {0,
                             "\x7F"
                             "ELF"sv,
                             "a program of Linux"}};

bool fits(const Kind& kind, std::string_view head) {
    return head.size() > kind.at && head.substr(kind.at).starts_with(kind.mark);
}

std::string beginning_of(std::string_view head) {
    const std::size_t from = std::min(head.find_first_not_of(" \t\r\n"), head.size());
    return lower_case(head.substr(from, 32));
}

}  // namespace

std::optional<Refusal> refuse_other_kind(std::string_view head) {
    constexpr auto kCode = "not_a_zip";
    if (head.starts_with("PK\x07\x08PK"sv)) {
        return Refusal{"split_zip", "The zip file is one of several parts: send it as a single file.", ""};
    }
    for (const Kind& kind : kArchives) {
        if (!fits(kind, head)) { continue; }
        return Refusal{
            kCode,
            "The file is " + std::string(kind.words) +
                ", whatever its name says; NIAS takes zip: unpack it and make a .zip of its folder.",
            ""};
    }
    for (const Kind& kind : kOthers) {
        if (!fits(kind, head)) { continue; }
        return Refusal{kCode,
                       "The file is " + std::string(kind.words) +
                           ": put it into the folder of its program and send a zip of that folder.",
                       ""};
    }
    const std::string beginning = beginning_of(head);
    if (beginning.starts_with("<!doctype html") || beginning.starts_with("<html")) {
        return Refusal{
            kCode, "The file is a web page, as one gets where a download failed: send the zip itself.", ""};
    }
    if (beginning.starts_with("{") && head.find("\"cells\"") != std::string_view::npos) {
        return Refusal{
            kCode,
            "The file is a notebook of Jupyter: save it as a program (File, Save and Export Notebook "
            "As, Executable Script) and send that as code.py.",
            ""};
    }
    return std::nullopt;
}

std::optional<Refusal> refuse_no_zip(std::string_view head) {
    if (auto other = refuse_other_kind(head)) { return other; }
    const auto text = decode_text(head);
    const bool readable =
        text && std::none_of(text->text.begin(), text->text.end(), [](char c) {
            return (c >= 0 && c < 0x20 && c != '\t' && c != '\r' && c != '\n' && c != '\f') || c == 0x7F;
        });
    if (head.empty() || !readable) { return std::nullopt; }
    return Refusal{"not_a_zip",
                   "The file is plain text, whatever its name says: send a program alone under its own name "
                   "(like analysis.py or analysis.m), or a zip of the folder that holds it.",
                   ""};
}

}  // namespace nias::job
