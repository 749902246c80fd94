// nias image: the images that an administrator prepares, and in which jobs run that name them in nias.toml.
#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <iostream>
#include <set>

#include "base/host/descriptor.hpp"
#include "base/host/durable_file.hpp"
#include "cli/server/podman.hpp"
#include "cli/verbs.hpp"
#include "daemon/program.hpp"
#include "job/images/image.hpp"
#include "job/images/tree.hpp"

namespace nias::cli {
namespace {

namespace fs = std::filesystem;
constexpr auto kProgram = "nias image";

/// The folder of images, which one command at a time changes.
class Folder {
public:
    static Result<Folder> open(const std::string& data) {
        Folder folder(data + "/images");
        std::error_code error;
        fs::create_directories(folder.path_ + "/trees", error);
        const std::string lock = folder.path_ + "/lock";
        folder.lock_.reset(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!folder.lock_) { return Error{ErrorCode::unavailable, lock + " cannot be opened"}; }
        if (::flock(folder.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
            return Error{ErrorCode::conflict, "another «nias image» is at work in " + folder.path_};
        }
        return folder;
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string note(const std::string& name) const { return job::note_path(path_, name); }

    /// An empty folder in which an image is made; what a command left there that was ended is removed.
    [[nodiscard]] Result<std::string> fresh() const {
        const std::string place = path_ + "/adding";
        std::error_code error;
        fs::remove_all(place, error);
        if (!error) { fs::create_directory(place, error); }
        if (error) { return Error{ErrorCode::unavailable, place + ": " + error.message()}; }
        return place;
    }

    /// A worker that reads meanwhile sees the old note or the whole of the other.
    [[nodiscard]] Status write(const job::Image& image) const {
        const std::string temporary = path_ + "/adding/note";
        auto written = write_synced(temporary, job::note_of(image), IfThere::overwrite);
        if (!written) { return written; }
        std::error_code error;
        fs::permissions(temporary, fs::perms(0644), error);
        fs::rename(temporary, note(image.name), error);
        if (error) { return Error{ErrorCode::unavailable, note(image.name) + ": " + error.message()}; }
        return sync_folder(path_);
    }

    /// Puts the files that were unpacked into their place. Those of an image that is there already stay.
    [[nodiscard]] Status keep_tree(const std::string& root, const std::string& digest) const {
        const std::string lock = job::tree_lock(path_, digest);
        const Descriptor made(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
        if (!made) { return Error{ErrorCode::unavailable, lock + " cannot be made"}; }
        const std::string tree = job::tree_path(path_, digest);
        std::error_code error;
        if (fs::exists(tree, error)) { return {}; }
        fs::rename(root, tree, error);
        if (error) { return Error{ErrorCode::unavailable, tree + ": " + error.message()}; }
        return {};
    }

    /// Removes the files that no image names and no job uses. Gives how many stay because of jobs.
    std::size_t sweep() const {
        std::set<std::string> wanted;
        for (const std::string& name : job::images_in(path_)) {
            const auto image = job::read_image(path_, name);
            if (image) { wanted.insert(job::tree_lock(path_, image->digest)); }
        }
        std::size_t used = 0;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(path_ + "/trees", error)) {
            const fs::path lock = entry.path();
            if (lock.extension() != ".lock" || wanted.contains(lock.string())) { continue; }
            const Descriptor held(::open(lock.c_str(), O_RDWR | O_CLOEXEC));
            if (!held || ::flock(held.get(), LOCK_EX | LOCK_NB) != 0) {
                ++used;
                continue;
            }
            std::error_code gone;
            fs::remove(lock, gone);
            fs::remove_all(fs::path(lock).replace_extension(), gone);
            if (gone) { std::cerr << kProgram << ": " << gone.message() << '\n'; }
        }
        return used;
    }

private:
    explicit Folder(std::string path) : path_(std::move(path)) {}
    std::string path_;
    Descriptor lock_;
};

/// Makes the image in `scratch` and puts it into its place.
Result<job::Image> make(const Folder& folder, const std::string& name, const std::string& source,
                        const std::string& scratch) {
    auto podman = Podman::find(scratch);
    if (!podman) { return podman.error(); }
    auto taken = podman->take(source);
    if (!taken) { return taken.error(); }
    job::Image image{.name = name, .digest = taken->digest, .env = taken->env};
    if (!job::is_image_digest(image.digest)) {
        return Error{ErrorCode::unavailable, "podman names no digest of " + source};
    }
    const std::string root = scratch + "/root";
    std::error_code error;
    fs::create_directory(root, error);
    if (error) { return Error{ErrorCode::unavailable, root + ": " + error.message()}; }
    if (auto unpacked = podman->unpack(*taken, root); !unpacked) { return unpacked.error(); }
    if (auto prepared = job::prepare_tree(root); !prepared) {
        return Error{prepared.error().code, source + ": " + prepared.error().message};
    }
    if (auto kept = folder.keep_tree(root, image.digest); !kept) { return kept.error(); }
    if (auto written = folder.write(image); !written) { return written.error(); }
    return image;
}

int add(const std::string& data, const std::string& name, const std::string& source) {
    const auto folder = Folder::open(data);
    if (!folder) { return daemon::report(kProgram, folder.error()); }
    const auto scratch = folder->fresh();
    if (!scratch) { return daemon::report(kProgram, scratch.error()); }
    const auto image = make(*folder, name, source, *scratch);
    std::error_code error;
    fs::remove_all(*scratch, error);
    (void)folder->sweep();
    if (!image) { return daemon::report(kProgram, image.error()); }
    std::cout << "jobs run in it with image = \"" << name << "\" in nias.toml; a worker on this data "
              << "directory offers it within some seconds (" << image->digest << ")\n";
    return 0;
}

int remove(const std::string& data, const std::string& name) {
    const auto folder = Folder::open(data);
    if (!folder) { return daemon::report(kProgram, folder.error()); }
    std::error_code error;
    if (!fs::remove(folder->note(name), error)) {
        return daemon::report(
            kProgram, {ErrorCode::not_found,
                       "there is no image named " + name + "; «nias image list» shows those that there are"});
    }
    std::cout << (folder->sweep() == 0
                      ? "removed\n"
                      : "removed; the files in which jobs still run go with the next «nias image» that "
                        "adds or removes one\n");
    return 0;
}

int list(const std::string& data) {
    const std::string folder = data + "/images";
    for (const std::string& name : job::images_in(folder)) {
        const auto image = job::read_image(folder, name);
        std::cout << name << ": " << (image ? image->digest : image.error().message) << '\n';
    }
    return 0;
}

}  // namespace

int image(int argc, const char* const* argv) {
    std::string verb, name, source;
    std::string data = "./nias-data";
    daemon::Options options(kProgram, "Prepares images, in which jobs run by image = in nias.toml.");
    options.quiet();
    options.positional("verb", verb, true, "add NAME SOURCE, remove NAME, or list");
    options.positional("name", name, false, "eeg, or eeg:2.1");
    options.positional(
        "source", source, false,
        "an archive of «podman save», the tar or the folder of a root file system, or the name "
        "of an image that podman has");
    options.text("data", data, "data directory of the server, or of this machine's worker");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    if (verb == "list") { return list(data); }
    const bool adds = verb == "add" && !source.empty();
    const bool removes = verb == "remove" && source.empty() && !name.empty();
    if (!adds && !removes) {
        return daemon::report(kProgram, {ErrorCode::invalid,
                                         "say: nias image add NAME SOURCE, nias image remove NAME, or nias "
                                         "image list"});
    }
    const auto parsed = job::parse_image_name(name);
    if (!parsed) {
        return daemon::report(kProgram, {ErrorCode::invalid, "NAME must be " + parsed.error().message});
    }
    return adds ? add(data, *parsed, source) : remove(data, *parsed);
}

}  // namespace nias::cli
