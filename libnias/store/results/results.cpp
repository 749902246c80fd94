#include "store/results/results.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "store/forgotten/forgotten.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/heads.hpp"
#include "store/sqlite/insert.hpp"
#include "store/sqlite/outcome_rows.hpp"

namespace nias::embedded {
extern const std::string_view results_sql;
extern const std::string_view results_from_2_sql;
}  // namespace nias::embedded

namespace nias::store {

struct Results::State {
    /// The statements that a writer has and a reader lacks.
    struct Adding {
        Heads<OutcomeHead> heads;
        Insert rows;
        static Result<Adding> prepare(Database& database);
    };
    std::unique_ptr<Database> database;
    std::optional<Adding> add;
    Statement find;
    Statement of_task;
    Statement output;

    static Result<Results> prepare(std::unique_ptr<Database> database, Database::Mode mode);

    using Reported = std::span<const ReportedOutcomes>;
    [[nodiscard]] Status add_all(Reported reported);
    /// How many were not there yet.
    [[nodiscard]] Result<std::size_t> write(Reported reported);
    /// Writes those that are not there yet, each once.
    [[nodiscard]] Status write_fresh(Reported reported);
    [[nodiscard]] Status erase_all(std::span<const TaskId> ids);
    [[nodiscard]] Result<std::optional<Bytes>> output_of(const AttemptRef& attempt);
    [[nodiscard]] Result<bool> hold(const wire::Run<Outcome>& run);
};

Results::Results(std::unique_ptr<State> state) : state_(std::move(state)) {}
Results::Results(Results&&) noexcept = default;
Results& Results::operator=(Results&&) noexcept = default;
Results::~Results() = default;

namespace {

Result<std::unique_ptr<Database>> open_database(const std::string& data_dir, Database::Mode mode) {
    if (mode == Database::Mode::write) {
        if (auto made = make_folder(data_dir); !made) { return made.error(); }
    }
    // 2 had a whole row of `outcomes` each, 3 no heads that are gone.
    static const std::array<SchemaChange, 2> kChanges{{{2, embedded::results_from_2_sql}, {3, ""}}};
    return Database::open(data_dir + "/results.db", mode,
                          {.sql = embedded::results_sql, .version = 4, .changes = kChanges});
}

/// Deletes heads whose last row was erased. Before anything is written: heads that were written lately are
/// used again.
Status clean_heads(Database& database) {
    auto any = database.prepare("SELECT EXISTS (SELECT 1 FROM gone_heads)");
    if (!any) { return any.error(); }
    if (auto row = any->step(); !row) { return row.error(); }
    const bool none = any->integer() == 0;
    any->begin();
    if (none) { return {}; }
    return database.execute(
        "BEGIN IMMEDIATE; DELETE FROM outcome_heads WHERE head IN (SELECT head FROM gone_heads) "
        "AND head NOT IN (SELECT head FROM outcome_rows); DELETE FROM gone_heads; COMMIT");
}

void bind_attempt(Statement& statement, const AttemptRef& attempt) {
    bind_id(statement, attempt.id);
    statement.bind(attempt.attempt);
}

Result<Outcome> read_row(Statement& statement) {
    Outcome outcome;
    outcome.id = read_id(statement);
    outcome.attempt = static_cast<Attempt>(statement.integer());
    read_outcome(statement, outcome);
    return outcome;
}

}  // namespace

Result<Results::State::Adding> Results::State::Adding::prepare(Database& database) {
    auto heads = Heads<OutcomeHead>::prepare(database, "outcome_heads", kOutcomeHeadColumns);
    if (!heads) { return heads.error(); }
    auto rows = Insert::prepare(database,
                                "INSERT OR IGNORE INTO outcome_rows (id, attempt, head, output) VALUES ", 4);
    if (!rows) { return rows.error(); }
    return Adding{std::move(*heads), std::move(*rows)};
}

Result<Results> Results::State::prepare(std::unique_ptr<Database> database, Database::Mode mode) {
    const std::string columns = "id, attempt, " + std::string(kOutcomeColumns);
    auto find = database->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? AND attempt = ?");
    if (!find) { return find.error(); }
    auto of_task = database->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? ORDER BY attempt");
    if (!of_task) { return of_task.error(); }
    auto output = database->prepare("SELECT output FROM outcome_rows WHERE id = ? AND attempt = ?");
    if (!output) { return output.error(); }
    std::optional<Adding> add;
    if (mode == Database::Mode::write) {
        auto prepared = Adding::prepare(*database);
        if (!prepared) { return prepared.error(); }
        add.emplace(std::move(*prepared));
    }
    return Results(std::unique_ptr<State>(new State{std::move(database), std::move(add), std::move(*find),
                                                    std::move(*of_task), std::move(*output)}));
}

Result<Results> Results::open(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::write);
    if (!database) { return database.error(); }
    if (auto cleaned = clean_heads(**database); !cleaned) { return cleaned.error(); }
    return State::prepare(std::move(*database), Database::Mode::write);
}

Result<Results> Results::open_reader(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::read);
    if (!database) { return database.error(); }
    return State::prepare(std::move(*database), Database::Mode::read);
}

Result<std::size_t> Results::State::write(Reported reported) {
    std::int64_t head = 0;
    EachOfRuns each(reported, [](const ReportedOutcomes& one) { return one.outcomes->size(); });
    return add->rows.rows(each.count(), [&](Statement& row, std::size_t) -> Status {
        const auto [of, i] = each.next();
        const Outcome& shared = of.outcomes->shared;
        if (i == 0) {
            auto number = add->heads.number(outcome_head(shared, of.worker));
            if (!number) { return number.error(); }
            head = *number;
        }
        bind_id(row, of.outcomes->ids[i]);
        row.bind(shared.attempt).bind(head).bind(of.outcomes->carried_of(i));
        return {};
    });
}

Status Results::State::write_fresh(Reported reported) {
    std::set<AttemptRef> seen;
    for (const ReportedOutcomes& one : reported) {
        const wire::Run<Outcome>& all = *one.outcomes;
        wire::Run<Outcome> fresh{all.shared, {}, {}};
        for (std::size_t i = 0; i < all.size(); ++i) {
            const AttemptRef attempt{all.ids[i], all.shared.attempt};
            if (!seen.insert(attempt).second) { continue; }
            bind_attempt(find.begin(), attempt);
            auto is_there = find.step();
            if (!is_there) { return is_there.error(); }
            find.begin();
            if (!*is_there) { fresh.add(attempt.id, all.carried_of(i)); }
        }
        const ReportedOutcomes rest{&fresh, one.worker};
        if (auto added = write(std::span(&rest, 1)); !added) { return added.error(); }
    }
    return {};
}

// Repeats are rare, so they are looked for only where a row was already there. Then all is done once more
// without them: their heads, which no row would have, must not stay, for a worker repeats every second what a
// ventilator that is down does not settle.
Status Results::State::add_all(Reported reported) {
    if (auto begun = database->execute("BEGIN IMMEDIATE"); !begun) { return begun; }
    std::size_t given = 0;
    for (const ReportedOutcomes& one : reported) { given += one.outcomes->size(); }
    auto added = write(reported);
    if (!added) { return added.error(); }
    if (*added < given) {
        add->heads.forget();
        if (auto undone = database->execute("ROLLBACK; BEGIN IMMEDIATE"); !undone) { return undone; }
        if (auto written = write_fresh(reported); !written) { return written; }
    }
    return database->execute("COMMIT");
}

Status Results::State::erase_all(std::span<const TaskId> ids) {
    if (auto begun = database->execute("BEGIN IMMEDIATE"); !begun) { return begun; }
    for (const char* sql :
         {"INSERT OR IGNORE INTO gone_heads (head) SELECT head FROM outcome_rows WHERE id = ?",
          "DELETE FROM outcome_rows WHERE id = ?"}) {
        auto statement = database->prepare(sql);
        if (!statement) { return statement.error(); }
        for (const TaskId& id : ids) {
            bind_id(statement->begin(), id);
            if (auto done = statement->run(); !done) { return done; }
        }
    }
    return database->execute("COMMIT");
}

Status Results::add(std::span<const ReportedOutcomes> reported) {
    if (!state_->add) { return Error{ErrorCode::conflict, "a reader of results.db writes nothing"}; }
    auto added = state_->add_all(reported);
    if (added) { return added; }
    state_->add->heads.forget();
    const auto undone = state_->database->roll_back();
    return undone ? added : undone;
}

Status Results::erase(std::span<const TaskId> ids) {
    if (!state_->add) { return Error{ErrorCode::conflict, "a reader of results.db erases nothing"}; }
    auto erased = state_->erase_all(ids);
    if (erased) { return erased; }
    const auto undone = state_->database->roll_back();
    return undone ? erased : undone;
}

Status Results::spare_used(std::set<BlobHash>& unused) {
    return spare_named(*state_->database,
                       "SELECT output_blob FROM outcome_heads WHERE output_blob IS NOT NULL AND (head NOT IN "
                       "(SELECT head FROM gone_heads) OR head IN (SELECT head FROM outcome_rows))",
                       unused);
}

Result<std::optional<Outcome>> Results::find(const AttemptRef& attempt) {
    bind_attempt(state_->find.begin(), attempt);
    auto row = state_->find.step();
    if (!row) { return row.error(); }
    if (!*row) { return std::optional<Outcome>(); }
    auto outcome = read_row(state_->find);
    state_->find.begin();
    if (!outcome) { return outcome.error(); }
    return std::optional<Outcome>(std::move(*outcome));
}

Result<std::optional<Bytes>> Results::State::output_of(const AttemptRef& attempt) {
    bind_attempt(output.begin(), attempt);
    auto row = output.step();
    if (!row) { return row.error(); }
    std::optional<Bytes> found;
    if (*row) { found = output.bytes(); }
    output.begin();
    return found;
}

Result<bool> Results::State::hold(const wire::Run<Outcome>& run) {
    for (std::size_t i = 0; i < run.size(); ++i) {
        const auto mine = run.carried_of(i);
        const auto kept = output_of({run.ids[i], run.shared.attempt});
        if (!kept) { return kept.error(); }
        if (!*kept || !std::equal(mine.begin(), mine.end(), (*kept)->begin(), (*kept)->end())) {
            return false;
        }
    }
    return true;
}

Result<std::optional<Bytes>> Results::output_of(const AttemptRef& attempt) {
    return state_->output_of(attempt);
}

// One transaction, because each look-up of its own would take the file's locks.
Result<bool> Results::hold(const wire::Run<Outcome>& run) {
    if (auto begun = state_->database->execute("BEGIN"); !begun) { return begun.error(); }
    auto all = state_->hold(run);
    if (auto done = state_->database->roll_back(); !done) { return done.error(); }
    return all;
}

Result<std::vector<Outcome>> Results::of_task(const TaskId& id) {
    bind_id(state_->of_task.begin(), id);
    std::vector<Outcome> found;
    while (true) {
        auto row = state_->of_task.step();
        if (!row) { return row.error(); }
        if (!*row) { return found; }
        auto outcome = read_row(state_->of_task);
        if (!outcome) { return outcome.error(); }
        found.push_back(std::move(*outcome));
    }
}

Result<std::vector<Outcome>> read_earlier_attempts(const std::string& data_dir, const AttemptRef& current) {
    if (current.attempt < 2) { return std::vector<Outcome>(); }
    auto results = Results::open_reader(data_dir);
    if (!results) {
        if (results.error().code == ErrorCode::not_found) { return std::vector<Outcome>(); }
        return results.error();
    }
    auto all = results->of_task(current.id);
    if (all) {
        std::erase_if(*all, [&](const Outcome& outcome) { return outcome.attempt >= current.attempt; });
    }
    return all;
}

}  // namespace nias::store
