#include "store/results.hpp"

#include "store/database.hpp"
#include "store/insert.hpp"

namespace nias::embedded {
extern const std::string_view results_sql;
}

namespace nias::store {

struct Results::State {
    std::unique_ptr<Database> database;
    std::optional<Insert> add;  ///< nothing: a reader
    Statement find;
    Statement of_task;

    static Result<Results> prepare(std::unique_ptr<Database> database, Database::Mode mode);
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
    return Database::open(data_dir + "/results.db", mode, {.sql = embedded::results_sql, .version = 2});
}

Result<Outcome> read_row(Statement& statement) {
    Outcome outcome;
    outcome.id = read_id(statement);
    outcome.attempt = static_cast<Attempt>(statement.integer());
    read_outcome(statement, outcome);
    return outcome;
}

}  // namespace

Result<Results> Results::State::prepare(std::unique_ptr<Database> database, Database::Mode mode) {
    const std::string columns = "id, attempt, " + std::string(kOutcomeColumns);
    auto find = database->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? AND attempt = ?");
    if (!find) { return find.error(); }
    auto of_task = database->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? ORDER BY attempt");
    if (!of_task) { return of_task.error(); }
    std::optional<Insert> add;
    if (mode == Database::Mode::write) {
        auto prepared = Insert::prepare(*database, "INSERT OR IGNORE INTO outcomes (" + columns + ") VALUES ",
                                        2 + kOutcomeColumnCount);
        if (!prepared) { return prepared.error(); }
        add.emplace(std::move(*prepared));
    }
    return Results(std::unique_ptr<State>(
        new State{std::move(database), std::move(add), std::move(*find), std::move(*of_task)}));
}

Result<Results> Results::open(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::write);
    if (!database) { return database.error(); }
    return State::prepare(std::move(*database), Database::Mode::write);
}

Result<Results> Results::open_reader(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::read);
    if (!database) { return database.error(); }
    return State::prepare(std::move(*database), Database::Mode::read);
}

Status Results::add(std::span<const ReportedOutcome> outcomes) {
    if (!state_->add) { return Error{ErrorCode::conflict, "a reader of results.db writes nothing"}; }
    if (auto begun = state_->database->execute("BEGIN IMMEDIATE"); !begun) { return begun; }
    auto added = state_->add->rows(outcomes.size(), [&](Statement& row, std::size_t i) {
        const Outcome& outcome = *outcomes[i].outcome;
        bind_id(row, outcome.id);
        row.bind(outcome.attempt);
        bind_outcome(row, outcome, outcomes[i].worker);
    });
    if (!added) {
        const auto undone = state_->database->execute("ROLLBACK");
        return undone ? added : undone;
    }
    return state_->database->execute("COMMIT");
}

Result<std::optional<Outcome>> Results::find(const AttemptRef& attempt) {
    bind_id(state_->find.begin(), attempt.id);
    state_->find.bind(attempt.attempt);
    auto row = state_->find.step();
    if (!row) { return row.error(); }
    if (!*row) { return std::optional<Outcome>(); }
    auto outcome = read_row(state_->find);
    state_->find.begin();
    if (!outcome) { return outcome.error(); }
    return std::optional<Outcome>(std::move(*outcome));
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

}  // namespace nias::store
