#include "upload.hpp"

#include "multipart.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

constexpr std::uint64_t kFormOverhead = 64U << 10U;  // boundaries and part headers around the file

std::optional<Problem> check_before(const Request& request, const Stores& stores, std::uint64_t max_upload) {
    if (!request.chunked && !request.content_length) {
        return Problem{.status = 411,
                       .code = "length_required",
                       .detail = "the request has no body: send the zip with a Content-Length"};
    }
    const std::uint64_t announced = request.content_length.value_or(0);
    if (!request.chunked && announced == 0) {
        return Problem{.status = 400, .code = "empty", .detail = "the upload is empty: choose a zip"};
    }
    if (announced > max_upload) {
        return Problem{.status = 413,
                       .code = "too_large",
                       .detail = "the upload is larger than the " + std::to_string(max_upload >> 20U) +
                                 " MiB that this server takes: leave out what the program does not need"};
    }
    return stores.check_room(announced);
}

std::optional<Problem> append(store::BlobWriter& writer, std::string_view bytes) {
    const auto written = writer.append({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    if (written) { return std::nullopt; }
    return disk_problem(written.error());
}

std::optional<Problem> read_all(Body& body, const MultipartFile::Take& take) {
    std::string piece(kPieceBytes, '\0');
    while (true) {
        const auto got = body.read(piece);
        if (const auto* problem = std::get_if<Problem>(&got)) { return *problem; }
        const std::size_t count = std::get<std::size_t>(got);
        if (count == 0) { return std::nullopt; }
        if (auto problem = take(std::string_view(piece).substr(0, count))) { return problem; }
    }
}

/// Fills `writer`; the file's name comes out of the form, or of X-Filename.
std::optional<Problem> receive(const Request& request, Body& body, store::BlobWriter& writer,
                               std::string& file_name) {
    const std::string_view type = request.field("content-type").value_or("");
    const auto to_blob = [&](std::string_view bytes) { return append(writer, bytes); };
    if (const auto boundary = MultipartFile::boundary_of(type)) {
        MultipartFile form(*boundary);
        if (auto problem =
                read_all(body, [&](std::string_view bytes) { return form.feed(bytes, to_blob); })) {
            return problem;
        }
        if (auto problem = form.end()) { return problem; }
        file_name = form.file_name();
        return std::nullopt;
    }
    const std::string plain = lower(trim(type.substr(0, type.find(';'))));
    if (plain != "application/zip" && plain != "application/x-zip-compressed") {
        return Problem{
            .status = 415,
            .code = "media_type",
            .detail = "send the zip as application/zip, or as the file of a multipart/form-data form"};
    }
    if (const auto name = request.field("x-filename")) {
        const auto decoded = percent_decode(*name);
        if (!decoded) {
            return Problem{
                .status = 400, .code = "bad_request", .detail = "X-Filename holds a broken % escape"};
        }
        file_name = *decoded;
    }
    return read_all(body, to_blob);
}

}  // namespace

std::string clean_file_name(std::string_view name) {
    name = name.substr(name.find_last_of("/\\") + 1);
    std::string out;
    for (const char c : cut_utf8(name, 255)) {
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) { out.push_back(c); }
    }
    return out.empty() || out == "." || out == ".." ? "bundle.zip" : out;
}

std::variant<Upload, Problem> receive_upload(const Request& request, Body& body, const Stores& stores,
                                             std::uint64_t max_upload) {
    if (auto problem = check_before(request, stores, max_upload)) { return *problem; }
    body.limit(max_upload + kFormOverhead);
    auto writer = stores.blobs().begin();
    if (!writer) { return disk_problem(writer.error()); }
    std::string file_name;
    if (auto problem = receive(request, body, *writer, file_name)) { return *problem; }
    if (writer->size_bytes() == 0) {
        return Problem{.status = 400, .code = "empty", .detail = "the upload is empty: choose a zip"};
    }
    return judged(std::move(*writer), clean_file_name(file_name));
}

std::variant<Upload, Problem> judged(store::BlobWriter writer, std::string file_name) {
    auto verdict = job::judge(writer.path(), file_name);
    if (auto* layout = std::get_if<job::Layout>(&verdict)) {
        return Upload{std::move(writer), std::move(file_name), std::move(*layout)};
    }
    // What was read is doubted before the sender is: a disk that gives other bytes back makes any zip look
    // broken.
    if (const auto same = writer.check_written(); !same) { return problem_from(same.error()); }
    const auto& refusal = std::get<job::Refusal>(verdict);
    return Problem{.status = 422, .code = refusal.code, .detail = refusal.detail, .entry = refusal.entry};
}

}  // namespace nias::httpfront
