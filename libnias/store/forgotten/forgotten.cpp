#include "store/forgotten/forgotten.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "store/ledger/schema.hpp"

namespace nias::store {
namespace {

/// A step as SQL. ?1 is the id, ?2 the time of the change, ?3 when the next step is due.
struct Step {
    const char* sql;
    int times;  ///< how many of ?2 and ?3 it has
};

/// By ForgetChange::Kind.
constexpr std::array<Step, 5> kSteps{{
    {"INSERT OR IGNORE INTO forgotten (id, step, at, due) SELECT ?1, 0, ?2, ?3 "
     "WHERE EXISTS (SELECT 1 FROM end_rows WHERE id = ?1)",
     2},
    {"DELETE FROM forgotten WHERE id = ?1 AND step = 0", 0},
    {"UPDATE forgotten SET step = 1, at = ?2, due = 0 WHERE id = ?1 AND step = 0", 1},
    {"UPDATE forgotten SET step = 2, at = ?2, due = ?3 WHERE id = ?1 AND step = 1", 2},
    {"DELETE FROM forgotten WHERE id = ?1 AND step = 2", 0},
}};

// A purge notes the heads, which other tasks may share, and then deletes the rows.
constexpr std::array kPurges{
    "INSERT OR IGNORE INTO gone_heads (of_end, head) SELECT 0, head FROM task_rows WHERE id = ?1",
    "INSERT OR IGNORE INTO gone_heads (of_end, head) SELECT 1, head FROM end_rows WHERE id = ?1",
    "DELETE FROM group_rows WHERE id = ?1 AND task_group = (SELECT task_group FROM tasks WHERE id = ?1)",
    "DELETE FROM task_rows WHERE id = ?1",  // the last two are counted
    "DELETE FROM end_rows WHERE id = ?1",
};

// A head that is noted as gone counts only while a row still has it: rows are asked for those alone, since no
// index leads from a head to its rows.
constexpr std::array kUsedBlobs{
    "SELECT bundle FROM task_heads WHERE bundle IS NOT NULL AND (head NOT IN (SELECT head FROM gone_heads "
    "WHERE of_end = 0) OR head IN (SELECT head FROM task_rows))",
    "SELECT output_blob FROM end_heads WHERE output_blob IS NOT NULL AND (head NOT IN (SELECT head FROM "
    "gone_heads WHERE of_end = 1) OR head IN (SELECT head FROM end_rows))",
};

}  // namespace

Result<ForgottenWriter> ForgottenWriter::prepare(Database& database) {
    ForgottenWriter writer;
    for (const Step& step : kSteps) {
        auto statement = database.prepare(step.sql);
        if (!statement) { return statement.error(); }
        writer.kinds_.push_back(std::move(*statement));
    }
    for (const char* sql : kPurges) {
        auto statement = database.prepare(sql);
        if (!statement) { return statement.error(); }
        writer.purges_.push_back(std::move(*statement));
    }
    return writer;
}

Status ForgottenWriter::purge(const TaskId& id, Totals& totals) {
    for (Statement& statement : purges_) {
        bind_id(statement.begin(), id);
        if (auto done = statement.run(); !done) { return done; }
    }
    totals.tasks -= static_cast<std::int64_t>(purges_.at(kPurges.size() - 2).changed());
    totals.ends -= static_cast<std::int64_t>(purges_.back().changed());
    return {};
}

Status ForgottenWriter::write(std::span<const ForgetChange> changes, Totals& totals) {
    for (const ForgetChange& change : changes) {
        const auto kind = static_cast<std::size_t>(change.kind);
        Statement& statement = kinds_.at(kind);
        bind_id(statement.begin(), change.id);
        if (kSteps.at(kind).times > 0) { statement.bind(change.unix_ms); }
        if (kSteps.at(kind).times > 1) { statement.bind(change.due_unix_ms); }
        if (auto done = statement.run(); !done) { return done; }
        if (statement.changed() == 0) { continue; }
        ++totals.forgets;
        if (change.kind != ForgetChange::Kind::purge) { continue; }
        if (auto purged = purge(change.id, totals); !purged) { return purged; }
    }
    return {};
}

Status ForgottenWriter::clean_heads(Database& database) {
    auto any = database.prepare("SELECT EXISTS (SELECT 1 FROM gone_heads)");
    if (!any) { return any.error(); }
    if (auto row = any->step(); !row) { return row.error(); }
    const bool none = any->integer() == 0;
    any->begin();
    if (none) { return {}; }
    return database.execute(
        "BEGIN IMMEDIATE; "
        "DELETE FROM task_heads WHERE head IN (SELECT head FROM gone_heads WHERE of_end = 0) "
        "AND head NOT IN (SELECT head FROM task_rows); "
        "DELETE FROM end_heads WHERE head IN (SELECT head FROM gone_heads WHERE of_end = 1) "
        "AND head NOT IN (SELECT head FROM end_rows); "
        "DELETE FROM gone_heads; COMMIT");
}

Result<ForgottenReader> ForgottenReader::open(const std::string& data_dir) {
    auto database = Database::open(data_dir + "/ledger.db", Database::Mode::read, ledger_schema());
    if (!database) { return database.error(); }
    auto find = (*database)->prepare("SELECT step, at, due FROM forgotten WHERE id = ?");
    if (!find) { return find.error(); }
    ForgottenReader reader(std::move(*database));
    reader.find_.emplace(std::move(*find));
    return reader;
}

Result<std::optional<ForgottenTask>> ForgottenReader::find(const TaskId& id) {
    bind_id(find_->begin(), id);
    auto row = find_->step();
    if (!row) { return row.error(); }
    if (!*row) { return std::optional<ForgottenTask>(); }
    ForgottenTask task;
    task.step = static_cast<ForgetStep>(find_->integer());
    task.at_unix_ms = find_->integer();
    task.due_unix_ms = find_->integer();
    find_->begin();
    return std::optional(task);
}

Result<std::vector<ForgetChange>> ForgottenReader::due(std::int64_t unix_ms, std::size_t limit) {
    auto rows = database_->prepare(
        "SELECT id, step FROM forgotten WHERE step = 0 AND due <= ?1 UNION ALL "
        "SELECT id, step FROM forgotten WHERE step = 2 AND due <= ?1 LIMIT ?2");
    if (!rows) { return rows.error(); }
    rows->bind(unix_ms).bind(std::uint64_t{limit});
    std::vector<ForgetChange> found;
    while (true) {
        auto row = rows->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        ForgetChange& change = found.emplace_back();
        change.id = read_id(*rows);
        change.kind = static_cast<ForgetStep>(rows->integer()) == ForgetStep::hidden
                          ? ForgetChange::Kind::purge
                          : ForgetChange::Kind::drop;
        change.unix_ms = unix_ms;
    }
}

Result<std::int64_t> ForgottenReader::next_due() {
    auto next = database_->prepare(
        "SELECT coalesce(min(due), 0) FROM (SELECT min(due) AS due FROM forgotten WHERE step = 0 "
        "UNION ALL SELECT min(due) FROM forgotten WHERE step = 2)");
    if (!next) { return next.error(); }
    if (auto row = next->step(); !row) { return row.error(); }
    return next->integer();
}

Result<bool> ForgottenReader::has_gone() {
    auto any = database_->prepare("SELECT EXISTS (SELECT 1 FROM forgotten WHERE step > 0)");
    if (!any) { return any.error(); }
    if (auto row = any->step(); !row) { return row.error(); }
    return any->integer() != 0;
}

Result<std::vector<TaskId>> ForgottenReader::to_erase(std::size_t limit) {
    auto rows = database_->prepare("SELECT id FROM forgotten WHERE step = 1 LIMIT ?");
    if (!rows) { return rows.error(); }
    rows->bind(std::uint64_t{limit});
    std::vector<TaskId> found;
    while (true) {
        auto row = rows->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        found.push_back(read_id(*rows));
    }
}

Status ForgottenReader::spare_used(std::set<BlobHash>& unused) {
    for (const char* sql : kUsedBlobs) {
        if (auto spared = spare_named(*database_, sql, unused); !spared) { return spared; }
    }
    return {};
}

Result<bool> owner_has_bundle(Database& database, std::string_view owner, const BlobHash& bundle) {
    auto any = database.prepare(
        "SELECT EXISTS (SELECT 1 FROM task_heads WHERE bundle = ?1 AND owner = ?2 AND (head NOT IN (SELECT "
        "head "
        "FROM gone_heads WHERE of_end = 0) OR head IN (SELECT head FROM task_rows)))");
    if (!any) { return any.error(); }
    any->bind(std::span<const std::uint8_t>(bundle.bytes)).bind(owner);
    if (auto row = any->step(); !row) { return row.error(); }
    return any->integer() != 0;
}

Result<std::vector<TaskId>> read_ended_before(Database& database, std::int64_t unix_ms, std::size_t limit) {
    auto rows = database.prepare(
        "SELECT id FROM ends WHERE id < ?1 AND at < ?2 AND NOT EXISTS (SELECT 1 FROM forgotten WHERE "
        "forgotten.id = ends.id) ORDER BY id LIMIT ?3");
    if (!rows) { return rows.error(); }
    TaskId bound;
    for (std::size_t i = 0; i < 6; ++i) {
        bound.bytes.at(i) = static_cast<std::uint8_t>(unix_ms >> (8 * (5 - i)));
    }
    bind_id(*rows, bound);
    rows->bind(unix_ms).bind(std::uint64_t{limit});
    std::vector<TaskId> found;
    while (true) {
        auto row = rows->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        found.push_back(read_id(*rows));
    }
}

Status spare_named(Database& database, std::string_view sql, std::set<BlobHash>& unused) {
    auto rows = database.prepare(sql);
    if (!rows) { return rows.error(); }
    while (true) {
        auto row = rows->step();
        if (!row) { return row.error(); }
        if (!*row) { return {}; }
        const Bytes name = rows->bytes();
        BlobHash hash;
        if (name.size() == hash.bytes.size()) {
            std::copy(name.begin(), name.end(), hash.bytes.begin());
            unused.erase(hash);
        }
    }
}

}  // namespace nias::store
