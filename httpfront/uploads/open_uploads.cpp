#include "uploads/open_uploads.hpp"

#include <dirent.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "store/sqlite/database.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::chrono::seconds kReleaseWithin{3};

std::string random_id() {
    std::array<unsigned char, kIdBytes> random{};
    randombytes_buf(random.data(), random.size());
    std::array<char, 2 * kIdBytes + 1> text{};
    sodium_bin2hex(text.data(), text.size(), random.data(), random.size());
    return text.data();
}

bool is_id(const std::string& text) {
    return text.size() == 2 * kIdBytes && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Error unknown(const std::string& id) {
    return {ErrorCode::not_found, "there is no unfinished upload " + id.substr(0, 2 * kIdBytes) +
                                      " (after a day without a byte it is forgotten): begin it again"};
}

/// Bytes that are kept for nobody but its client: a bundle that was made of them is the job's.
std::uint64_t bytes_of(const UploadInfo& info) { return info.blob ? 0 : info.offset; }

std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> names;
    DIR* const open = ::opendir(folder.c_str());
    if (open == nullptr) { return names; }
    while (const dirent* const entry = ::readdir(open)) {
        if (is_id(entry->d_name)) { names.emplace_back(entry->d_name); }
    }
    ::closedir(open);
    return names;
}

}  // namespace

struct OpenUploads::Entry {
    UploadInfo info;
    UploadNote note;
    bool held = false;
    bool gone = false;
    std::atomic<bool> unwanted{false};
    std::optional<store::BlobWriter> writer{};  ///< the holder's; between two holds under mutex_

    Entry(UploadInfo known, const std::string& folder) : info(std::move(known)), note(folder, info.id) {}
};

OpenUploads::Hold::~Hold() {
    if (entry_) { all_->release(entry_); }
}

const UploadInfo& OpenUploads::Hold::info() const { return entry_->info; }
store::BlobWriter& OpenUploads::Hold::writer() { return *entry_->writer; }
const std::atomic<bool>& OpenUploads::Hold::unwanted() const { return entry_->unwanted; }

Status OpenUploads::Hold::confirm() {
    const std::uint64_t size = entry_->writer->size_bytes();
    if (size == entry_->info.offset) { return {}; }
    Status durable = entry_->writer->sync();
    if (durable) { durable = entry_->note.confirm(size); }
    if (!durable) {
        take_back();
        return durable;
    }
    const std::lock_guard lock(all_->mutex_);
    entry_->info.offset = size;
    entry_->info.written_unix_ms = unix_ms_now();
    return {};
}

void OpenUploads::Hold::take_back() {
    if (entry_->writer->size_bytes() == entry_->info.offset) { return; }
    if (const auto cut = entry_->writer->cut(entry_->info.offset); !cut) {
        log::warn(cut.error().message);
        remove();
    }
}

Status OpenUploads::Hold::name_blob(const BlobRef& blob) {
    if (auto noted = entry_->note.name_blob(blob); !noted) { return noted; }
    const std::lock_guard lock(all_->mutex_);
    entry_->info.blob = blob;
    return {};
}

void OpenUploads::Hold::remove() {
    const std::lock_guard lock(all_->mutex_);
    all_->forget(entry_);
}

OpenUploads::OpenUploads(std::string folder, const store::Blobs& blobs, const OpenUploadBounds& bounds)
    : folder_(std::move(folder)), blobs_(blobs), bounds_(bounds) {}

OpenUploads::~OpenUploads() = default;

Result<std::unique_ptr<OpenUploads>> OpenUploads::open(const std::string& data_dir, const store::Blobs& blobs,
                                                       const OpenUploadBounds& bounds) {
    if (sodium_init() < 0) { return Error{ErrorCode::unavailable, "libsodium does not start"}; }
    const std::string folder = data_dir + "/uploads";
    if (auto made = store::make_folder(folder); !made) { return made.error(); }
    std::unique_ptr<OpenUploads> uploads(new OpenUploads(folder, blobs, bounds));
    uploads->load();
    return uploads;
}

void OpenUploads::load() {
    for (const std::string& id : files_in(folder_)) {
        const UploadNote note(folder_, id);
        auto info = note.read(id);
        if (info) {
            entries_.emplace(id, std::make_shared<Entry>(std::move(*info), folder_));
        } else {  // its bytes go with the next sweep of the store
            log::warn(info.error().message);
            note.remove();
        }
    }
    const std::lock_guard lock(mutex_);
    expire(unix_ms_now());
}

Result<UploadInfo> OpenUploads::create(UploadInfo info) {
    info.id = random_id();
    info.written_unix_ms = unix_ms_now();
    const std::lock_guard lock(mutex_);
    expire(info.written_unix_ms);
    if (!make_room(info.length - info.offset, info.owner)) {
        return Error{ErrorCode::conflict,
                     "too many of your uploads are under way: finish or end some of them first"};
    }
    if (!make_room(info.length - info.offset, std::nullopt)) {
        return Error{ErrorCode::conflict,
                     "too many uploads are under way on this server: try again when some have ended"};
    }
    auto entry = std::make_shared<Entry>(info, folder_);
    auto noted = entry->note.begin(info);
    if (noted && info.blob) { noted = entry->note.name_blob(*info.blob); }
    if (!noted) {
        entry->note.remove();
        return noted.error();
    }
    entries_.emplace(info.id, std::move(entry));
    return info;
}

Result<OpenUploads::EntryPtr> OpenUploads::look_up(const std::string& owner, const std::string& id) {
    const auto place = entries_.find(id);
    if (place == entries_.end() || place->second->info.owner != owner) { return unknown(id); }
    return place->second;
}

Result<UploadInfo> OpenUploads::find(const std::string& owner, const std::string& id) {
    const std::lock_guard lock(mutex_);
    expire(unix_ms_now());
    const auto entry = look_up(owner, id);
    if (!entry) { return entry.error(); }
    return (*entry)->info;
}

Result<OpenUploads::Hold> OpenUploads::hold(const std::string& owner, const std::string& id) {
    std::unique_lock lock(mutex_);
    expire(unix_ms_now());
    const auto found = look_up(owner, id);
    if (!found) { return found.error(); }
    const EntryPtr entry = *found;
    entry->unwanted.store(true);
    if (!released_.wait_for(lock, kReleaseWithin, [&] { return !entry->held; })) {
        return Error{ErrorCode::conflict,
                     "another connection still sends this upload: try again in a few seconds"};
    }
    if (entry->gone) { return unknown(id); }
    entry->held = true;
    entry->unwanted.store(false);
    lock.unlock();
    Hold hold(*this, entry);
    if (auto opened = open_writer(*entry); !opened) {
        if (opened.error().code == ErrorCode::not_found) { hold.remove(); }
        return opened.error();
    }
    return hold;
}

/// An upload of which a blob was made may have no partial file any more; its writer is an empty one then.
Status OpenUploads::open_writer(Entry& entry) {
    if (entry.writer) { return {}; }
    auto writer = blobs_.resume_named(entry.info.id);
    if (!writer) { return writer.error(); }
    const bool used_up = entry.info.blob && blobs_.has(entry.info.blob->hash);
    if (!used_up && writer->size_bytes() < entry.info.offset) {
        writer->discard();
        return unknown(entry.info.id);
    }
    if (!used_up) {
        if (auto cut = writer->cut(entry.info.offset); !cut) { return cut; }
    }
    entry.writer = std::move(*writer);
    return {};
}

void OpenUploads::release(const EntryPtr& entry) {
    const std::lock_guard lock(mutex_);
    entry->held = false;
    if (entry->gone || entry->info.blob) { entry->writer.reset(); }
    close_writers();
    released_.notify_all();
}

/// Closes the writers that have rested longest. What is open is few, so they are counted and searched.
void OpenUploads::close_writers() {
    std::vector<Entry*> idle;
    for (const auto& [id, entry] : entries_) {
        if (entry->writer && !entry->held) { idle.push_back(entry.get()); }
    }
    if (idle.size() <= bounds_.writers) { return; }
    const auto longer = [](const Entry* a, const Entry* b) {
        return a->info.written_unix_ms < b->info.written_unix_ms;
    };
    (*std::min_element(idle.begin(), idle.end(), longer))->writer.reset();
}

/// Under mutex_. The bytes of one that is held go when its holder lets go.
void OpenUploads::forget(const EntryPtr& entry) {
    const EntryPtr kept = entry;
    kept->gone = true;
    kept->note.remove();
    if (!kept->writer && !kept->info.blob) {
        if (auto writer = blobs_.resume_named(kept->info.id)) { kept->writer = std::move(*writer); }
    }
    if (kept->writer) { kept->writer->discard(); }
    if (!kept->held) { kept->writer.reset(); }
    entries_.erase(kept->info.id);
}

void OpenUploads::expire(std::int64_t at) {
    std::vector<EntryPtr> old;
    for (const auto& [id, entry] : entries_) {
        if (!entry->held && at - entry->info.written_unix_ms >= bounds_.age.count()) { old.push_back(entry); }
    }
    for (const EntryPtr& entry : old) { forget(entry); }
}

/// Forgets nothing where that would not be enough.
bool OpenUploads::make_room(std::uint64_t bytes, const std::optional<std::string>& owner) {
    const std::size_t count_max = owner ? bounds_.count_of_owner : bounds_.count;
    const std::uint64_t bytes_max = owner ? bounds_.bytes_of_owner : bounds_.bytes;
    const std::int64_t rested_before = unix_ms_now() - bounds_.rested.count();
    std::uint64_t sum = bytes;
    std::uint64_t spare_bytes = 0;
    std::size_t count = 0;
    std::vector<EntryPtr> spare;
    for (const auto& [id, entry] : entries_) {
        if (owner && entry->info.owner != *owner) { continue; }
        ++count;
        const std::uint64_t size = bytes_of(entry->info);
        sum += size;
        const bool rested = entry->info.written_unix_ms <= rested_before;
        if (entry->held || (size > 0 && !rested)) { continue; }
        spare.push_back(entry);
        spare_bytes += size;
    }
    if (count - spare.size() >= count_max || sum - spare_bytes > bytes_max) { return false; }
    std::sort(spare.begin(), spare.end(), [](const EntryPtr& a, const EntryPtr& b) {
        return a->info.written_unix_ms > b->info.written_unix_ms;
    });
    while (count >= count_max || sum > bytes_max) {
        const EntryPtr oldest = std::move(spare.back());
        spare.pop_back();
        --count;
        sum -= bytes_of(oldest->info);
        forget(oldest);
    }
    return true;
}

}  // namespace nias::httpfront
