#include "uploads/upload.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/words.hpp"
#include "http/multipart.hpp"
#include "job/array/indices.hpp"
#include "job/bundle/single_program.hpp"
#include "options.hpp"
#include "uploads/filling.hpp"
#include "uploads/metadata.hpp"

namespace nias::httpfront {
namespace {

constexpr std::uint64_t kFormOverhead = 64U << 10U;  // boundaries and part headers around the file

Problem refused_empty() {
    return {.status = 400, .code = "empty", .detail = "the upload is empty: choose a zip"};
}

Problem other_type() {
    return {
        .status = 415,
        .code = "media_type",
        .detail =
            "send the zip as application/zip, or as the file of a multipart/form-data form; a program "
            "alone as text/x-python, text/x-matlab or application/octet-stream, with its name in X-Filename; "
            "an upload that was sent before as application/json"};
}

std::optional<Problem> check_before(const Request& request, const Stores& stores, std::uint64_t max_upload) {
    if (!request.chunked && !request.content_length) {
        return Problem{.status = 411,
                       .code = "length_required",
                       .detail = "the request has no body: send the zip with a Content-Length"};
    }
    const std::uint64_t announced = request.content_length.value_or(0);
    if (!request.chunked && announced == 0) { return refused_empty(); }
    if (auto problem = check_length(announced, max_upload)) { return problem; }
    return stores.check_room(announced);
}

template <typename Writer>
std::optional<Problem> append(Writer& writer, std::string_view bytes) {
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
/// RAR archive is then refused by its name, whatever the client calls it. A page of another site may send
/// plain text without being asked whether it may, but not with a header of ours.
bool is_file(std::string_view type, bool named) {
    if (type == "application/json" || type == "application/x-www-form-urlencoded") { return false; }
    if (type == "text/plain") { return named; }
    return type.starts_with("application/") || type.starts_with("text/x-");
}

/// The name of a program whose sender says its language alone; empty: another type.
std::string name_by_type(std::string_view type) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames{
        {{"text/x-python", "code.py"},
         {"application/x-python-code", "code.py"},
         {"text/x-script.python", "code.py"},
         {"text/x-matlab", "code.m"},
         {"text/x-octave", "code.m"},
         {"text/x-r", "code.R"},
         {"text/x-r-source", "code.R"}}};
    const auto found =
        std::find_if(kNames.begin(), kNames.end(), [&](const auto& one) { return one.first == type; });
    return found == kNames.end() ? std::string() : std::string(found->second);
}

std::optional<Problem> read_trial(std::string_view text, Wishes& wishes) {
    constexpr std::array<std::string_view, 4> kYes{"1", "true", "on", "yes"};
    constexpr std::array<std::string_view, 5> kNo{"", "0", "false", "off", "no"};
    const auto says = [&](std::string_view word) { return word == lower(trim(text)); };
    wishes.trial = std::any_of(kYes.begin(), kYes.end(), says);
    if (wishes.trial || std::any_of(kNo.begin(), kNo.end(), says)) { return std::nullopt; }
    return Problem{.status = 400, .code = "invalid", .detail = "trial must be true or false"};
}

/// Fills `writer`, and what the form says beside its file; the file's name comes out of the form, or of
/// X-Filename.
std::optional<Problem> receive(const Request& request, Body& body, store::BlobWriter& writer,
                               Upload& upload) {
    std::string& file_name = upload.file_name;
    const std::string_view type = request.field("content-type").value_or("");
    Filling filling(writer);
    const auto to_blob = [&](std::string_view bytes) { return append(filling, bytes); };
    if (const auto boundary = MultipartFile::boundary_of(type)) {
        MultipartFile form(*boundary);
        if (auto problem =
                read_all(body, [&](std::string_view bytes) { return form.feed(bytes, to_blob); })) {
            return problem;
        }
        if (auto problem = form.end()) { return problem; }
        file_name = form.file_name();
        if (const std::string array = form.field("array"); !array.empty()) { upload.wishes.array = array; }
        if (const std::string image = form.field("image"); !image.empty()) { upload.wishes.image = image; }
        const std::string trial = form.field("trial");
        return trial.empty() ? std::nullopt : read_trial(trial, upload.wishes);
    }
    const std::string bare = lower(trim(type.substr(0, type.find(';'))));
    const auto name = request.field("x-filename");
    if (!is_file(bare, name.has_value())) { return other_type(); }
    file_name = name_by_type(bare);
    if (name) {
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
std::variant<store::BlobWriter, Problem> wrap_program(const std::string& program, const std::string& name,
                                                      const Stores& stores) {
    const auto zip = job::zip_single_program(program, name);
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

Problem refusal_problem(const job::Refusal& refusal) {
    return {.status = 422, .code = refusal.code, .detail = refusal.detail, .entry = refusal.entry};
}

/// Fills in the layout, and the writer where the bytes had to be wrapped into a zip first.
std::optional<Problem> judge_received(store::BlobWriter& came, const Stores& stores, Upload& upload) {
    const bool alone = job::is_single_program(came.path(), upload.file_name);
    if (alone) {
        auto wrapped = wrap_program(came.path(), upload.file_name, stores);
        if (auto* problem = std::get_if<Problem>(&wrapped)) { return std::move(*problem); }
        upload.writer = std::move(std::get<store::BlobWriter>(wrapped));
    }
    auto verdict = judge_written(alone ? *upload.writer : came, upload.file_name);
    if (!verdict) { return verdict.error(); }
    upload.layout = std::move(*verdict);
    auto& mended = upload.layout.mended;
    if (alone) { mended.insert(mended.begin(), job::alone_words(upload.file_name, upload.layout.entry)); }
    return std::nullopt;
}

std::variant<Upload, Problem> receive_body(const Request& request, Body& body, const Sources& sources,
                                           const Wishes& wishes) {
    if (auto problem = check_before(request, sources.stores, sources.max_upload)) { return *problem; }
    body.limit(sources.max_upload + kFormOverhead);
    auto writer = sources.stores.blobs().begin();
    if (!writer) { return disk_problem(writer.error()); }
    Upload upload{.wishes = wishes};
    if (auto problem = receive(request, body, *writer, upload)) { return *problem; }
    if (writer->size_bytes() == 0) { return refused_empty(); }
    upload.file_name = clean_file_name(upload.file_name);
    if (auto problem = judge_received(*writer, sources.stores, upload)) { return *problem; }
    if (!upload.writer) { upload.writer = std::move(*writer); }
    return upload;
}

/// A bundle that the store has already. It is held, so that it stays until the job that names it is in the
/// ledger.
std::variant<Upload, Problem> receive_stored(const BlobHash& hash, std::string file_name, Stores& stores,
                                             const std::optional<std::string>& sender) {
    const auto blob = stores.hold_bundle(hash, sender);
    if (!blob && blob.error().code == ErrorCode::not_found) {
        return Problem{.status = 404,
                       .code = "no_bundle",
                       .detail = "this server does not have that bundle: send the zip"};
    }
    if (!blob) { return problem_from(blob.error()); }
    auto verdict = job::judge(stores.blobs().path_of(hash), file_name);
    if (!verdict) { return refusal_problem(verdict.error()); }
    return Upload{.stored = *blob, .file_name = std::move(file_name), .layout = std::move(*verdict)};
}

/// 460 where the client said before what the bytes would hash to, and they do not: they are gone then.
std::optional<Problem> check_announced(OpenUploads::Hold& hold) {
    const auto told = parse_upload_metadata(hold.info().metadata);
    if (!told || !told->sha256) { return std::nullopt; }
    const auto hash = hold.writer().hash();
    if (!hash) { return disk_problem(hash.error()); }
    if (*hash == *told->sha256) { return std::nullopt; }
    hold.remove();
    return Problem{
        .status = 460,
        .code = "checksum",
        .detail = "the bytes that came are not those whose sha256 was announced: send the file again"};
}

std::variant<Upload, Problem> receive_sent(const std::string& id, const Sources& sources) {
    auto hold = sources.uploads.hold(sources.owner, id);
    if (!hold) { return upload_problem(hold.error()); }
    const UploadInfo info = hold->info();
    if (!info.whole()) {
        return Problem{.status = 409,
                       .code = "incomplete",
                       .detail = "only " + std::to_string(info.offset) + " of " +
                                 std::to_string(info.length) + " bytes have come: send the rest first"};
    }
    if (info.blob && sources.stores.blobs().has(info.blob->hash)) {
        auto upload = receive_stored(info.blob->hash, info.file_name, sources.stores, std::nullopt);
        if (auto* known = std::get_if<Upload>(&upload)) { known->sent.emplace(std::move(*hold)); }
        return upload;
    }
    if (auto problem = check_announced(*hold)) { return *problem; }
    Upload upload{.file_name = info.file_name};
    if (auto problem = judge_received(hold->writer(), sources.stores, upload)) {
        if (problem->status == 422) { hold->remove(); }
        return *problem;
    }
    upload.sent.emplace(std::move(*hold));
    return upload;
}

/// The keys `array`, `image` and `trial` of a JSON body.
std::optional<Problem> read_wishes(const nlohmann::json& json, Wishes& wishes) {
    if (json.contains("array") && !json["array"].is_null()) {
        if (!json["array"].is_string()) {
            return Problem{.status = 400,
                           .code = "invalid",
                           .detail = "array must be a text, like \"1-100\" or \"1-10,20,30-50:5\""};
        }
        wishes.array = json["array"].get<std::string>();
    }
    if (json.contains("image") && !json["image"].is_null()) {
        if (!json["image"].is_string()) {
            return Problem{.status = 400, .code = "invalid", .detail = "image must be a text, like \"eeg\""};
        }
        wishes.image = json["image"].get<std::string>();
    }
    if (!json.contains("trial")) { return std::nullopt; }
    if (json["trial"].is_boolean()) {
        wishes.trial = json["trial"].get<bool>();
        return std::nullopt;
    }
    return Problem{.status = 400, .code = "invalid", .detail = "trial must be true or false"};
}

/// `{"upload": id}` names an upload that was sent before, `{"bundle": sha256, "name": "study.zip"}` a bundle
/// that the store has.
std::variant<Upload, Problem> receive_named(Body& body, const Sources& sources, Wishes wishes) {
    auto text = read_text(body);
    if (auto* problem = std::get_if<Problem>(&text)) { return std::move(*problem); }
    const auto json = nlohmann::json::parse(std::get<std::string>(text), nullptr, false);
    if (json.is_discarded()) { return other_type(); }  // perhaps a file under a wrong type
    const auto field = [&](const char* name) {
        return json.is_object() && json.contains(name) && json[name].is_string()
                   ? json[name].get<std::string>()
                   : std::string();
    };
    if (json.is_object()) {
        if (auto problem = read_wishes(json, wishes)) { return std::move(*problem); }
    }
    const auto wished = [&](std::variant<Upload, Problem> received) {
        if (auto* upload = std::get_if<Upload>(&received)) { upload->wishes = wishes; }
        return received;
    };
    if (const std::string id = field("upload"); !id.empty()) { return wished(receive_sent(id, sources)); }
    const auto hash = parse_blob_hash(field("bundle"));
    if (hash) {
        return wished(receive_stored(*hash, clean_file_name(field("name")), sources.stores, sources.sender));
    }
    return Problem{.status = 400,
                   .code = "invalid",
                   .detail = "say {\"upload\": id} or {\"bundle\": sha256, \"name\": \"study.zip\"}"};
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

std::variant<Upload, Problem> receive_upload(const Request& request, Body& body, const Sources& sources) {
    const std::string_view type = request.field("content-type").value_or("");
    const bool named = lower(trim(type.substr(0, type.find(';')))) == "application/json";
    Wishes wishes{.array = std::string(request.parameter("array")),
                  .image = std::string(request.parameter("image"))};
    if (auto problem = read_trial(request.parameter("trial"), wishes)) { return std::move(*problem); }
    auto received =
        named ? receive_named(body, sources, wishes) : receive_body(request, body, sources, wishes);
    auto* upload = std::get_if<Upload>(&received);
    if (upload == nullptr) { return received; }
    if (!upload->wishes.image.empty()) {
        const auto refusal = job::use_image(upload->layout, upload->wishes.image);
        if (refusal) { return refusal_problem(*refusal); }
    }
    upload->indices = upload->layout.manifest.array;
    if (upload->wishes.array.empty()) { return received; }
    auto indices = job::parse_indices(upload->wishes.array);
    if (!indices) {
        return Problem{.status = 422, .code = "array", .detail = "array: " + indices.error().message};
    }
    upload->indices = std::move(*indices);
    return received;
}

std::variant<BlobRef, Problem> commit_upload(Upload& upload) {
    if (upload.stored) { return *upload.stored; }
    store::BlobWriter& writer = upload.writer ? *upload.writer : upload.sent->writer();
    const auto hash = writer.hash();
    if (!hash) { return disk_problem(hash.error()); }
    const BlobRef blob{*hash, writer.size_bytes()};
    if (upload.sent) {
        if (auto noted = upload.sent->name_blob(blob); !noted) { return disk_problem(noted.error()); }
    }
    const auto stored = writer.commit(blob);
    if (!stored) { return disk_problem(stored.error()); }
    if (upload.sent) { upload.sent->writer().discard(); }
    return *stored;
}

Result<job::Layout, Problem> judge_written(store::BlobWriter& writer, const std::string& file_name) {
    auto verdict = job::judge(writer.path(), file_name);
    if (verdict) { return std::move(*verdict); }
    // The bytes read are doubted before the sender is: a disk that gives other bytes back makes any zip look
    // broken.
    if (const auto same = writer.check_written(); !same) { return problem_from(same.error()); }
    return refusal_problem(verdict.error());
}

std::variant<std::string, Problem> read_text(Body& body) {
    std::string text;
    auto problem = read_all(body, [&](std::string_view bytes) -> std::optional<Problem> {
        text += bytes;
        return std::nullopt;
    });
    if (problem) { return std::move(*problem); }
    return text;
}

std::optional<Problem> check_length(std::uint64_t bytes, std::uint64_t max_upload) {
    if (bytes <= max_upload) { return std::nullopt; }
    return Problem{.status = 413,
                   .code = "too_large",
                   .detail = "the upload is larger than the " + std::to_string(max_upload >> 20U) +
                             " MiB that this server takes: leave out what the program does not need"};
}

Problem upload_problem(const Error& error) {
    if (error.code == ErrorCode::not_found) {
        return {.status = 404, .code = "no_upload", .detail = error.message};
    }
    if (error.code == ErrorCode::conflict) {
        return {.status = 423, .code = "locked", .detail = error.message, .headers = {{"Retry-After", "5"}}};
    }
    return disk_problem(error);
}

}  // namespace nias::httpfront
