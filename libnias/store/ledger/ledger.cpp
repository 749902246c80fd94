#include "store/ledger/ledger.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "store/forgotten/forgotten.hpp"
#include "store/ledger/reader_state.hpp"
#include "store/ledger/schema.hpp"
#include "store/ledger/task_rows.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/heads.hpp"
#include "store/sqlite/insert.hpp"

namespace nias::embedded {
extern const std::string_view ledger_sql;
extern const std::string_view ledger_from_3_sql;
extern const std::string_view ledger_from_4_sql;
extern const std::string_view ledger_from_5_sql;
extern const std::string_view ledger_from_6_sql;
}  // namespace nias::embedded

namespace nias::store {

Schema ledger_schema() {
    // 1 was never released, 2 had no counted resources, 3 a whole row of `tasks` and of `ends` a task, 4 no
    // lease of a task's own, 5 no groups, 6 no earlier attempts that may be taken back, 7 none forgotten, 8
    // no names of requests, 9 no totals.
    static const std::array<SchemaChange, 8> kChanges{
        {{2, "ALTER TABLE tasks ADD COLUMN counted TEXT NOT NULL DEFAULT ''"},
         {3, embedded::ledger_from_3_sql},
         {4, embedded::ledger_from_4_sql},
         {5, embedded::ledger_from_5_sql},
         {6, embedded::ledger_from_6_sql},
         {7, ""},
         {8, "ALTER TABLE task_heads ADD COLUMN request TEXT NOT NULL DEFAULT ''; DROP VIEW IF EXISTS tasks"},
         {9, ""}}};
    return {.sql = embedded::ledger_sql, .version = 10, .changes = kChanges};
}

struct Ledger::State {
    std::unique_ptr<Database> database;
    Statement begin;
    Statement commit;
    Heads<TaskHead> task_heads;
    Insert add;
    Insert join;
    Statement change;
    Heads<EndHead> end_heads;
    Insert end;
    Statement forget;
    Statement order;
    Statement unorder;
    Statement total;
    ForgottenWriter forgotten;
    TaskFinder finder;
    KeptOutputs outputs;
    bool begun = false;
    Totals added;                       ///< what the open transaction adds to the totals
    TaskId newest;                      ///< the largest id in `tasks`: a larger one is not there
    std::unordered_set<TaskId> living;  ///< ids in `living`

    [[nodiscard]] Status read_ids();
    [[nodiscard]] Status join_groups(std::span<const AcceptedTasks> accepted);
};

Status Ledger::State::read_ids() {
    auto largest = database->prepare(
        "SELECT max(id) FROM (SELECT max(id) AS id FROM task_rows UNION ALL SELECT max(id) FROM forgotten)");
    if (!largest) { return largest.error(); }
    if (auto row = largest->step(); !row) { return row.error(); }
    newest = read_id(*largest);
    auto all = database->prepare("SELECT id FROM living");
    if (!all) { return all.error(); }
    while (true) {
        auto row = all->step();
        if (!row) { return row.error(); }
        if (!*row) { return {}; }
        living.insert(read_id(*all));
    }
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(const std::string& data_dir) {
    if (auto made = make_folder(data_dir); !made) { return made.error(); }
    auto database = Database::open(data_dir + "/ledger.db", Database::Mode::write, ledger_schema());
    if (!database) { return database.error(); }
    if (auto cleaned = ForgottenWriter::clean_heads(**database); !cleaned) { return cleaned.error(); }
    auto begin = (*database)->prepare("BEGIN IMMEDIATE");
    if (!begin) { return begin.error(); }
    auto commit = (*database)->prepare("COMMIT");
    if (!commit) { return commit.error(); }
    auto task_heads = Heads<TaskHead>::prepare(**database, "task_heads", kTaskHeadColumns);
    if (!task_heads) { return task_heads.error(); }
    auto add = Insert::prepare(**database, "INSERT INTO task_rows (id, head, submitted, payload) VALUES ", 4);
    if (!add) { return add.error(); }
    auto join = Insert::prepare(**database, "INSERT INTO group_rows (task_group, id) VALUES ", 2);
    if (!join) { return join.error(); }
    // An ended task never changes again: the guard is in the statements, not in the caller's care.
    auto change = (*database)->prepare(
        "INSERT INTO living (id, " + std::string(kLivingColumns) +
        ") SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 "
        "WHERE EXISTS (SELECT 1 FROM task_rows WHERE id = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM end_rows WHERE id = ?1) "
        "ON CONFLICT (id) DO UPDATE SET state = ?2, attempt = ?3, worker = ?4, reason = ?5, started = ?6, "
        "issued = ?7, failures = ?8, open = ?9");
    if (!change) { return change.error(); }
    auto end_heads = Heads<EndHead>::prepare(
        **database, "end_heads", std::string(kEndColumns) + ", " + std::string(kOutcomeHeadColumns));
    if (!end_heads) { return end_heads.error(); }
    auto end = Insert::prepare(**database, "INSERT OR IGNORE INTO end_rows (id, head, output) VALUES ", 3);
    if (!end) { return end.error(); }
    auto forget = (*database)->prepare("DELETE FROM living WHERE id = ?");
    if (!forget) { return forget.error(); }
    auto order = (*database)->prepare(
        "INSERT INTO worker_orders (worker, kind, reason, at) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (worker) DO UPDATE SET kind = ?2, reason = ?3, at = ?4");
    if (!order) { return order.error(); }
    auto unorder = (*database)->prepare("DELETE FROM worker_orders WHERE worker = ?");
    if (!unorder) { return unorder.error(); }
    auto total =
        (*database)->prepare("UPDATE totals SET tasks = tasks + ?, ends = ends + ?, forgets = forgets + ?");
    if (!total) { return total.error(); }
    auto forgotten = ForgottenWriter::prepare(**database);
    if (!forgotten) { return forgotten.error(); }
    auto finder = TaskFinder::prepare(**database, data_dir);
    if (!finder) { return finder.error(); }
    std::unique_ptr<State> state(new State{std::move(*database),
                                           std::move(*begin),
                                           std::move(*commit),
                                           std::move(*task_heads),
                                           std::move(*add),
                                           std::move(*join),
                                           std::move(*change),
                                           std::move(*end_heads),
                                           std::move(*end),
                                           std::move(*forget),
                                           std::move(*order),
                                           std::move(*unorder),
                                           std::move(*total),
                                           std::move(*forgotten),
                                           std::move(*finder),
                                           KeptOutputs(data_dir),
                                           false,
                                           {},
                                           {},
                                           {}});
    if (auto read = state->read_ids(); !read) { return read.error(); }
    return Ledger(std::move(state));
}

Status Ledger::begin() {
    if (state_->begun) { return {}; }
    auto begun = state_->begin.begin().run();
    state_->added = {};
    state_->begun = begun.ok();
    return begun;
}

Status Ledger::add(std::span<const AcceptedTasks> accepted) {
    std::int64_t head = 0;
    EachOfRuns each(accepted, [](const AcceptedTasks& one) { return one.tasks->size(); });
    auto added = state_->add.rows(each.count(), [&](Statement& row, std::size_t) -> Status {
        const auto [of, i] = each.next();
        if (i == 0) {
            auto number = state_->task_heads.number(task_head(of.tasks->shared, of.client));
            if (!number) { return number.error(); }
            head = *number;
        }
        state_->newest = std::max(state_->newest, of.tasks->ids[i]);
        bind_id(row, of.tasks->ids[i]);
        row.bind(head).bind(of.unix_ms).bind(of.tasks->carried_of(i));
        return {};
    });
    if (!added) { return added.error(); }
    state_->added.tasks += static_cast<std::int64_t>(*added);
    return state_->join_groups(accepted);
}

Status Ledger::State::join_groups(std::span<const AcceptedTasks> accepted) {
    for (const AcceptedTasks& one : accepted) {
        const TaskId& group = one.tasks->shared.group;
        if (group == TaskId{}) { continue; }
        auto joined = join.rows(one.tasks->size(), [&](Statement& row, std::size_t i) -> Status {
            bind_id(row, group);
            bind_id(row, one.tasks->ids[i]);
            return {};
        });
        if (!joined) { return joined.error(); }
    }
    return {};
}

Status Ledger::add(const TaskRecord& record) {
    const wire::Runs<Task> tasks{record.task};
    const AcceptedTasks accepted{&tasks.runs().front(), record.client, record.submitted_unix_ms};
    auto added = add(std::span(&accepted, 1));
    const bool fresh = record.state == TaskState::queued && record.task.attempt == 1 && record.reason.empty();
    if (!added || fresh) { return added; }
    return change({.id = record.task.id,
                   .state = record.state,
                   .attempt = record.task.attempt,
                   .worker = record.worker,
                   .reason = record.reason,
                   .unix_ms = record.started_unix_ms,
                   .issued = record.issued,
                   .failures = record.failures,
                   .open = record.open});
}

Status Ledger::order(const WorkerOrder& order) {
    if (order.kind == wire::OrderKind::resume) {
        return state_->unorder.begin().bind(std::string_view(order.worker)).run();
    }
    return state_->order.begin()
        .bind(std::string_view(order.worker))
        .bind(static_cast<std::int64_t>(order.kind))
        .bind(std::string_view(order.reason))
        .bind(order.unix_ms)
        .run();
}

Result<std::vector<WorkerOrder>> Ledger::orders() {
    auto all =
        state_->database->prepare("SELECT worker, kind, reason, at FROM worker_orders ORDER BY worker");
    if (!all) { return all.error(); }
    std::vector<WorkerOrder> found;
    while (true) {
        auto row = all->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        WorkerOrder& one = found.emplace_back();
        one.worker = all->text();
        one.kind = all->integer() == 1 ? wire::OrderKind::pause : wire::OrderKind::drain;
        one.reason = all->text();
        one.unix_ms = all->integer();
    }
}

Status Ledger::change(const TaskChange& change) {
    bind_id(state_->change.begin(), change.id);
    const std::int64_t started = change.state == TaskState::running ? change.unix_ms : 0;
    const std::string open = words_of_attempts(change.open);
    state_->change.bind(to_string(change.state))
        .bind(change.attempt)
        .bind(std::string_view(change.worker))
        .bind(std::string_view(change.reason))
        .bind(started)
        .bind(change.issued > change.attempt ? change.issued : Attempt{0})
        .bind(change.failures)
        .bind(std::string_view(open));
    auto changed = state_->change.run();
    if (changed) { state_->living.insert(change.id); }
    return changed;
}

Status Ledger::end(std::span<const EndedTasks> ended) {
    std::int64_t head = 0;
    Told told = Told::nothing;
    EachOfRuns each(ended, [](const EndedTasks& one) { return one.outcomes->size(); });
    auto written = state_->end.rows(each.count(), [&](Statement& row, std::size_t) -> Status {
        const auto [of, i] = each.next();
        if (i == 0) {
            told = !of.told                             ? Told::nothing
                   : state_->outputs.hold(*of.outcomes) ? Told::by_results
                                                        : Told::whole;
            auto number = state_->end_heads.number(end_head(of, told));
            if (!number) { return number.error(); }
            head = *number;
        }
        bind_id(row, of.outcomes->ids[i]);
        const auto output = of.outcomes->carried_of(i);
        row.bind(head).bind(output.first(told == Told::by_results ? 0 : output.size()));
        return {};
    });
    if (!written) { return written.error(); }
    state_->added.ends += static_cast<std::int64_t>(*written);
    for (const EndedTasks& one : ended) {
        for (const TaskId& id : one.outcomes->ids) {
            if (state_->living.erase(id) == 0) { continue; }  // as most: it ended before anybody could look
            bind_id(state_->forget.begin(), id);
            if (auto forgotten = state_->forget.run(); !forgotten) { return forgotten; }
        }
    }
    return {};
}

Status Ledger::end(const TaskChange& change, const std::optional<Outcome>& outcome) {
    Outcome own = outcome.value_or(Outcome());
    own.id = change.id;
    const wire::Runs<Outcome> outcomes{own};
    const EndedTasks ended{change.state,   change.attempt,           change.worker,      change.reason,
                           change.unix_ms, &outcomes.runs().front(), outcome.has_value()};
    return end(std::span(&ended, 1));
}

Status Ledger::forget(std::span<const ForgetChange> changes) {
    return state_->forgotten.write(changes, state_->added);
}

Status Ledger::commit() {
    if (!state_->begun) { return {}; }
    state_->begun = false;
    const Totals added = std::exchange(state_->added, {});
    if (added != Totals{}) {
        state_->total.begin().bind(added.tasks).bind(added.ends).bind(added.forgets);
        if (auto counted = state_->total.run(); !counted) { return counted; }
    }
    return state_->commit.begin().run();
}

Result<std::optional<TaskRecord>> Ledger::find(const TaskId& id) {
    if (state_->newest < id) { return std::optional<TaskRecord>(); }  // ids rise: so it is with a fresh one
    return state_->finder.find(id);
}

TaskId Ledger::newest() const { return state_->newest; }

Status Ledger::each_alive(const std::function<void(TaskRecord)>& take) {
    auto statement = state_->database->prepare(
        "SELECT " + std::string(kTaskColumns) + ", living.id IS NOT NULL, " + std::string(kLivingColumns) +
        " FROM tasks LEFT JOIN living USING (id) WHERE NOT EXISTS (SELECT 1 FROM end_rows WHERE end_rows.id "
        "= tasks.id) ORDER BY tasks.id");
    if (!statement) { return statement.error(); }
    while (true) {
        auto row = statement->step();
        if (!row) { return row.error(); }
        if (!*row) { return {}; }
        TaskRecord record = read_task(*statement);
        if (statement->integer() != 0) {
            if (auto read = read_living(*statement, record); !read) { return read.error(); }
        }
        take(std::move(record));
    }
}

LedgerReader::LedgerReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LedgerReader::LedgerReader(LedgerReader&&) noexcept = default;
LedgerReader& LedgerReader::operator=(LedgerReader&&) noexcept = default;
LedgerReader::~LedgerReader() = default;

Result<LedgerReader> LedgerReader::open(const std::string& data_dir) {
    auto database = Database::open(data_dir + "/ledger.db", Database::Mode::read, ledger_schema());
    if (!database) { return database.error(); }
    auto finder = TaskFinder::prepare(**database, data_dir);
    if (!finder) { return finder.error(); }
    auto forgotten = (*database)->prepare("SELECT at, due FROM forgotten WHERE id = ?");
    if (!forgotten) { return forgotten.error(); }
    return LedgerReader(
        std::unique_ptr<State>(new State{std::move(*database), std::move(*finder), std::move(*forgotten)}));
}

Status LedgerReader::begin() { return state_->database->execute("BEGIN"); }
Status LedgerReader::end() { return state_->database->execute("COMMIT"); }

Result<std::optional<TaskRecord>> LedgerReader::find(const TaskId& id) {
    auto record = state_->finder.find(id);
    if (!record || !*record || !has_ended((*record)->state)) { return record; }
    bind_id(state_->forgotten.begin(), id);
    auto row = state_->forgotten.step();
    if (!row) { return row.error(); }
    if (*row) {
        (*record)->deleted_unix_ms = state_->forgotten.integer();
        (*record)->gone_unix_ms = state_->forgotten.integer();
    }
    state_->forgotten.begin();
    return record;
}

Result<std::vector<TaskRecord>> LedgerReader::list(const ListQuery& query) {
    // CROSS JOIN: through the rows of the group, which are in the order that is asked for.
    const bool grouped = query.group != TaskId{};
    const std::string id = grouped ? "group_rows.id" : "tasks.id";
    std::string sql = "SELECT " + id + " FROM ";
    sql += grouped ? "group_rows CROSS JOIN tasks ON tasks.id = group_rows.id" : "tasks";
    if (query.state && has_ended(*query.state)) {
        sql += " JOIN ends ON ends.id = " + id + " AND ends.state = ?";
    }
    if (query.state && !has_ended(*query.state)) {
        sql += " LEFT JOIN living ON living.id = " + id + " WHERE coalesce(living.state, 'queued') = ?";
    } else {
        sql += " WHERE 1";
    }
    if (query.alive || (query.state && !has_ended(*query.state))) {
        sql += " AND NOT EXISTS (SELECT 1 FROM end_rows WHERE end_rows.id = " + id + ")";
    }
    if (grouped) { sql += " AND group_rows.task_group = ?"; }
    sql += std::string(" AND ") + (query.forgotten ? "" : "NOT ") +
           "EXISTS (SELECT 1 FROM forgotten WHERE forgotten.id = " + id + ")";
    if (query.owner) { sql += " AND owner = ?"; }
    if (!query.text.empty()) { sql += " AND instr(plain_letters(name), plain_letters(?)) > 0"; }
    if (query.before) { sql += " AND " + id + " < ?"; }
    sql += " ORDER BY " + id + " DESC LIMIT ?";
    auto statement = state_->database->prepare(sql);
    if (!statement) { return statement.error(); }
    if (query.state) { statement->bind(to_string(*query.state)); }
    if (grouped) { bind_id(*statement, query.group); }
    if (query.owner) { statement->bind(std::string_view(*query.owner)); }
    if (!query.text.empty()) { statement->bind(std::string_view(query.text)); }
    if (query.before) { bind_id(*statement, *query.before); }
    statement->bind(std::uint64_t{std::min<std::size_t>(query.limit, 1000)});
    std::vector<TaskRecord> found;
    while (true) {
        auto row = statement->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        auto record = find(read_id(*statement));
        if (!record) { return record.error(); }
        if (*record) { found.push_back(std::move(**record)); }
    }
}

}  // namespace nias::store
