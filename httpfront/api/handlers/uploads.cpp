#include "api/handlers/uploads.hpp"
#include "api/handlers/keeping/usage.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <nlohmann/json.hpp>

#include "base/numbers.hpp"
#include "uploads/metadata.hpp"
#include "uploads/part.hpp"
#include "uploads/upload.hpp"

namespace nias::httpfront::handlers {
namespace {

constexpr std::string_view kVersion = "1.0.0";
constexpr std::string_view kExtensions = "creation,creation-with-upload,expiration,checksum,termination";

/// Every answer to a tus client names the version.
Answer tus(Answer answer) {
    answer.headers.emplace_back("Tus-Resumable", kVersion);
    return answer;
}
Answer refused(const Problem& problem) { return tus(problem_answer(problem)); }

Problem invalid(std::string detail) {
    return {.status = 400, .code = "invalid", .detail = std::move(detail)};
}

std::optional<Problem> check_version(const Request& request) {
    if (request.field("tus-resumable") == kVersion) { return std::nullopt; }
    return Problem{.status = 412,
                   .code = "tus_version",
                   .detail = "say «Tus-Resumable: 1.0.0»: that is the version of tus spoken here",
                   .headers = {{"Tus-Version", std::string(kVersion)}}};
}

std::optional<std::uint64_t> number(const Request& request, std::string_view name) {
    const auto text = request.field(name);
    const auto value = text ? whole_number<std::int64_t>(*text) : std::nullopt;
    return value && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

void add_state(Answer& answer, const UploadInfo& info, std::chrono::milliseconds age) {
    const Poco::Timestamp expires((info.written_unix_ms + age.count()) * 1000);
    answer.headers.emplace_back("Upload-Offset", std::to_string(info.offset));
    answer.headers.emplace_back("Upload-Expires",
                                Poco::DateTimeFormatter::format(expires, Poco::DateTimeFormat::HTTP_FORMAT));
}

bool is_part(const Request& request) {
    return lower(trim(request.field("content-type").value_or(""))) == "application/offset+octet-stream";
}

const Problem kNotAPart{.status = 415,
                        .code = "media_type",
                        .detail = "send the bytes of an upload as application/offset+octet-stream"};

/// Receives the body into the upload, and says how far it is.
Answer receive(Front& front, const Call& call, OpenUploads::Hold& hold, int status) {
    const std::uint64_t announced = call.request.content_length.value_or(0);
    if (announced > hold.info().length - hold.info().offset) {
        return refused({.status = 413,
                        .code = "past_the_end",
                        .detail = "these bytes reach past the Upload-Length of " +
                                  std::to_string(hold.info().length) + ": begin the upload again"});
    }
    if (auto problem = front.stores.check_room(announced)) { return refused(*problem); }
    if (auto problem = receive_part(call.request, call.body, hold)) { return refused(*problem); }
    Answer answer{.status = status, .headers = {{"Cache-Control", "no-store"}}, .body = std::string()};
    add_state(answer, hold.info(), front.uploads.age());
    return tus(std::move(answer));
}

std::variant<UploadInfo, Problem> begin(Front& front, const Call& call) {
    const Request& request = call.request;
    const auto length = number(request, "upload-length");
    if (!length) { return invalid("Upload-Length must say how many bytes the whole upload has"); }
    if (*length == 0) {
        return Problem{.status = 400, .code = "empty", .detail = "the upload is empty: choose a zip"};
    }
    if (auto problem = check_length(*length, front.options.max_upload)) { return *problem; }
    if (auto problem = check_quota_of(front, call, {.jobs = 1, .bytes = *length})) { return *problem; }
    const std::string_view metadata = request.field("upload-metadata").value_or("");
    auto told = parse_upload_metadata(metadata);
    if (!told) { return invalid("Upload-Metadata must be pairs of a name and base64, of at most 4 KiB"); }
    UploadInfo info{.owner = call.user->name,
                    .file_name = clean_file_name(told->file_name),
                    .metadata = std::string(metadata),
                    .length = *length};
    const auto known = told->sha256 ? front.stores.hold_bundle(*told->sha256, call.user->sender())
                                    : Result<BlobRef>(Error{ErrorCode::not_found, ""});
    if (known && known->size_bytes == *length) {
        info.blob = *known;  // the same bytes need not travel again
        info.offset = *length;
    } else if (auto problem = front.stores.check_room(*length)) {
        return *problem;
    }
    auto made = front.uploads.create(std::move(info));
    if (made) { return std::move(*made); }
    if (made.error().code == ErrorCode::conflict) {
        return Problem{.status = 503,
                       .code = "too_many_uploads",
                       .detail = made.error().message,
                       .headers = {{"Retry-After", "60"}}};
    }
    return disk_problem(made.error());
}

}  // namespace

Answer describe_uploads(Front& front, const Call& /*call*/) {
    return tus({.status = 204,
                .headers = {{"Tus-Version", std::string(kVersion)},
                            {"Tus-Extension", std::string(kExtensions)},
                            {"Tus-Max-Size", std::to_string(front.options.max_upload)},
                            {"Tus-Checksum-Algorithm", std::string(kChecksumAlgorithms)}},
                .body = std::string()});
}

Answer create_upload(Front& front, const Call& call) {
    if (auto problem = check_version(call.request)) { return refused(*problem); }
    if (call.request.has_body() && !is_part(call.request)) { return refused(kNotAPart); }
    const auto begun = begin(front, call);
    if (const auto* problem = std::get_if<Problem>(&begun)) { return refused(*problem); }
    const auto& info = std::get<UploadInfo>(begun);
    Answer answer{.status = 201, .headers = {{"Cache-Control", "no-store"}}, .body = std::string()};
    if (call.request.has_body()) {
        auto hold = front.uploads.hold(info.owner, info.id);
        if (!hold) { return refused(upload_problem(hold.error())); }
        answer = receive(front, call, *hold, 201);
        if (answer.status != 201) { hold->remove(); }  // its client does not know where it is
    } else {
        add_state(answer, info, front.uploads.age());
        answer = tus(std::move(answer));
    }
    answer.headers.emplace_back("Location", call.request.path + "/" + info.id);
    return answer;
}

Answer get_upload(Front& front, const Call& call) {
    const std::string& id = call.captures.front();
    if (call.request.method == "HEAD") {
        // Whoever still sends it is let go first, and what came of that is confirmed.
        const auto hold = front.uploads.hold(call.user->name, id);
        if (!hold) { return refused(upload_problem(hold.error())); }
    }
    const auto info = front.uploads.find(call.user->name, id);
    if (!info) { return refused(upload_problem(info.error())); }
    const nlohmann::ordered_json json{{"id", info->id},
                                      {"name", info->file_name},
                                      {"length", info->length},
                                      {"offset", info->offset},
                                      {"expires_ms", info->written_unix_ms + front.uploads.age().count()}};
    Answer answer = json_answer(200, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    add_state(answer, *info, front.uploads.age());
    answer.headers.emplace_back("Upload-Length", std::to_string(info->length));
    if (!info->metadata.empty()) { answer.headers.emplace_back("Upload-Metadata", info->metadata); }
    return tus(std::move(answer));
}

Answer patch_upload(Front& front, const Call& call) {
    if (auto problem = check_version(call.request)) { return refused(*problem); }
    if (!is_part(call.request)) { return refused(kNotAPart); }
    const auto offset = number(call.request, "upload-offset");
    if (!offset) { return refused(invalid("Upload-Offset must say where these bytes belong")); }
    auto hold = front.uploads.hold(call.user->name, call.captures.front());
    if (!hold) { return refused(upload_problem(hold.error())); }
    if (*offset != hold->info().offset) {
        return refused({.status = 409,
                        .code = "offset",
                        .detail = "the upload goes on at byte " + std::to_string(hold->info().offset) +
                                  ", not at " + std::to_string(*offset),
                        .headers = {{"Upload-Offset", std::to_string(hold->info().offset)}}});
    }
    return receive(front, call, *hold, 204);
}

Answer delete_upload(Front& front, const Call& call) {
    if (auto problem = check_version(call.request)) { return refused(*problem); }
    auto hold = front.uploads.hold(call.user->name, call.captures.front());
    if (!hold) { return refused(upload_problem(hold.error())); }
    hold->remove();
    return tus({.status = 204, .headers = {}, .body = std::string()});
}

Answer override_upload(Front& front, const Call& call) {
    const auto method = call.request.field("x-http-method-override");
    if (method == "PATCH") { return patch_upload(front, call); }
    if (method == "DELETE") { return delete_upload(front, call); }
    return refused({.status = 405,
                    .code = "method",
                    .detail = "an upload takes PATCH, HEAD and DELETE, also as X-HTTP-Method-Override",
                    .headers = {{"Allow", "PATCH, HEAD, GET, DELETE"}}});
}

Answer get_bundle(Front& front, const Call& call) {
    const Problem unknown{
        .status = 404, .code = "no_bundle", .detail = "this server does not have that bundle: send the zip"};
    const auto hash = parse_blob_hash(call.captures.front());
    if (!hash) { return problem_answer(unknown); }
    const auto blob = front.stores.hold_bundle(*hash, call.user->sender());  // whoever asks means to name it
    if (!blob && blob.error().code == ErrorCode::not_found) { return problem_answer(unknown); }
    if (!blob) { return problem_answer(problem_from(blob.error())); }
    return json_answer(
        200,
        nlohmann::ordered_json{{"sha256", to_string(blob->hash)}, {"size_bytes", blob->size_bytes}}.dump());
}

}  // namespace nias::httpfront::handlers
