// nias submit: judges a bundle as the front does, stores it, and hands the task to the ventilator.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/words.hpp"
#include "cli/fetch.hpp"
#include "cli/lab.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "job/bundle/bundle.hpp"
#include "job/bundle/folder_zip.hpp"
#include "job/bundle/single_program.hpp"

namespace nias::cli {
namespace {

constexpr auto kProgram = "nias submit";
constexpr auto kAcceptedWithin = std::chrono::seconds(15);

/// A zip that is gone when the command ends.
class TemporaryZip {
public:
    TemporaryZip() {
        std::string pattern = (std::filesystem::temp_directory_path() / "nias-submit-XXXXXX").string();
        const int file = ::mkstemp(pattern.data());
        if (file >= 0) { ::close(file); }
        path_ = pattern;
    }
    TemporaryZip(const TemporaryZip&) = delete;
    TemporaryZip& operator=(const TemporaryZip&) = delete;
    ~TemporaryZip() { ::unlink(path_.c_str()); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct Bundle {
    job::Layout layout;
    BlobRef blob;
};

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

Result<Bundle> store_bundle(const std::string& what, const store::Blobs& blobs) {
    std::error_code error;
    const std::filesystem::path path(what);
    if (!std::filesystem::exists(path, error)) {
        return Error{ErrorCode::not_found, what + " does not exist: name a job's folder or its zip"};
    }
    const TemporaryZip temporary;
    std::string zip = what;
    if (std::filesystem::is_directory(path, error)) {
        const auto told = job::zip_folder(what, temporary.path());
        if (!told) { return told.error(); }
        for (const std::string& line : *told) { say(kProgram, line); }
        zip = temporary.path();
    }
    const bool alone = zip == what && job::is_single_program(what, path.filename().string());
    if (alone) {
        if (auto wrapped = write_alone(what, temporary.path()); !wrapped) { return wrapped.error(); }
        zip = temporary.path();
    }
    if (zip == what) {
        if (auto checked = check_is_archive(path); !checked) { return checked.error(); }
    }
    auto verdict = job::judge(zip, path.filename().string());
    if (const auto* refusal = std::get_if<job::Refusal>(&verdict)) {
        return Error{ErrorCode::invalid, refusal->detail};
    }
    auto& layout = std::get<job::Layout>(verdict);
    if (alone) { say(kProgram, job::alone_words(what, layout.entry)); }
    for (const std::string& line : layout.mended) { say(kProgram, line); }
    auto blob = blobs.add_file(zip);
    if (!blob) { return blob.error(); }
    return Bundle{std::move(layout), *blob};
}

/// Follows the job to its end and tells it. 0 only where it succeeded.
int wait_for(Submitter& submitter, Lab& lab, const TaskId& id, const std::string& output) {
    Result<Outcome> outcome = Error{ErrorCode::unavailable, ""};
    while (!outcome && outcome.error().code == ErrorCode::unavailable) {
        outcome = submitter.wait(id, std::chrono::seconds(10));
    }
    if (!outcome) { return daemon::report(kProgram, outcome.error()); }
    auto record = lab.find(to_string(id));
    if (!record) { return daemon::report(kProgram, record.error()); }
    say(kProgram, std::string(to_string(record->state)) + " after " + time_in_words(outcome->usage.wall_ms) +
                      " on " + record->worker);
    if (!outcome->error.empty()) { say(kProgram, outcome->error); }
    for (const std::string& note : outcome->notes) { say(kProgram, note); }
    if (!output.empty()) {
        if (auto fetched = fetch_outputs(lab, *record, output); !fetched) {
            return daemon::report(kProgram, fetched.error());
        }
        say(kProgram, "outputs are in " + output);
    }
    return record->state == TaskState::succeeded ? 0 : 1;
}

}  // namespace

int submit(int argc, const char* const* argv) {
    std::string what;
    std::string data = "./nias-data";
    std::string owner = "lab";
    std::string output;
    bool wait = false;
    daemon::Options options(kProgram,
                            "Sends a job: a zip, or a folder that holds code.py or code.m. Prints its id.");
    options.quiet();
    options.positional("job", what, true, "folder or zip");
    options.text("data", data, "data directory of the server");
    options.text("owner", owner, "who it is done for");
    options.flag("wait", wait, "wait for the end; exit code 0 only if the job succeeded");
    options.text("output", output, "with --wait: put the outputs into this folder");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    if (owner.empty() || owner.size() > 128) {
        return daemon::report(kProgram, {ErrorCode::invalid, "--owner must be 1 to 128 bytes long"});
    }

    auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    auto bundle = store_bundle(what, lab->blobs());
    if (!bundle) { return daemon::report(kProgram, bundle.error()); }
    auto submitter = lab->submitter();
    if (!submitter) { return daemon::report(kProgram, submitter.error()); }
    const auto id = submitter->submit(job::make_task(bundle->layout, owner, bundle->blob), kAcceptedWithin);
    if (!id) {
        return daemon::report(kProgram, id.error().code == ErrorCode::unavailable
                                            ? Error{ErrorCode::unavailable,
                                                    "no server answers in " + data +
                                                        ": start one with «nias up --data " + data + "»"}
                                            : id.error());
    }
    std::cout << to_string(*id) << std::endl;
    return wait || !output.empty() ? wait_for(*submitter, *lab, *id, output) : 0;
}

}  // namespace nias::cli
