#include "job/bundle/single_program.hpp"

#include <fstream>
#include <memory>

#include "job/archive/file_kind.hpp"
#include "job/archive/zip_reader.hpp"
#include "job/bundle/programs.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

/// At most `most` first bytes; fewer where the file is shorter.
Result<std::string> first_bytes(const std::string& path, std::size_t most) {
    std::ifstream in(path, std::ios::binary);
    std::string out(most, '\0');
    in.read(out.data(), static_cast<std::streamsize>(most));
    if (in.bad() || (!in && !in.eof())) { return Error{ErrorCode::unavailable, path + " cannot be read"}; }
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

Error zip_error(const std::string& words) {
    return {ErrorCode::internal, "the program could not be put into a zip: " + words};
}

struct SourceFreer {
    void operator()(zip_source_t* source) const noexcept { zip_source_free(source); }
};

Result<std::string> bytes_of(zip_source_t* source) {
    if (zip_source_open(source) != 0) { return zip_error("it cannot be opened"); }
    std::string out;
    std::string piece(64U << 10U, '\0');
    while (true) {
        const auto count = zip_source_read(source, piece.data(), piece.size());
        if (count < 0) { return zip_error("it cannot be read back"); }
        if (count == 0) { break; }
        out.append(piece, 0, static_cast<std::size_t>(count));
    }
    (void)zip_source_close(source);
    return out;
}

}  // namespace

bool is_single_program(const std::string& path, std::string_view name) {
    if (kind_of_program(name) == nullptr) { return false; }
    const auto head = first_bytes(path, kFileKindBytes);
    return head && !head->starts_with("PK") && !refuse_other_kind(*head);
}

Result<std::string> zip_single_program(const std::string& path, std::string_view name) {
    const ProgramKind* kind = kind_of_program(name);
    const std::string base = base_name(name);
    if (kind == nullptr) {
        return Error{ErrorCode::invalid, "\"" + base + "\" is no program: its name ends in .py or .m"};
    }
    auto text = first_bytes(path, kSingleProgramBytesMax + 1);
    if (!text) { return text.error(); }
    const auto refused = [&](const std::string& why) {
        return Error{ErrorCode::invalid, "\"" + base + "\" " + why};
    };
    if (text->empty()) { return refused("is empty: save the program and send it again"); }
    if (text->size() > kSingleProgramBytesMax) {
        return refused(
            "is larger than the 8 MiB that a program alone may have: put its data into files beside it");
    }
    if (!decode_text(*text)) { return refused("is not a text: save the program as plain text"); }
    std::string folder = base.substr(0, base.size() - kind->ending.size());
    if (folder.empty() || folder.front() == '.') { folder = "job"; }

    zip_error_t error;
    zip_error_init(&error);
    const std::unique_ptr<zip_source_t, SourceFreer> whole(zip_source_buffer_create(nullptr, 0, 0, &error));
    if (!whole) { return zip_error("no memory"); }
    zip_source_keep(whole.get());  // the archive gives one reference back when it is closed
    ZipHandle zip(zip_open_from_source(whole.get(), ZIP_TRUNCATE, &error));
    if (!zip) {
        zip_source_free(whole.get());
        return zip_error(zip_error_strerror(&error));
    }
    const std::string inside = folder + "/" + std::string(kind->file);
    zip_source_t* const content = zip_source_buffer(zip.get(), text->data(), text->size(), 0);
    if (content == nullptr || zip_file_add(zip.get(), inside.c_str(), content, ZIP_FL_ENC_UTF_8) < 0) {
        if (content != nullptr) { zip_source_free(content); }
        return zip_error(zip_strerror(zip.get()));
    }
    if (zip_close(zip.get()) != 0) { return zip_error(zip_strerror(zip.get())); }
    (void)zip.release();  // closed
    return bytes_of(whole.get());
}

std::string alone_words(std::string_view name, std::string_view entry) {
    return "\"" + shown(base_name(name)) + "\" was sent alone and runs as " + std::string(entry) +
           ", without other files; what it reads has to be sent with it, in a zip of its folder.";
}

}  // namespace nias::job
