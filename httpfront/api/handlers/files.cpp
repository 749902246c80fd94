#include "api/handlers/files.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "api/job_json.hpp"
#include "base/numbers.hpp"
#include "http/media.hpp"
#include "http/range.hpp"
#include "job/array/indices.hpp"
#include "job/output/joined_zip.hpp"

namespace nias::httpfront::handlers {
namespace {

/// A researcher's files must never act as our page, whatever they hold.
/// The zip of a job that ended with one.
std::variant<BlobRef, Problem> output_of(Front& front, const store::TaskRecord& record) {
    if (!record.outcome || !record.outcome->output_blob) {
        const bool over = has_ended(record.state);
        return Problem{.status = 404,
                       .code = "no_output",
                       .detail = over ? "this job has no output"
                                      : "this job has not ended: its output comes when it has"};
    }
    const BlobRef& blob = *record.outcome->output_blob;
    const auto checked = front.stores.blobs().check(blob);
    if (checked) { return blob; }
    if (checked.error().code != ErrorCode::not_found) { return problem_from(checked.error()); }
    return Problem{
        .status = 404, .code = "no_output", .detail = "the output of this job is no longer on this server"};
}

/// The job's name as a name of a file.
std::string file_name_of(const Task& task) {
    std::string name = task.spec.name.empty() ? to_string(task.id) : task.spec.name;
    std::replace_if(
        name.begin(), name.end(),
        [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }, '_');
    return name;
}

/// Many zips as one, made while it is sent.
Answer joined_answer(std::vector<job::JoinedZip::Part> parts, const std::string& name) {
    auto joined = job::JoinedZip::open(std::move(parts));
    if (!joined && joined.error().code == ErrorCode::overloaded) {
        return problem_answer({.status = 413, .code = "too_many_files", .detail = joined.error().message});
    }
    if (!joined) { return problem_answer(problem_from(joined.error())); }
    Answer answer;
    answer.headers = {{"Content-Type", "application/zip"},
                      {"Content-Security-Policy", std::string(kSandboxPolicy)},
                      {"Cache-Control", "no-store"},
                      {"Content-Disposition", disposition("attachment", name)}};
    const std::uint64_t size = joined->size_bytes();
    // std::function wants what can be copied.
    const auto reader = std::make_shared<job::JoinedZip>(std::move(*joined));
    answer.body = Streamed{size, [reader](std::span<char> into) { return reader->read(into); }};
    return answer;
}

/// The outputs of an array's members that have ended, a folder each.
Result<std::vector<job::JoinedZip::Part>> parts_of_array(Front& front, const TaskId& group) {
    const auto members = front.stores.members({.group = group, .limit = job::kArrayMembersMax});
    if (!members) { return members.error(); }
    std::vector<job::JoinedZip::Part> parts;
    for (const store::MemberRow& member : *members) {
        if (!member.output || !front.stores.blobs().check(*member.output)) { continue; }
        parts.push_back(
            {front.stores.blobs().path_of(member.output->hash), std::to_string(member.id.index())});
    }
    return parts;
}

Answer joined_output(Front& front, const Task& array) {
    auto parts = parts_of_array(front, array.group);
    if (!parts) { return problem_answer(problem_from(parts.error())); }
    if (parts->empty()) {
        return problem_answer(
            {.status = 404, .code = "no_output", .detail = "no member of this array has left outputs yet"});
    }
    return joined_answer(std::move(*parts), file_name_of(array) + "-output.zip");
}

/// A part of an id that tells jobs of one name apart: ids begin with the time of their making, and those of
/// arrays end with ones.
std::string short_id(const TaskId& id) { return to_string(id).substr(16, 8); }

Problem wrong_count() {
    return {.status = 400,
            .code = "invalid",
            .detail = "ids must name 1 to " + std::to_string(kZipJobsMax) + " jobs"};
}

/// The zips of these jobs that have one, each with its folder: named for its job, and for the end of its id,
/// since ids begin with the time.
std::variant<std::vector<job::JoinedZip::Part>, Problem> outputs_of(Front& front, const Call& call,
                                                                    std::string_view ids) {
    std::vector<job::JoinedZip::Part> parts;
    std::set<std::string> seen;
    while (!ids.empty()) {
        const std::size_t comma = std::min(ids.find(','), ids.size());
        const std::string id(ids.substr(0, comma));
        ids.remove_prefix(std::min(comma + 1, ids.size()));
        if (!seen.insert(id).second) { continue; }
        if (seen.size() > kZipJobsMax) { return wrong_count(); }
        auto job = find_job(front, *call.user, call.visitor, id);
        if (auto* problem = std::get_if<Problem>(&job)) { return std::move(*problem); }
        const auto& view = std::get<store::JobView>(job);
        const std::string folder = file_name_of(view.record.task) + "-" + short_id(view.record.task.id);
        if (view.array) {
            auto members = parts_of_array(front, view.record.task.id);
            if (!members) { return problem_from(members.error()); }
            for (job::JoinedZip::Part& part : *members) {
                parts.push_back({std::move(part.zip_path), folder + "/" + part.folder});
            }
            continue;
        }
        const auto output = output_of(front, view.record);
        if (const auto* problem = std::get_if<Problem>(&output)) {
            if (problem->status == 404) { continue; }
            return *problem;
        }
        parts.push_back({front.stores.blobs().path_of(std::get<BlobRef>(output).hash), folder});
    }
    return parts;
}

/// The answer to a Range that lies past the end of what has so many bytes.
Problem past_the_end(const std::string& what, std::uint64_t size) {
    return {.status = 416,
            .code = "range",
            .detail = what + " has " + std::to_string(size) + " bytes, and the range lies past them",
            .headers = {{"Content-Range", "bytes */" + std::to_string(size)}}};
}

std::string content_range(const Slice& part, std::uint64_t size) {
    return "bytes " + std::to_string(part.offset) + "-" + std::to_string(part.offset + part.length - 1) +
           "/" + std::to_string(size);
}

/// Bytes of a member of a zip. It is inflated from its beginning, so what stands before the part is read and
/// dropped. The end of the member tells by its checksum whether all of it was right, so a part that reaches
/// it is read past it.
Streamed part_of(const std::shared_ptr<job::ZipEntryReader>& reader, const Slice& part, std::uint64_t size) {
    return {part.length,
            [reader, before = part.offset, left = part.length, to_end = part.offset + part.length == size](
                std::span<char> into) mutable -> Result<std::size_t> {
                while (before > 0) {
                    const auto read = reader->read(
                        into.first(static_cast<std::size_t>(std::min<std::uint64_t>(before, into.size()))));
                    if (!read) { return read.error(); }
                    if (*read == 0) { return std::size_t{0}; }
                    before -= *read;
                }
                const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size()));
                if (wanted == 0) { return to_end ? reader->read(into) : std::size_t{0}; }
                const auto read = reader->read(into.first(wanted));
                if (read) { left -= *read; }
                return read;
            }};
}

/// A zip of the store, whole or in part.
Answer zip_answer(Front& front, const Request& request, const BlobRef& blob, const std::string& name) {
    const std::string etag = "\"" + to_string(blob.hash) + "\"";
    Answer answer;
    answer.headers = {{"ETag", etag},
                      {"Accept-Ranges", "bytes"},
                      {"Cache-Control", "private, no-cache"},
                      {"Content-Security-Policy", std::string(kSandboxPolicy)},
                      {"Content-Disposition", disposition("attachment", name)}};
    if (is_known(request, etag)) {
        answer.status = 304;
        return answer;
    }
    const auto range = wanted_range(request, etag, blob.size_bytes);
    if (std::holds_alternative<Unsatisfiable>(range)) {
        return problem_answer(past_the_end("the zip", blob.size_bytes));
    }
    answer.headers.emplace_back("Content-Type", "application/zip");
    FileSlice slice{front.stores.blobs().path_of(blob.hash), 0, blob.size_bytes};
    if (const auto* part = std::get_if<Slice>(&range)) {
        answer.status = 206;
        slice.offset = part->offset;
        slice.length = part->length;
        answer.headers.emplace_back("Content-Range", content_range(*part, blob.size_bytes));
    }
    answer.body = std::move(slice);
    return answer;
}

/// The attempt of which files are shown. A job that has ended has none, so neither have its attempts.
AttemptRef running_attempt(const Front& front, const Call& call) {
    store::TaskRecord record = call.job->record;
    front.hub.overlay(record);
    return has_ended(record.state) ? AttemptRef{} : AttemptRef{record.task.id, record.task.attempt};
}

}  // namespace

Answer list_files(Front& front, const Call& call) {
    const auto blob = output_of(front, call.job->record);
    if (const auto* problem = std::get_if<Problem>(&blob)) {
        return problem->status == 404 ? json_answer(200, files_json({})) : problem_answer(*problem);
    }
    const auto files = job::list_zip(front.stores.blobs().path_of(std::get<BlobRef>(blob).hash));
    if (!files) { return problem_answer(problem_from(files.error())); }
    return json_answer(200, files_json(*files));
}

Answer get_file(Front& front, const Call& call) {
    const auto blob = output_of(front, call.job->record);
    if (const auto* problem = std::get_if<Problem>(&blob)) { return problem_answer(*problem); }
    const std::string zip = front.stores.blobs().path_of(std::get<BlobRef>(blob).hash);
    const std::string& path = call.captures.back();
    const auto files = job::list_zip(zip);
    if (!files) { return problem_answer(problem_from(files.error())); }
    const auto entry = std::find_if(files->begin(), files->end(),
                                    [&](const job::ZipEntry& one) { return one.path == path; });
    if (entry == files->end()) {
        return problem_answer(
            {.status = 404, .code = "not_found", .detail = "the output of this job has no file " + path});
    }
    const Media media = output_media(path);
    const std::string etag =
        "\"" + to_string(std::get<BlobRef>(blob).hash) + "-" + std::to_string(entry - files->begin()) + "\"";
    Answer answer;
    answer.headers = {{"Content-Type", media.type},
                      {"ETag", etag},
                      {"Accept-Ranges", "bytes"},
                      {"Content-Security-Policy", std::string(kSandboxPolicy)},
                      {"Cache-Control", "private, max-age=3600"},
                      {"Content-Disposition",
                       disposition(media.shown ? "inline" : "attachment", path.substr(path.rfind('/') + 1))}};
    if (is_known(call.request, etag)) {
        answer.status = 304;
        return answer;
    }
    const auto range = wanted_range(call.request, etag, entry->size_bytes);
    if (std::holds_alternative<Unsatisfiable>(range)) {
        return problem_answer(past_the_end("the file", entry->size_bytes));
    }
    Slice part{0, entry->size_bytes};
    if (const auto* asked = std::get_if<Slice>(&range)) {
        part = *asked;
        answer.status = 206;
        answer.headers.emplace_back("Content-Range", content_range(part, entry->size_bytes));
    }
    auto opened = job::ZipEntryReader::open(zip, path);
    if (!opened) { return problem_answer(problem_from(opened.error())); }
    // std::function wants what can be copied.
    answer.body = part_of(std::make_shared<job::ZipEntryReader>(std::move(*opened)), part, entry->size_bytes);
    return answer;
}

Answer list_live(Front& front, const Call& call) {
    const AttemptRef attempt = running_attempt(front, call);
    return json_answer(200, live_json(attempt, front.stores.live().list(attempt)));
}

Answer get_live(Front& front, const Call& call) {
    const std::string& path = call.captures.back();
    const auto bytes = front.stores.live().read(running_attempt(front, call), path);
    if (!bytes) { return problem_answer(problem_from(bytes.error())); }
    if (!*bytes) {
        return problem_answer({.status = 404,
                               .code = "not_found",
                               .detail = "this job shows no file " + path + " at the moment"});
    }
    const Media media = output_media(path);
    Answer answer;
    answer.headers = {{"Content-Type", media.type},
                      {"Content-Security-Policy", std::string(kSandboxPolicy)},
                      {"Cache-Control", "no-store"},
                      {"Content-Disposition",
                       disposition(media.shown ? "inline" : "attachment", path.substr(path.rfind('/') + 1))}};
    answer.body = std::string((*bytes)->begin(), (*bytes)->end());
    return answer;
}

Answer get_output(Front& front, const Call& call) {
    const store::TaskRecord& record = call.job->record;
    if (call.job->array) { return joined_output(front, record.task); }
    const auto output = output_of(front, record);
    if (const auto* problem = std::get_if<Problem>(&output)) { return problem_answer(*problem); }
    return zip_answer(front, call.request, std::get<BlobRef>(output),
                      file_name_of(record.task) + "-output.zip");
}

Answer get_outputs(Front& front, const Call& call) {
    const std::string_view ids = call.request.parameter("ids");
    if (ids.empty()) { return problem_answer(wrong_count()); }
    auto found = outputs_of(front, call, ids);
    if (const auto* problem = std::get_if<Problem>(&found)) { return problem_answer(*problem); }
    auto& parts = std::get<std::vector<job::JoinedZip::Part>>(found);
    if (parts.empty()) {
        return problem_answer(
            {.status = 404, .code = "no_output", .detail = "none of these jobs has an output"});
    }
    return joined_answer(std::move(parts), "outputs.zip");
}

Answer get_bundle_of(Front& front, const Call& call) {
    const Task& task = call.job->record.task;
    const Problem gone{
        .status = 404, .code = "no_bundle", .detail = "this server does not have that bundle: send the zip"};
    if (!task.bundle) { return problem_answer(gone); }
    if (const auto kept = front.stores.blobs().check(*task.bundle); !kept) {
        return problem_answer(kept.error().code == ErrorCode::not_found ? gone : problem_from(kept.error()));
    }
    return zip_answer(front, call.request, *task.bundle, file_name_of(task) + ".zip");
}

}  // namespace nias::httpfront::handlers
