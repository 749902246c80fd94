#include "store/results.hpp"

#include "store/database.hpp"

namespace nias::embedded {
extern const std::string_view results_sql;
}

namespace nias::store {

struct Results::State {
    std::unique_ptr<Database> database;
    Statement add;
    Statement find;
    Statement of_task;
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
    return Database::open(data_dir + "/results.db", mode, embedded::results_sql);
}

Result<Outcome> read_row(Statement& statement) {
    Outcome outcome;
    outcome.id = read_id(statement);
    outcome.attempt = static_cast<Attempt>(statement.integer());
    read_outcome(statement, outcome);
    return outcome;
}

}  // namespace

Result<Results> Results::open(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::write);
    if (!database) { return database.error(); }
    const std::string columns = "id, attempt, " + std::string(kOutcomeColumns);
    auto add = (*database)->prepare("INSERT OR IGNORE INTO outcomes (" + columns +
                                    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    auto find = (*database)->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? AND attempt = ?");
    auto of_task = (*database)->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? ORDER BY attempt");
    if (!add) { return add.error(); }
    if (!find) { return find.error(); }
    if (!of_task) { return of_task.error(); }
    return Results(std::unique_ptr<State>(
        new State{std::move(*database), std::move(*add), std::move(*find), std::move(*of_task)}));
}

Result<Results> Results::open_reader(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::read);
    if (!database) { return database.error(); }
    const std::string columns = "id, attempt, " + std::string(kOutcomeColumns);
    auto add = (*database)->prepare("SELECT 1");
    auto find = (*database)->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? AND attempt = ?");
    auto of_task = (*database)->prepare("SELECT " + columns + " FROM outcomes WHERE id = ? ORDER BY attempt");
    if (!add) { return add.error(); }
    if (!find) { return find.error(); }
    if (!of_task) { return of_task.error(); }
    return Results(std::unique_ptr<State>(
        new State{std::move(*database), std::move(*add), std::move(*find), std::move(*of_task)}));
}

Status Results::add(const std::vector<Outcome>& outcomes) {
    if (auto begun = state_->database->execute("BEGIN IMMEDIATE"); !begun) { return begun; }
    for (const Outcome& outcome : outcomes) {
        bind_id(state_->add.begin(), outcome.id);
        state_->add.bind(outcome.attempt);
        bind_outcome(state_->add, outcome);
        if (auto added = state_->add.run(); !added) {
            const auto undone = state_->database->execute("ROLLBACK");
            return undone ? added : undone;
        }
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
