/// SQLite behind Results: the only user of the library. Private to the store. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <nias/task.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace nias::store {

class Database;

/// A prepared statement; bind in order, step, read columns in order. Reset by begin(). Text and bytes that
/// are bound stay the caller's until the last step().
class Statement {
public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) noexcept;
    ~Statement();

    Statement& begin();
    Statement& bind(std::int64_t value);
    Statement& bind(std::uint64_t value) { return bind(static_cast<std::int64_t>(value)); }
    Statement& bind(std::uint32_t value) { return bind(std::int64_t{value}); }
    Statement& bind(std::int32_t value) { return bind(std::int64_t{value}); }
    Statement& bind(std::string_view text);
    Statement& bind(std::span<const std::uint8_t> bytes);
    Statement& bind_null();

    /// True: a row is there. Its columns are read from the first on.
    [[nodiscard]] Result<bool> step();
    [[nodiscard]] Status run();                 ///< step() for statements without rows
    [[nodiscard]] std::size_t changed() const;  ///< rows, by the last run() of an INSERT, UPDATE or DELETE
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::string text();
    [[nodiscard]] Bytes bytes();

private:
    friend class Database;
    Statement(Database* database, sqlite3_stmt* handle) : database_(database), handle_(handle) {}
    Database* database_ = nullptr;
    sqlite3_stmt* handle_ = nullptr;
    int at_ = 0;
};

/// How a file of one version is brought up to the next.
struct SchemaChange {
    std::int64_t from = 0;
    std::string_view sql;
};

/// The schema of a database, and how databases of earlier versions are brought up to it.
struct Schema {
    std::string_view sql;      ///< makes what is not there; not used by readers
    std::int64_t version = 0;  ///< schema version of the file, in its user_version
    /// From the oldest version that is still taken on, one for each up to `version` - 1.
    std::span<const SchemaChange> changes{};
};

class Database {
public:
    enum class Mode { write, read };
    /// Opens `path` (WAL, synchronous=FULL), with plain_letters() as a function of its SQL; a writer makes it
    /// with `schema`, or changes one of a version before, in one transaction, and syncs its folder.
    /// `corrupt`: of another version; `unavailable`, for readers: of a version before, and its writer has not
    /// changed it yet.
    static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode, const Schema& schema);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    [[nodiscard]] Status execute(const std::string& sql);
    /// Ends the transaction under way without a trace; there may be none: some failures end it by themselves.
    [[nodiscard]] Status roll_back();
    /// The last failure in words: `corrupt`, `overloaded` (disk full), `unavailable`, `internal`.
    [[nodiscard]] Error failure(int code) const;

private:
    Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
    std::string path_;
    sqlite3* handle_ = nullptr;
};

void bind_id(Statement& statement, const TaskId& id);
[[nodiscard]] TaskId read_id(Statement& statement);
void bind_blob(Statement& statement, const std::optional<BlobRef>& blob);  ///< two columns: hash, size
[[nodiscard]] std::optional<BlobRef> read_blob(Statement& statement);

/// Makes a folder (0700) and its parents; fsyncs the folder that holds it.
[[nodiscard]] Status make_folder(const std::string& path);

}  // namespace nias::store
