// nias delete, nias restore: ended jobs leave the lists, and come back as long as they are not gone.
#include <iostream>

#include "base/clock.hpp"
#include "cli/lab.hpp"
#include "cli/verbs.hpp"
#include "job/array/indices.hpp"
#include "service/questions.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(10);

/// A line for each job that was not touched, and why.
void tell_of(const std::vector<TaskId>& ids, const char* program, const char* why) {
    for (const TaskId& id : ids) { std::cerr << program << ": job " << to_string(id) << why << '\n'; }
}

/// Puts the members of an array in the place of its id.
Status take_members(store::LedgerReader& ledger, bool forgotten, std::vector<TaskId>& ids) {
    std::vector<TaskId> tasks;
    for (const TaskId& id : ids) {
        const auto members =
            ledger.members({.group = id, .limit = job::kArrayMembersMax, .forgotten = forgotten});
        if (!members) { return members.error(); }
        for (const store::MemberRow& member : *members) { tasks.push_back(member.id); }
        if (members->empty()) { tasks.push_back(id); }
    }
    ids = std::move(tasks);
    return {};
}

int forget(const char* program, const char* help, bool undo, int argc, const char* const* argv) {
    std::vector<std::string> names;
    std::string data = "./nias-data";
    std::uint64_t after_s = service::kForgetAfterS;
    daemon::Options options(program, help);
    options.quiet();
    options.positionals("ids", names, "the jobs");
    options.text("data", data, "data directory of the server");
    if (!undo) {
        options.number("after-s", after_s, 0, wire::kForgetAfterMaxS,
                       "seconds for which they can be brought back");
    }
    if (const auto code = options.parse(argc, argv)) { return *code; }
    wire::Forget order{.ids = {}, .owner = {}, .after_s = static_cast<std::uint32_t>(after_s), .undo = undo};
    for (const std::string& name : names) {
        const auto id = parse_task_id(name);
        if (!id) { return daemon::report(program, id.error()); }
        order.ids.push_back(*id);
    }
    auto lab = Lab::open(data);
    if (!lab) { return daemon::report(program, lab.error()); }
    if (auto taken = take_members(lab->ledger(), undo, order.ids); !taken) {
        return daemon::report(program, taken.error());
    }
    const auto told = service::forget_tasks(lab->endpoints().control, order, kPatience);
    if (!told) { return daemon::report(program, told.error()); }
    tell_of(told->living, program, " has not ended: «nias cancel» it first");
    tell_of(told->unknown, program,
            " is not there: «nias list» and «nias list --deleted» show those there are");
    if (!told->done.empty()) {
        std::cout << (undo ? "brought back: " : "deleted: ") << told->done.size();
        if (!undo && after_s > 0) {
            std::cout << "; «nias restore» brings them back until "
                      << time_text(unix_ms_now() + 1'000 * static_cast<std::int64_t>(after_s));
        }
        std::cout << '\n';
    }
    return told->done.size() == order.ids.size() ? 0 : 1;
}

}  // namespace

int remove(int argc, const char* const* argv) {
    return forget("nias delete", "Deletes jobs that have ended, with all that is kept of them.", false, argc,
                  argv);
}

int restore(int argc, const char* const* argv) {
    return forget("nias restore", "Brings deleted jobs back that are not gone yet.", true, argc, argv);
}

}  // namespace nias::cli
