/// Tasks that were forgotten, in `ledger.db`: out of sight at once, gone from the ledger when their time has
/// come, erased by the sink after that, and remembered for a while, so that a late repeat never brings one
/// back. The ventilator writes through its Ledger; the sink and the fronts read. One thread at a time each
/// object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/task.hpp>

#include "store/sqlite/database.hpp"

namespace nias::store {

/// How far a forgotten task is. The numbers are stored.
enum class ForgetStep : std::uint8_t {
    hidden = 0,  ///< it can be had back until it is due
    gone = 1,    ///< the ledger holds nothing of it; the sink is to erase the rest
    erased = 2,  ///< nothing is kept but its id, until that is due
};

/// A step of one task as the ventilator decides it. A step that does not follow the one the task is at
/// changes nothing, so that every step may be written twice.
struct ForgetChange {
    enum class Kind : std::uint8_t {
        hide,   ///< an ended task
        show,   ///< takes `hide` back
        purge,  ///< hidden → gone: deletes its rows
        erase,  ///< gone → erased: the sink says so
        drop,   ///< erased → not even the id is left
    };
    TaskId id;
    Kind kind = Kind::hide;
    std::int64_t unix_ms = 0;      ///< when the change was decided
    std::int64_t due_unix_ms = 0;  ///< when the next step is due, after hide and erase
    bool operator==(const ForgetChange&) const = default;
};

/// A forgotten task as readers see it.
struct ForgottenTask {
    ForgetStep step = ForgetStep::hidden;
    std::int64_t at_unix_ms = 0;   ///< since when it stands there
    std::int64_t due_unix_ms = 0;  ///< when the next step comes; 0: it waits for the sink
    bool operator==(const ForgottenTask&) const = default;
};

/// Numbers that a transaction adds to those of the table `totals` of the ledger.
struct Totals {
    std::int64_t tasks = 0;
    std::int64_t ends = 0;
    std::int64_t forgets = 0;
    bool operator==(const Totals&) const = default;
};

/// Writes the steps within the transaction of the ledger that owns the database.
class ForgottenWriter {
public:
    static Result<ForgottenWriter> prepare(Database& database);
    /// Counts in `totals` what it deletes and changes.
    [[nodiscard]] Status write(std::span<const ForgetChange> changes, Totals& totals);
    /// Deletes heads whose last row was purged. Before anything is written, because heads that were written
    /// lately are used again.
    [[nodiscard]] static Status clean_heads(Database& database);

private:
    ForgottenWriter() = default;
    [[nodiscard]] Status purge(const TaskId& id, Totals& totals);
    std::vector<Statement> kinds_;  ///< by ForgetChange::Kind
    std::vector<Statement> purges_;
};

/// Reads `<data_dir>/ledger.db`.
class ForgottenReader {
public:
    /// `not_found` where no ventilator has yet run on this data directory.
    static Result<ForgottenReader> open(const std::string& data_dir);
    [[nodiscard]] Result<std::optional<ForgottenTask>> find(const TaskId& id);
    /// Tasks whose next step is due, with the change that makes it; `due_unix_ms` is left to the caller.
    [[nodiscard]] Result<std::vector<ForgetChange>> due(std::int64_t unix_ms, std::size_t limit);
    /// When the next step of any task is due; 0: none waits for its time.
    [[nodiscard]] Result<std::int64_t> next_due();
    /// Whether any task is gone or erased.
    [[nodiscard]] Result<bool> has_gone();
    /// Tasks that are gone and that the sink has to erase.
    [[nodiscard]] Result<std::vector<TaskId>> to_erase(std::size_t limit);
    /// Takes the blobs that the ledger refers to, as bundle or as output, out of `unused`.
    [[nodiscard]] Status spare_used(std::set<BlobHash>& unused);

private:
    explicit ForgottenReader(std::unique_ptr<Database> database) : database_(std::move(database)) {}
    std::unique_ptr<Database> database_;
    std::optional<Statement> find_;
};

/// Whether a task of the ledger that is not gone is of this owner and has this bundle.
[[nodiscard]] Result<bool> owner_has_bundle(Database& database, std::string_view owner,
                                            const BlobHash& bundle);

/// Tasks that ended before this moment and are not forgotten, the oldest first. An id begins with the moment
/// of its making, so that only rows of tasks as old are read.
[[nodiscard]] Result<std::vector<TaskId>> read_ended_before(Database& database, std::int64_t unix_ms,
                                                            std::size_t limit);

/// Takes the blobs that a statement names in its only column out of `unused`.
[[nodiscard]] Status spare_named(Database& database, std::string_view sql, std::set<BlobHash>& unused);

}  // namespace nias::store
