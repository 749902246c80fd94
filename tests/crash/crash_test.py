"""Real processes under kill -9, SIGSTOP and orderly stops while tasks run: no task is lost, none has two outcomes (P8).

As a test it runs a short plan. As a program it runs a long one:
    crash_test.py --tasks 10000 --kills 200 [--seed N] [--netns]     (scripts/soak --kills does this)
With --netns each worker and the submitter is on a machine of its own (a network namespace) and reaches the server over encrypted TCP.
What was drawn comes from the seed; when it strikes depends on the machine, so a failure names the seed and keeps its folder.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "process"))
from harness import eventually, select_pause  # noqa: E402
import netns  # noqa: E402
from netns import NetworkTest  # noqa: E402
from network import NetworkPipeline  # noqa: E402
from parts import WORKERS, Pipeline  # noqa: E402

STALL_S = 60.0
KILLS_OF_20 = 16  # of faults of processes; faults of links come on top
ENDED_WELL = "succeeded"


class Plan:
    """Which fault comes next, from the seed. Counted by kind."""

    def __init__(self, seed, kills, links):
        self.random = random.Random(seed)
        self.kills = kills
        self.weights = [KILLS_OF_20, 2, 2, links]
        self.kills_so_far = 0
        self.counts = collections.Counter()
        self.resume_at = {}  # stopped parts and stalled links: when they go on

    def over(self):
        return self.kills_so_far >= self.kills

    def apart(self, tasks_left):
        """How many more ends until the next fault."""
        faults_left = (self.kills - self.kills_so_far) * sum(self.weights) // KILLS_OF_20
        return self.random.randint(0, max(0, 2 * tasks_left // max(1, faults_left) - 1))

    def strike(self, pipeline):
        """False: everything that could be struck is struck already."""
        kind = self.random.choices(["kill -9", "SIGSTOP", "SIGTERM", "link"], self.weights)[0]
        if kind == "link":
            return self.strike_a_link(pipeline)
        names = [n for n, p in pipeline.parts.items() if not (p.stopped or p.ending) and not (n == "submitter" and pipeline.done())]
        if not names:
            return False
        name = self.random.choice(names)
        part = pipeline.parts[name]
        if kind == "SIGTERM" and not part.heeds_sigterm():  # the submitter, or one that has just been started
            kind = "kill -9"
        if kind == "kill -9":
            part.kill()
            part.start()
        elif kind == "SIGTERM":
            part.ask_to_end()
        else:  # shorter than a lease, or longer
            part.pause()
            self.resume_at[name] = time.monotonic() + self.random.choice([0.2, 0.6, 2.5])
        self.kills_so_far += kind == "kill -9"
        self.counts[f"{kind} {name.rstrip('0123456789')}"] += 1
        return True

    def strike_a_link(self, pipeline):
        """Cut at once, or stalled for less or more than a lease: both ways, or one (half open)."""
        names = [n for n in pipeline.links if n not in self.resume_at]
        if not names:
            return False
        name = self.random.choice(names)
        link = pipeline.links[name]
        kind = self.random.choice(["cut", "stalled", "half open"])
        if kind == "cut":
            link.cut()
        else:
            ways = ["to daemon", "to worker"]
            link.stall(*(ways if kind == "stalled" else [self.random.choice(ways)]))
            self.resume_at[name] = time.monotonic() + self.random.choice([0.3, 2.5])
        self.counts[f"link {kind}"] += 1
        return True

    def wake(self, pipeline, all_of_them=False):
        for name, when in list(self.resume_at.items()):
            if all_of_them or time.monotonic() >= when:
                if name in pipeline.parts:
                    pipeline.parts[name].go_on()
                else:
                    pipeline.links[name].heal()
                del self.resume_at[name]


def run_under_faults(pipeline, plan):
    """A fault after every few more ends, so that all of them fall into the work; then the rest in peace."""
    next_at, seen, moved = 1, 0, time.monotonic()
    while not pipeline.done():
        plan.wake(pipeline, plan.over())
        pipeline.keep_up()
        ended = pipeline.ended()
        if ended != seen:
            seen, moved = ended, time.monotonic()
        if time.monotonic() - moved > STALL_S:
            raise AssertionError(f"nothing has ended for {STALL_S} s, {ended} of {pipeline.tasks} have\n{pipeline.words()}")
        # Where many have ended since the last look, all the faults that fell among them strike at this one.
        while ended >= next_at and not plan.over() and plan.strike(pipeline):
            next_at += 1 + plan.apart(pipeline.tasks * 9 // 10 - next_at)
        select_pause()
    plan.wake(pipeline, True)
    if not plan.over():
        raise AssertionError(f"all tasks had ended after {plan.kills_so_far} of {plan.kills} kills: the tasks are too short")


def stop_in_order(pipeline):
    """Workers first: they drain, and what they hold is settled."""
    for name in sorted(pipeline.parts, key=lambda n: (n == "ventilator", n == "sink")):
        part = pipeline.parts[name]
        if name == "submitter":
            continue
        if not part.ending:
            eventually(part.heeds_sigterm)
            part.ask_to_end()
        code = part.process.wait(60)
        if code != 0:
            raise AssertionError(f"{name} ended with {code} after SIGTERM\n{pipeline.words()}")
    left = [str(f) for i in range(WORKERS) for f in (pipeline.folder / f"outbox{i}").rglob("*") if f.is_file()]
    if left:
        raise AssertionError(f"outcomes are left in outboxes of workers that have drained: {left[:5]}")


def check(pipeline):
    """Against ledger, results, what the submitter was told and what the workers ran. Figures of the run."""
    told, accepted = {}, set()
    for line in pipeline.told.read_text().splitlines():
        kind, task, *rest = line.split()
        if kind == "accepted":
            accepted.add(task)
        elif told.setdefault(task, rest) != rest:
            raise AssertionError(f"task {task} was told two ends: {told[task]} and {rest}")
    ledger = sqlite3.connect(f"file:{pipeline.folder}/data/ledger.db?mode=ro", uri=True)
    tasks = {row[0].hex() for row in ledger.execute("SELECT id FROM tasks")}
    ends = {row[0].hex(): row[1:] for row in ledger.execute("SELECT id, state, attempt, output FROM ends")}
    living = ledger.execute("SELECT count(*) FROM living").fetchone()[0]
    ledger.close()
    results = sqlite3.connect(f"file:{pipeline.folder}/data/results.db?mode=ro", uri=True)
    outcomes = {(row[0].hex(), row[1]): row[2] for row in results.execute("SELECT id, attempt, output FROM outcomes")}
    results.close()
    lost = len(accepted - tasks) + len(tasks - ends.keys()) + sum(end[0] != ENDED_WELL for end in ends.values())
    if lost or living or len(tasks) != pipeline.tasks:
        raise AssertionError(f"{lost} lost, {living} still living, {len(tasks)} of {pipeline.tasks} in the ledger: "
                             f"{[e for e in ends.items() if e[1][0] != ENDED_WELL][:5]}")
    for task, (state, attempt, output) in ends.items():
        if told.get(task) != [state, str(attempt), "right"]:
            raise AssertionError(f"task {task} ended as {state}, attempt {attempt}, and its submitter was told {told.get(task)}")
        if outcomes.get((task, attempt)) != output:
            raise AssertionError(f"the results store has another output of {task}, attempt {attempt}, than the ledger")
    runs = collections.Counter((pipeline.folder / "runs").read_text().split("\n")[:-1])
    again = [run for run, times in runs.items() if times > 1]
    if again:
        raise AssertionError(f"an attempt number was used twice: {again[:5]}")
    return {"runs": sum(runs.values()), "attempts": max(end[1] for end in ends.values())}


def run(seed, tasks, kills, steps, kind=Pipeline):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-crash-"))
    begun = time.monotonic()
    pipeline, plan = kind(folder, seed, tasks, steps), Plan(seed, kills, kind.LINK_FAULTS)
    try:
        run_under_faults(pipeline, plan)
        stop_in_order(pipeline)
        figures = check(pipeline)
    except BaseException:
        print(f"crash: seed {seed} failed, its folder is {folder}", file=sys.stderr)
        pipeline.close()
        raise
    pipeline.close()
    shutil.rmtree(folder)
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(plan.counts.items()))
    return (f"crash: seed {seed}: {plan.kills_so_far} kills, {sum(plan.counts.values())} faults ({faults}); {tasks} tasks in "
            f"{figures['runs']} runs, at most attempt {figures['attempts']}: 0 lost, 0 doubled, {time.monotonic() - begun:.0f} s")


class CrashTest(unittest.TestCase):
    def test_no_task_is_lost_and_none_has_two_outcomes_while_processes_are_killed(self):
        print(run(seed=int(os.environ.get("NIAS_SEED", "1")), tasks=1500, kills=25, steps=1_000_000))


class CrashOnNetworkTest(NetworkTest):
    """Of A9's links: cut and half open for less and more than a lease, beside kills."""

    def test_no_task_is_lost_and_none_has_two_outcomes_while_links_between_machines_are_cut(self):
        print(run(seed=int(os.environ.get("NIAS_SEED", "1")), tasks=1500, kills=15, steps=1_000_000, kind=NetworkPipeline))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
    parser.add_argument("--netns", action="store_true", help="a machine of its own for each worker, and cut links between them")
    chosen = parser.parse_args()
    if chosen.tasks < 1 or chosen.kills < 0:
        parser.error("--tasks is at least 1, --kills at least 0")
    if chosen.netns and (reason := netns.refusal()):
        sys.exit(f"crash: {reason}")
    print(run(chosen.seed, chosen.tasks, chosen.kills, steps=2_000_000, kind=NetworkPipeline if chosen.netns else Pipeline))


if __name__ == "__main__":
    main()
