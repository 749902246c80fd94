#include "uploads/upload.hpp"

#include "base/words.hpp"
#include "http/multipart.hpp"
#include "job/bundle/single_program.hpp"
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

/// Whether a body of this type is the bytes of a file. Which kind of file they are is judged by the bytes: a
/// RAR archive is then refused by its name, whatever the client calls it.
bool is_file(std::string_view type) {
    if (type == "application/json" || type == "application/x-www-form-urlencoded") { return false; }
    return type.starts_with("application/") || type.starts_with("text/x-");
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
    if (!is_file(lower(trim(type.substr(0, type.find(';')))))) {
        return Problem{
            .status = 415,
            .code = "media_type",
            .detail =
                "send the zip as application/zip, or as the file of a multipart/form-data form; a program "
                "alone as text/x-python or application/octet-stream, with its name in X-Filename"};
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

/// A program that was sent alone becomes the bundle of it, in a blob of its own.
std::variant<store::BlobWriter, Problem> wrap_program(const store::BlobWriter& program,
                                                      const std::string& name, const Stores& stores) {
    const auto zip = job::zip_single_program(program.path(), name);
    if (!zip && zip.error().code == ErrorCode::invalid) {
        return Problem{
            .status = 422, .code = "no_program", .detail = zip.error().message + ".", .entry = name};
    }
    if (!zip) { return problem_from(zip.error()); }
    auto writer = stores.blobs().begin();
    if (!writer) { return disk_problem(writer.error()); }
    if (auto problem = append(*writer, *zip)) { return *problem; }
    return std::move(*writer);
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
    file_name = clean_file_name(file_name);
    if (!job::is_single_program(writer->path(), file_name)) {
        return judged(std::move(*writer), std::move(file_name));
    }
    auto wrapped = wrap_program(*writer, file_name, stores);
    if (auto* problem = std::get_if<Problem>(&wrapped)) { return std::move(*problem); }
    auto verdict = judged(std::move(std::get<store::BlobWriter>(wrapped)), file_name);
    if (auto* upload = std::get_if<Upload>(&verdict)) {
        auto& mended = upload->layout.mended;
        mended.insert(mended.begin(), job::alone_words(file_name, upload->layout.entry));
    }
    return verdict;
}

std::variant<Upload, Problem> judged(store::BlobWriter writer, std::string file_name) {
    auto verdict = job::judge(writer.path(), file_name);
    if (auto* layout = std::get_if<job::Layout>(&verdict)) {
        return Upload{std::move(writer), std::move(file_name), std::move(*layout)};
    }
    // The bytes read are doubted before the sender is: a disk that gives other bytes back makes any zip look
    // broken.
    if (const auto same = writer.check_written(); !same) { return problem_from(same.error()); }
    const auto& refusal = std::get<job::Refusal>(verdict);
    return Problem{.status = 422, .code = refusal.code, .detail = refusal.detail, .entry = refusal.entry};
}

}  // namespace nias::httpfront
