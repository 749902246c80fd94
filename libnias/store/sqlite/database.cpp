#include "store/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/host/durable_file.hpp"
#include "base/unicode.hpp"

namespace nias::store {
namespace fs = boost::filesystem;
namespace {

constexpr int kBusyMs = 5000;
constexpr int kWalPages = 4000;  // then what is in the log goes to the database, and the log begins again
constexpr off_t kWalBytes =
    32 + off_t{kWalPages} * (24 + 4096);  // format of the log: sqlite.org/fileformat2.html

/// A change of schema, or a reader that stays long, makes a log grow past this; it is cut to size again.
constexpr off_t kWalBytesMax = 4 * kWalBytes;

constexpr boost::uintmax_t kRoomForLogs = 16;  // so many times a log must be free

/// Gives a write-ahead log its whole size, in zeros, which are no frames of it: a sync of bytes that
/// overwrite others need not write the size of the file and where it lies as well, and takes two thirds of
/// the time. Where room is short only speed is lost.
void fill_log(const std::string& path) {
    boost::system::error_code error;
    const fs::space_info room = fs::space(path, error);
    if (error || room.available < kRoomForLogs * static_cast<boost::uintmax_t>(kWalBytes)) { return; }
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) { return; }
    const off_t before = ::lseek(file, 0, SEEK_END);
    const std::vector<char> zeros(1U << 20U);
    off_t at = before;
    while (at >= 0 && at < kWalBytes) {
        const auto piece = std::min(static_cast<off_t>(zeros.size()), kWalBytes - at);
        const ssize_t put = ::pwrite(file, zeros.data(), static_cast<std::size_t>(piece), at);
        if (put < 0 && errno == EINTR) { continue; }
        if (put <= 0) { break; }
        at += put;
    }
    (void)::fsync(file);
    ::close(file);
}

/// `plain_letters(text)` in SQL: NULL stays NULL.
void plain_letters_in_sql(sqlite3_context* context, int, sqlite3_value** arguments) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
    if (text == nullptr) { return sqlite3_result_null(context); }
    const std::string folded =
        plain_letters({text, static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]))});
    sqlite3_result_text(context, folded.data(), static_cast<int>(folded.size()), SQLITE_TRANSIENT);
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), handle_(std::exchange(other.handle_, nullptr)), at_(other.at_) {}
Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(database_, other.database_);
    std::swap(handle_, other.handle_);
    std::swap(at_, other.at_);
    return *this;
}
Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::begin() {
    sqlite3_reset(handle_);
    at_ = 0;
    return *this;
}
// A failed bind leaves NULL behind, which the NOT NULL columns refuse at the step.
Statement& Statement::bind(std::int64_t value) {
    sqlite3_bind_int64(handle_, ++at_, value);
    return *this;
}
Statement& Statement::bind(std::string_view text) {
    sqlite3_bind_text(handle_, ++at_, text.empty() ? "" : text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
    return *this;
}
Statement& Statement::bind(std::span<const std::uint8_t> bytes) {
    static constexpr std::uint8_t kNothing = 0;
    sqlite3_bind_blob(handle_, ++at_, bytes.empty() ? &kNothing : bytes.data(),
                      static_cast<int>(bytes.size()), SQLITE_STATIC);
    return *this;
}
Statement& Statement::bind_null() {
    sqlite3_bind_null(handle_, ++at_);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(handle_);
    at_ = 0;
    if (code == SQLITE_ROW) { return true; }
    const Error error = code == SQLITE_DONE ? Error{} : database_->failure(code);
    sqlite3_reset(handle_);
    if (code == SQLITE_DONE) { return false; }
    return error;
}

Status Statement::run() {
    auto stepped = step();
    if (!stepped) { return stepped.error(); }
    return {};
}

std::size_t Statement::changed() const {
    return static_cast<std::size_t>(sqlite3_changes(sqlite3_db_handle(handle_)));
}

std::int64_t Statement::integer() { return sqlite3_column_int64(handle_, at_++); }
std::string Statement::text() {
    const int column = at_++;
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return data == nullptr
               ? std::string()
               : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
}
Bytes Statement::bytes() {
    const int column = at_++;
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
    return data == nullptr ? Bytes() : Bytes(data, data + sqlite3_column_bytes(handle_, column));
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode, const Schema& schema) {
    if (boost::system::error_code error; mode == Mode::read && !fs::exists(path, error)) {
        if (error && error != boost::system::errc::no_such_file_or_directory) {
            return Error{ErrorCode::unavailable, path + " cannot be read: " + error.message()};
        }
        return Error{ErrorCode::not_found,
                     path + " is not there yet: start the server on this data directory first"};
    }
    sqlite3* handle = nullptr;
    const int flags =
        mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    const mode_t before = ::umask(0077);
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    ::umask(before);
    std::unique_ptr<Database> database(new Database(path, handle));
    if (code != SQLITE_OK) { return database->failure(code); }
    sqlite3_busy_timeout(handle, kBusyMs);
    const int defined =
        sqlite3_create_function_v2(handle, "plain_letters", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                   &plain_letters_in_sql, nullptr, nullptr, nullptr);
    if (defined != SQLITE_OK) { return database->failure(defined); }
    auto version = database->prepare("PRAGMA user_version");
    if (!version) { return version.error(); }
    auto row = version->step();
    if (!row) { return row.error(); }
    const std::int64_t found = version->integer();
    version->begin();
    if (found > schema.version) {
        return Error{ErrorCode::corrupt, path + " was written by a newer NIAS (schema " +
                                             std::to_string(found) +
                                             "): use that version, or another data directory"};
    }
    const bool is_before =
        found < schema.version && !schema.changes.empty() && found >= schema.changes.front().from;
    if (is_before && mode == Mode::read) {
        return Error{ErrorCode::unavailable, path + " has schema " + std::to_string(found) +
                                                 ": start the server, which brings it up to date"};
    }
    if (found != 0 && found < schema.version && !is_before) {
        return Error{ErrorCode::corrupt,
                     path + " has schema " + std::to_string(found) +
                         ", from before the first release: choose another data directory"};
    }
    if (mode == Mode::read) {
        if (auto set = database->execute("PRAGMA query_only=1"); !set) { return set.error(); }
        return database;
    }
    std::string changes;
    for (const SchemaChange& change : schema.changes) {
        if (is_before && change.from >= found) { changes += std::string(change.sql) + "; "; }
    }
    const std::string set_up =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=" +
        std::to_string(kWalPages) + "; PRAGMA journal_size_limit=" + std::to_string(kWalBytesMax) +
        "; PRAGMA cache_size=-16384; BEGIN IMMEDIATE; " + changes + std::string(schema.sql) +
        "; PRAGMA user_version=" + std::to_string(schema.version) + "; COMMIT";
    if (auto made = database->execute(set_up); !made) { return made.error(); }
    fill_log(path + "-wal");
    if (auto synced = sync_folder(fs::path(path).parent_path().string()); !synced) { return synced.error(); }
    return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) { return failure(code); }
    return Statement(this, statement);
}

Status Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) { return failure(code); }
    return {};
}

Status Database::roll_back() {
    if (sqlite3_get_autocommit(handle_) != 0) { return {}; }
    return execute("ROLLBACK");
}

Error Database::failure(int code) const {
    const std::string words =
        path_ + ": " + (handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code));
    switch (code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorCode::corrupt,
                    words + ": restore it from a backup, or start on another data directory"};
        case SQLITE_FULL: return {ErrorCode::overloaded, words + ": free some space on this disk"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return {ErrorCode::overloaded, words + ": another process holds it"};
        case SQLITE_CONSTRAINT: return {ErrorCode::conflict, words};
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM: return {ErrorCode::unavailable, words + ": is the data directory writable?"};
        case SQLITE_IOERR:
            return {ErrorCode::unavailable, words + ": the disk failed; stop, check it, and start again"};
        default: return {ErrorCode::internal, words};
    }
}

void bind_id(Statement& statement, const TaskId& id) {
    statement.bind(std::span<const std::uint8_t>(id.bytes));
}

TaskId read_id(Statement& statement) {
    TaskId id;
    const Bytes bytes = statement.bytes();
    std::copy_n(bytes.begin(), std::min(bytes.size(), id.bytes.size()), id.bytes.begin());
    return id;
}

void bind_blob(Statement& statement, const std::optional<BlobRef>& blob) {
    if (blob) {
        statement.bind(std::span<const std::uint8_t>(blob->hash.bytes));
    } else {
        statement.bind_null();
    }
    statement.bind(blob ? blob->size_bytes : 0);
}

std::optional<BlobRef> read_blob(Statement& statement) {
    const Bytes hash = statement.bytes();
    BlobRef blob;
    blob.size_bytes = static_cast<std::uint64_t>(statement.integer());
    if (hash.size() != blob.hash.bytes.size()) { return std::nullopt; }
    std::copy(hash.begin(), hash.end(), blob.hash.bytes.begin());
    return blob;
}

Status make_folder(const std::string& path) {
    boost::system::error_code error;
    if (fs::is_directory(path, error)) { return {}; }
    const fs::path parent = fs::absolute(path).parent_path();
    if (!fs::is_directory(parent, error)) {
        if (auto made = make_folder(parent.string()); !made) { return made; }
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        const bool full = errno == ENOSPC || errno == EDQUOT;
        return Error{full ? ErrorCode::overloaded : ErrorCode::unavailable,
                     path + " cannot be made: " + std::strerror(errno) +
                         (full ? ": free some space on this disk"
                               : ": choose another data directory, or change its permissions")};
    }
    return sync_folder(parent.string());
}

}  // namespace nias::store
