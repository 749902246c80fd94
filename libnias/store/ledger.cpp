#include "store/ledger.hpp"

#include "store/database.hpp"
#include "store/task_rows.hpp"

namespace nias::embedded {
extern const std::string_view ledger_sql;
}

namespace nias::store {
namespace {

constexpr std::string_view kAlive = "state IN ('queued', 'assigned', 'running')";

std::string marks(std::size_t count) {
    std::string out = "?";
    for (std::size_t i = 1; i < count; ++i) { out += ", ?"; }
    return out;
}

}  // namespace

struct Ledger::State {
    std::unique_ptr<Database> database;
    Statement add;
    Statement change;
    Statement finish;
    Statement end;
    TaskFinder finder;
    bool begun = false;
};

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(const std::string& data_dir) {
    if (auto made = make_folder(data_dir); !made) { return made.error(); }
    auto database = Database::open(data_dir + "/ledger.db", Database::Mode::write, embedded::ledger_sql);
    if (!database) { return database.error(); }
    auto add = (*database)->prepare("INSERT INTO tasks (" + std::string(kTaskColumns) + ") VALUES (" + marks(21) + ")");
    if (!add) { return add.error(); }
    // An ended task never changes again: the guard is in the statement, not in the caller's care.
    const std::string guard = " WHERE id = ? AND " + std::string(kAlive);
    auto change = (*database)->prepare("UPDATE tasks SET state = ?, attempt = ?, worker = ?, reason = ?, started = ?" + guard);
    if (!change) { return change.error(); }
    auto finish = (*database)->prepare("UPDATE tasks SET state = ?, attempt = ?, worker = ?, reason = ?, started = ?, ended = ?" + guard);
    if (!finish) { return finish.error(); }
    auto end = (*database)->prepare("INSERT OR IGNORE INTO ends (id, attempt, " + std::string(kOutcomeColumns) + ") VALUES (" + marks(17) + ")");
    if (!end) { return end.error(); }
    auto finder = TaskFinder::prepare(**database);
    if (!finder) { return finder.error(); }
    return Ledger(std::unique_ptr<State>(new State{std::move(*database), std::move(*add), std::move(*change), std::move(*finish),
                                                   std::move(*end), std::move(*finder), false}));
}

Status Ledger::begin() {
    if (state_->begun) { return {}; }
    auto begun = state_->database->execute("BEGIN IMMEDIATE");
    state_->begun = begun.ok();
    return begun;
}

Status Ledger::add(const TaskRecord& record) {
    bind_task(state_->add.begin(), record);
    return state_->add.run();
}

Status Ledger::change(const TaskChange& change) {
    Statement& statement = state_->change.begin();
    const std::int64_t started = change.state == TaskState::running ? change.unix_ms : 0;
    statement.bind(to_string(change.state)).bind(change.attempt).bind(std::string_view(change.worker)).bind(std::string_view(change.reason)).bind(started);
    bind_id(statement, change.id);
    return statement.run();
}

Status Ledger::end(const TaskChange& change, const std::optional<Outcome>& outcome) {
    Statement& statement = state_->finish.begin();
    statement.bind(to_string(change.state)).bind(change.attempt).bind(std::string_view(change.worker)).bind(std::string_view(change.reason));
    statement.bind(outcome ? outcome->started_unix_ms : 0).bind(change.unix_ms);
    bind_id(statement, change.id);
    if (auto done = statement.run(); !done) { return done; }
    if (!outcome || state_->database->changes() == 0) { return {}; }
    bind_id(state_->end.begin(), change.id);
    state_->end.bind(outcome->attempt);
    bind_outcome(state_->end, *outcome);
    return state_->end.run();
}

Status Ledger::commit() {
    if (!state_->begun) { return {}; }
    state_->begun = false;
    return state_->database->execute("COMMIT");
}

Result<std::optional<TaskRecord>> Ledger::find(const TaskId& id) { return state_->finder.find(id); }

Result<std::vector<TaskRecord>> Ledger::alive() {
    auto statement = state_->database->prepare("SELECT " + std::string(kTaskColumns) + " FROM tasks WHERE " + std::string(kAlive) + " ORDER BY id");
    if (!statement) { return statement.error(); }
    std::vector<TaskRecord> found;
    while (true) {
        auto row = statement->step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        auto record = read_task(*statement);
        if (!record) { return record.error(); }
        found.push_back(std::move(*record));
    }
}

struct LedgerReader::State {
    std::unique_ptr<Database> database;
    TaskFinder finder;
};

LedgerReader::LedgerReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LedgerReader::LedgerReader(LedgerReader&&) noexcept = default;
LedgerReader& LedgerReader::operator=(LedgerReader&&) noexcept = default;
LedgerReader::~LedgerReader() = default;

Result<LedgerReader> LedgerReader::open(const std::string& data_dir) {
    auto database = Database::open(data_dir + "/ledger.db", Database::Mode::read, {});
    if (!database) { return database.error(); }
    auto finder = TaskFinder::prepare(**database);
    if (!finder) { return finder.error(); }
    return LedgerReader(std::unique_ptr<State>(new State{std::move(*database), std::move(*finder)}));
}

Result<std::optional<TaskRecord>> LedgerReader::find(const TaskId& id) { return state_->finder.find(id); }

Result<std::vector<TaskRecord>> LedgerReader::list(const ListQuery& query) {
    std::string sql = "SELECT id FROM tasks WHERE 1";
    if (query.owner) { sql += " AND owner = ?"; }
    if (query.state) { sql += " AND state = ?"; }
    if (!query.text.empty()) { sql += " AND instr(lower(name), lower(?)) > 0"; }
    if (query.before) { sql += " AND id < ?"; }
    sql += " ORDER BY id DESC LIMIT ?";
    auto statement = state_->database->prepare(sql);
    if (!statement) { return statement.error(); }
    if (query.owner) { statement->bind(std::string_view(*query.owner)); }
    if (query.state) { statement->bind(to_string(*query.state)); }
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

Result<QueueCounts> LedgerReader::counts() {
    auto statement = state_->database->prepare(
        "SELECT coalesce(sum(state = 'queued'), 0), coalesce(sum(state <> 'queued'), 0), (SELECT count(*) FROM ends) FROM tasks WHERE " + std::string(kAlive));
    if (!statement) { return statement.error(); }
    auto row = statement->step();
    if (!row) { return row.error(); }
    QueueCounts counts;
    counts.queued = static_cast<std::uint64_t>(statement->integer());
    counts.running = static_cast<std::uint64_t>(statement->integer());
    counts.ended = static_cast<std::uint64_t>(statement->integer());
    return counts;
}

Result<std::uint64_t> LedgerReader::place_in_line(const TaskId& id) {
    auto statement = state_->database->prepare("SELECT count(*) FROM tasks WHERE state = 'queued' AND " + std::string(kAlive) + " AND id < ?");
    if (!statement) { return statement.error(); }
    bind_id(*statement, id);
    auto row = statement->step();
    if (!row) { return row.error(); }
    return static_cast<std::uint64_t>(statement->integer());
}

}  // namespace nias::store
