"""Deliberate faults in copies of the core's sources, and the proof that the simulation catches each.

    mutants.py write CORE_FOLDER OUT_FOLDER     writes the changed copies, for the build of sim_mutants
    mutants.py check SIM_MUTANTS [SEEDS]        runs every mutant, and none, over the seeds

The product's sources have no trace of this. A fault's text that is not exactly once in its file stops the build:
then the code has changed, and the table below has to follow.
"""
import re
import subprocess
import sys
from pathlib import Path

SEEDS = 1000  # a fault that shows in one world of three hundred is missed by a thousand in one draw of thirty
SEEDS_WITHOUT = 300

# Name: file, text, what stands there instead; CHOSEN becomes the question whether this is the run's fault.
MUTANTS = {
    # A late outcome of an old attempt is taken (A3).
    "skip_fence": ("dispatch/intake.cpp",
                   "if (work == nullptr || work->attempt != attempt) { return false; }",
                   "if (work == nullptr || (!CHOSEN && work->attempt != attempt)) { return false; }"),
    # A task comes back to the queue under the number that its last worker may still run (A3).
    "same_attempt": ("dispatch/dispatch.cpp",
                     "        work.attempt = work.next_number();\n",
                     "        if (!CHOSEN) { work.attempt = work.next_number(); }\n"),
    # The worker is told that its outcome is settled, and it is not taken (A1).
    "drop_settle": ("dispatch/intake.cpp",
                    "            if (State::is_current(work, attempt.attempt, reporter)) {",
                    "            if (CHOSEN) { continue; }\n            if (State::is_current(work, attempt.attempt, reporter)) {"),
    # An end is told that was never journalled (A2).
    "unjournalled_end": ("dispatch/tasks.cpp",
                         "    if (options.journals) {\n        out.journal.end(told",
                         "    if (options.journals && !CHOSEN) {\n        out.journal.end(told"),
    # The worker grants credit once a Hello, and never again.
    "forget_credit": ("execute/execute.cpp",
                      "    if (!enough && !again) { return; }\n",
                      "    if ((!enough && !again) || (CHOSEN && granted > 0)) { return; }\n"),
    # A doubled frame of tasks is taken like the first.
    "take_doubled_frame": ("execute/execute.cpp",
                           "if (tasks.sent_total < s.received + count || tasks.sent_total > s.granted) {",
                           "if (!CHOSEN && (tasks.sent_total < s.received + count || tasks.sent_total > s.granted)) {"),
    # The worker says that it gave an attempt back, and runs it all the same.
    "keep_retracted": ("execute/execute.cpp",
                       "        if (item != nullptr) {\n            s.remove_waiting(attempt);",
                       "        if (item != nullptr && !CHOSEN) {\n            s.remove_waiting(attempt);"),
    # A paused worker stays paused, whatever the administrator says.
    "no_resume": ("dispatch/questions.cpp",
                  "const auto fault = machines.resume(answer.worker);",
                  "const auto fault = CHOSEN ? std::optional<std::string>() : machines.resume(answer.worker);"),
    # A ventilator that starts again forgets who holds a counted resource.
    "soft_seat": ("dispatch/dispatch.cpp",
                  "note_state(work, when, out, !raised && counted.empty());",
                  "note_state(work, when, out, !raised && (CHOSEN || counted.empty()));"),
    # What an attempt held of the lab is never free again.
    "keep_seat": ("dispatch/tasks.cpp",
                  "    if (!work.spec().resources.counted.empty()) { pool.release(",
                  "    if (!CHOSEN && !work.spec().resources.counted.empty()) { pool.release("),
    # Smaller tasks take what is kept for one that they have passed for too long.
    "ignore_reservation": ("dispatch/dispatch.cpp",
                           "            return machine.fits(shape) &&",
                           "            return (CHOSEN ? machine.fits_reserved(shape) : machine.fits(shape)) &&"),
    # Long tasks fill every slot.
    "no_short_lane": ("dispatch/machines.cpp",
                      "(shape.is_long && !has_long_slot())",
                      "(!CHOSEN && shape.is_long && !has_long_slot())"),
    # A failed task is tried again once more than it asked for.
    "one_failure_more": ("dispatch/tasks.cpp",
                         "work.failures() < work.spec().max_failures) {",
                         "work.failures() < work.spec().max_failures + (CHOSEN ? 1U : 0U)) {"),
    # A failed task that asks to be tried again is not.
    "no_retry": ("dispatch/tasks.cpp",
                 "    if (event == TaskEvent::failed && !work.cancel_wanted",
                 "    if (!CHOSEN && event == TaskEvent::failed && !work.cancel_wanted"),
    # A ventilator that starts again forgets how often a task has failed.
    "forget_failures": ("dispatch/dispatch.cpp",
                        "work.make_past().failures = static_cast<std::uint32_t>(failed);",
                        "work.make_past().failures = CHOSEN ? 0 : static_cast<std::uint32_t>(failed);"),
    # A worker that is silent for good keeps its tasks (A4).
    "no_lease": ("dispatch/lease.cpp",
                 "if (silence <= options.lease) { return; }",
                 "if (CHOSEN || silence <= options.lease) { return; }"),
    # The silence of a machine is borne no longer for what runs there than for what has not begun.
    "short_lease": ("dispatch/lease.cpp",
                    "if (work.state != TaskState::running) { return options.lease; }",
                    "if (CHOSEN || work.state != TaskState::running) { return options.lease; }"),
    # An orderly stop uses up an attempt.
    "stop_counts": ("dispatch/admission.cpp",
                    "    s.give_back_all(machine, {TaskEvent::declined, why}, when, out);\n    s.depart(machine, wire::WorkerState::stopped,",
                    "    s.give_back_all(machine, {CHOSEN ? TaskEvent::worker_lost : TaskEvent::declined, why, CHOSEN}, when, out);\n"
                    "    s.depart(machine, wire::WorkerState::stopped,"),
    # A stop whose goodbye was lost uses up an attempt.
    "stopped_life_counts": ("dispatch/control.cpp",
                            "const bool crashed = restarted && !was_stopped;",
                            "const bool crashed = restarted && (CHOSEN || !was_stopped);"),
    # A revoked key uses up an attempt of what ran there.
    "revoke_counts": ("dispatch/admission.cpp",
                      "s.give_back_all(*machine, {TaskEvent::declined, why}, when, out);",
                      "s.give_back_all(*machine, {CHOSEN ? TaskEvent::worker_lost : TaskEvent::declined, why, CHOSEN}, when, out);"),
    # A worker whose key was revoked is taken in again.
    "revoked_comes_back": ("dispatch/admission.cpp",
                           "    s.machines.supersede(machine->incarnation, wire::WorkerRefusal::revoked);",
                           "    if (!CHOSEN) { s.machines.supersede(machine->incarnation, wire::WorkerRefusal::revoked); }"),
    # A second machine with the same key takes the name from one that beats.
    "no_contest": ("dispatch/admission.cpp",
                   "if (machine.incarnation == hello.incarnation || is_dead) { return false; }",
                   "if (CHOSEN || machine.incarnation == hello.incarnation || is_dead) { return false; }"),
    # The first of two machines does not answer when it is asked whether it lives.
    "deaf_first": ("execute/execute.cpp",
                   "    if (beat.welcome != 0) {  //",
                   "    if (!CHOSEN && beat.welcome != 0) {  //"),
    # What a returning worker has is dropped.
    "no_adoption": ("dispatch/returned.cpp",
                    "    const bool is_current = work.attempt == named;\n",
                    "    const bool is_current = work.attempt == named;\n    if (CHOSEN) { return false; }\n"),
    # An earlier attempt is taken back although a later one has begun.
    "keep_open": ("dispatch/control.cpp",
                  "        work.close_earlier();\n        work.since_s",
                  "        if (!CHOSEN) { work.close_earlier(); }\n        work.since_s"),
    # Of a group that is cancelled, the first task alone is.
    "cancel_one_of_group": ("dispatch/intake.cpp",
                            "for (const TaskId& id : members) { cancel(",
                            "for (const TaskId& id : members) { if (CHOSEN && id != members.front()) { break; } cancel("),
    # A task of a cancelled group that comes back from its worker is given out again.
    "cancelled_begins_anew": ("dispatch/tasks.cpp",
                              "    if (work.cancel_wanted || used_up) {\n",
                              "    if (CHOSEN) { work.cancel_wanted = false; }\n    if (work.cancel_wanted || used_up) {\n"),
    # A group is cancelled once: a task that was under way meanwhile goes on.
    "cancel_group_once": ("submit/submit.cpp",
                          "        next = now + options_.repeat_after;\n        cancel.groups",
                          "        next = now + (CHOSEN ? Duration(std::chrono::hours(1)) : options_.repeat_after);\n        cancel.groups"),
    # A ventilator that starts again forgets which earlier attempts may come back.
    "forget_open": ("dispatch/dispatch.cpp",
                    "if (!recovered.open.empty()) {",
                    "if (!CHOSEN && !recovered.open.empty()) {"),
    # A number that was given out is forgotten with its attempt, and given out again.
    "forget_issued": ("dispatch/returned.cpp",
                      "    work.make_past().issued = work.issued();\n",
                      "    if (!CHOSEN) { work.make_past().issued = work.issued(); }\n"),
    # A returning attempt takes a seat that was given to another meanwhile.
    "adopt_without_seat": ("dispatch/returned.cpp",
                           "if (work.lane != nullptr && !pool.fits(work.spec().resources.counted)) { return false; }",
                           "if (!CHOSEN && work.lane != nullptr && !pool.fits(work.spec().resources.counted)) { return false; }"),
    # A task that its worker's Hello does not name stays with that worker.
    "keep_unnamed": ("dispatch/control.cpp",
                     "        } else if (restarted) {\n",
                     "        } else if (CHOSEN) {\n        } else if (restarted) {\n"),
    # A Submit is sent once, whatever becomes of it (decision 1).
    "never_repeats": ("submit/submit.cpp",
                      "bool Submit::next_repeat(Time now, std::vector<const wire::Run<Task>*>& runs) {\n",
                      "bool Submit::next_repeat(Time now, std::vector<const wire::Run<Task>*>& runs) {\n    if (CHOSEN) { return false; }\n"),
    # A task whose end was told to nobody is not asked about.
    "never_asks": ("submit/submit.cpp",
                   "    if (asked_.empty() ||",
                   "    if (CHOSEN || asked_.empty() ||"),
    # A task is given up after it was accepted.
    "late_deadline": ("submit/submit.cpp",
                      "    if (live.time != Time{}) { deadlines_.erase({live.time, live.id}); }",
                      "    if (!CHOSEN && live.time != Time{}) { deadlines_.erase({live.time, live.id}); }"),
    # A report that was overtaken by a later one is told.
    "earlier_report": ("submit/last_report.cpp", "!ends && place <= place_)", "!ends && !CHOSEN && place <= place_)"),
    # An attempt that comes back is not shown, because a later one was.
    "adoption_unseen": ("submit/last_report.cpp",
                        "    place_ = place;\n",
                        "    if (CHOSEN && accepted_ && !ends && attempt < attempt_) { return News::nothing; }\n    place_ = place;\n"),
    # A report that comes after the end of a task changes it.
    "end_not_final": ("submit/last_report.cpp",
                      "    if (has_ended()) { return News::nothing; }",
                      "    if (!CHOSEN && has_ended()) { return News::nothing; }"),
    # A sender does not mind its credit.
    "overrun": ("transfer/windows.cpp",
                "    until_ = std::min(grant.until_bytes, size_);",
                "    until_ = CHOSEN ? size_ : std::min(grant.until_bytes, size_);"),
    # A receiver takes what comes, in whatever order.
    "take_gap": ("transfer/windows.cpp",
                 "chunk.hash == hash_ && chunk.offset == received_;",
                 "chunk.hash == hash_ && (CHOSEN || chunk.offset == received_);"),
    # What an earlier life of the sink left is asked for again.
    "resume_at_zero": ("transfer/uploads.cpp",
                       "    if (length && *length > blob.size_bytes) {",
                       "    if (length && *length > (CHOSEN ? 0 : blob.size_bytes)) {"),
    # A leftover that turns out to be damaged refuses who sends the right bytes.
    # What an earlier life left of an upload without a name is said to be as sure as the rest.
    "trust_leftover": ("transfer/uploads.cpp", ".resumed = !upload.alone", ".resumed = !CHOSEN && !upload.alone"),
    "keep_damaged": ("transfer/uploads.cpp",
                     "    } else if (!upload.alone) {",
                     "    } else if (!upload.alone && !CHOSEN) {"),
    # Every upload is given its whole window, whatever the others have.
    "no_share": ("transfer/uploads.cpp",
                 "    return bounds_.chunk + std::min(bounds_.shared / uploads_.size(), free);",
                 "    return CHOSEN ? ~0ULL : bounds_.chunk + std::min(bounds_.shared / uploads_.size(), free);"),
}
# In the simulated shells themselves, not in the core: daemons.cpp asks for it.
SHELL_MUTANTS = ("ack_before_commit",)


def write(core, out):
    out.mkdir(parents=True, exist_ok=True)
    for name in sorted({file for file, _, _ in MUTANTS.values()}):
        text = (core / name).read_text()
        for mutant, (file, before, after) in MUTANTS.items():
            if file != name:
                continue
            if text.count(before) != 1:
                sys.exit(f"mutants.py: {mutant}: its text is in {name} {text.count(before)} times, not once: let the table follow the code")
            text = text.replace(before, after.replace("CHOSEN", f'sim::mutant("{mutant}")'))
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(f'#include "mutant.hpp"\n{text}')


def run(program, mutant, seeds):
    words = [program, "--seeds", str(seeds), "--stop", *(["--mutant", mutant] if mutant else [])]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


def why(said):
    """The seed and the sentence of what caught it: an invariant's line stands before the one that names the seed."""
    seed = re.search(r"^seed (\d+)", said, re.M)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    check = next((line for line in lines if "check failed" in line), None)
    told = check or next((line for line in lines if line.startswith("seed ")), lines[-1] if lines else "")
    told = re.sub(r"^\S*/", "", re.sub(r"^seed \d+: (task [\d.]+: )?", "", told))
    if "half an hour later" in told:
        told = "the run never ended"
    return (seed[1] if seed else "?"), told


def check(program, seeds):
    survived = []
    for mutant in (*MUTANTS, *SHELL_MUTANTS):
        code, said = run(program, mutant, seeds)
        if code == 0:
            survived.append(mutant)
            print(f"{mutant}: SURVIVED {seeds} seeds", flush=True)
        elif code == 2 or not re.search(r"^seed \d+: ", said, re.M):
            sys.exit(f"{mutant}: the run itself went wrong, exit {code}: {said[-500:]}")
        else:
            seed, told = why(said)
            print(f"{mutant}: seed {seed}: {told}", flush=True)
    code, said = run(program, None, min(seeds, SEEDS_WITHOUT))
    print(f"no mutant: {said.strip().splitlines()[-1] if said.strip() else 'nothing was said'}")
    if code != 0 or survived:
        sys.exit(1)


def main():
    words = sys.argv[1:]
    if len(words) == 3 and words[0] == "write":
        write(Path(words[1]), Path(words[2]))
    elif len(words) in (2, 3) and words[0] == "check":
        check(words[1], int(words[2]) if len(words) == 3 else SEEDS)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
