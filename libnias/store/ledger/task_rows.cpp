#include "store/ledger/task_rows.hpp"

#include <algorithm>
#include <charconv>

namespace nias::store {
namespace {

/// «2 matlab_seats», a line each: names have no line ends.
std::string lines_of(const CountedResources& counted) {
    std::string lines;
    for (const auto& [name, amount] : counted) { lines += std::to_string(amount) + " " + name + "\n"; }
    return lines;
}

CountedResources counted_in(const std::string& lines) {
    if (lines.empty()) { return {}; }
    std::vector<CountedResource> list;
    for (std::size_t from = 0, to = 0; (to = lines.find('\n', from)) != std::string::npos; from = to + 1) {
        CountedResource& one = list.emplace_back();
        const char* const end = lines.data() + to;
        const auto read = std::from_chars(lines.data() + from, end, one.amount);
        one.name.assign(std::min(read.ptr + 1, end), end);
    }
    return CountedResources(std::move(list));
}

}  // namespace

TaskHead task_head(const Task& task, std::string_view client) {
    const TaskSpec& spec = task.spec;
    return {task.owner,
            client,
            spec.name,
            spec.runtime,
            spec.resources.cpus,
            spec.resources.gpus,
            spec.resources.memory_bytes,
            spec.time_limit_ms,
            spec.priority,
            spec.max_attempts,
            task.bundle,
            lines_of(spec.resources.counted),
            spec.lease_s,
            task.group == TaskId{} ? std::nullopt : std::optional(task.group),
            task.group_size,
            spec.max_failures,
            task.request};
}

EndHead end_head(const EndedTasks& ends, Told told) {
    const Outcome& outcome = ends.outcomes->shared;
    return std::tuple_cat(std::tuple(to_string(ends.state), ends.attempt, ends.worker, ends.reason,
                                     ends.unix_ms, static_cast<std::int32_t>(told)),
                          outcome_head(outcome, outcome.worker));
}

TaskRecord read_task(Statement& statement) {
    TaskRecord record;
    Task& task = record.task;
    task.id = read_id(statement);
    task.owner = statement.text();
    record.client = statement.text();
    task.spec.name = statement.text();
    task.spec.runtime = statement.text();
    task.spec.resources.cpus = static_cast<std::uint32_t>(statement.integer());
    task.spec.resources.gpus = static_cast<std::uint32_t>(statement.integer());
    task.spec.resources.memory_bytes = static_cast<std::uint64_t>(statement.integer());
    task.spec.time_limit_ms = static_cast<std::uint64_t>(statement.integer());
    task.spec.priority = static_cast<std::int32_t>(statement.integer());
    task.spec.max_attempts = static_cast<std::uint32_t>(statement.integer());
    task.payload = statement.bytes();
    task.bundle = read_blob(statement);
    record.submitted_unix_ms = statement.integer();
    task.spec.resources.counted = counted_in(statement.text());
    task.spec.lease_s = static_cast<std::uint32_t>(statement.integer());
    task.group = read_id(statement);
    task.group_size = static_cast<std::uint32_t>(statement.integer());
    task.spec.max_failures = static_cast<std::uint32_t>(statement.integer());
    task.request = statement.text();
    return record;
}

namespace {

std::vector<Attempt> attempts_in(const std::string& words) {
    std::vector<Attempt> attempts;
    const char* from = words.data();
    const char* const end = from + words.size();
    while (from < end) {
        Attempt attempt = 0;
        const auto read = std::from_chars(from, end, attempt);
        if (read.ec != std::errc()) { break; }
        attempts.push_back(attempt);
        from = std::min(read.ptr + 1, end);
    }
    return attempts;
}

Status read_state(Statement& statement, TaskRecord& record) {
    auto state = parse_task_state(statement.text());
    if (!state) {
        return Error{ErrorCode::corrupt,
                     "ledger: task " + to_string(record.task.id) + ": " + state.error().message};
    }
    record.state = *state;
    record.task.attempt = static_cast<Attempt>(statement.integer());
    record.worker = statement.text();
    record.reason = statement.text();
    return {};
}

}  // namespace

Status read_living(Statement& statement, TaskRecord& record) {
    auto read = read_state(statement, record);
    record.started_unix_ms = statement.integer();
    record.issued = static_cast<Attempt>(statement.integer());
    record.failures = static_cast<std::uint32_t>(statement.integer());
    record.open = attempts_in(statement.text());
    return read;
}

std::string words_of_attempts(const std::vector<Attempt>& attempts) {
    std::string words;
    for (const Attempt attempt : attempts) { words += (words.empty() ? "" : " ") + std::to_string(attempt); }
    return words;
}

Result<TaskFinder> TaskFinder::prepare(Database& database, const std::string& data_dir) {
    auto task = database.prepare("SELECT " + std::string(kTaskColumns) + " FROM tasks WHERE id = ?");
    if (!task) { return task.error(); }
    auto living = database.prepare("SELECT " + std::string(kLivingColumns) + " FROM living WHERE id = ?");
    if (!living) { return living.error(); }
    auto end = database.prepare("SELECT " + std::string(kEndColumns) + ", " + std::string(kOutcomeColumns) +
                                " FROM ends WHERE id = ?");
    if (!end) { return end.error(); }
    return TaskFinder(std::move(*task), std::move(*living), std::move(*end), data_dir);
}

Result<bool> TaskFinder::find_end(TaskRecord& record) {
    bind_id(end_.begin(), record.task.id);
    auto row = end_.step();
    if (!row || !*row) { return row; }
    if (auto read = read_state(end_, record); !read) { return read.error(); }
    record.ended_unix_ms = end_.integer();
    if (const auto told = static_cast<Told>(end_.integer()); told != Told::nothing) {
        Outcome& outcome = record.outcome.emplace();
        outcome.id = record.task.id;
        outcome.attempt = record.task.attempt;
        read_outcome(end_, outcome);
        if (told == Told::by_results) { outputs_.fetch_into(outcome); }
        record.started_unix_ms = outcome.started_unix_ms;
    }
    end_.begin();
    return true;
}

Result<std::optional<TaskRecord>> TaskFinder::find(const TaskId& id) {
    bind_id(task_.begin(), id);
    auto row = task_.step();
    if (!row) { return row.error(); }
    if (!*row) { return std::optional<TaskRecord>(); }
    TaskRecord record = read_task(task_);
    task_.begin();
    auto ended = find_end(record);
    if (!ended) { return ended.error(); }
    if (*ended) { return std::optional<TaskRecord>(std::move(record)); }
    bind_id(living_.begin(), id);
    auto living = living_.step();
    if (!living) { return living.error(); }
    if (*living) {
        if (auto read = read_living(living_, record); !read) { return read.error(); }
    }
    living_.begin();
    return std::optional<TaskRecord>(std::move(record));
}

}  // namespace nias::store
