"""How machines come and go, between a server and two machines in networks of their own: a line that is cut, an orderly stop, a key
that is revoked, a copy of a key, a machine that is frozen. Each is told in the logs of both sides and by `nias workers --all`."""
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from harness import BIN, eventually, holds
from netns import NetworkTest

BEAT_MS, SUSPECT_MS, LEASE_MS, LEASE_MAX_S = 100, 500, 1_000, 60
SHORT_LEASE_S = 2 * LEASE_MS / 1000  # of what has run for less than that
REFUSED = 77  # the exit code on which a worker's unit does not restart
# It notes each beginning and the network in which that was, and ends once it is told to.
CODE = """
import os, time
with open({begun!r}, "a") as begun:
    begun.write(os.readlink("/proc/self/ns/net") + "\\n")
while not os.path.exists({release!r}):
    time.sleep(0.02)
open("output/where", "w").write(os.readlink("/proc/self/ns/net"))
"""


class StandingTest(NetworkTest):
    machines = 2

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-standing-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"
        self.begun, self.release = self.folder / "begun", self.folder / "release"
        self.start("ventilator", self.network.on_server(
            BIN / "nias-ventilator", "--data", self.data, "--machines", "0.0.0.0", "--beat-ms", BEAT_MS, "--suspect-ms", SUSPECT_MS,
            "--lease-ms", LEASE_MS, "--lease-max", LEASE_MAX_S))
        self.start("sink", self.network.on_server(BIN / "nias-sink", "--data", self.data, "--machines", "0.0.0.0"))
        eventually(lambda: "serving" in self.words("ventilator") and "serving" in self.words("sink"))
        self.keys = {}

    # ---- processes ----
    def start(self, name, command):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """Of what is still there: what matters was looked at by its test."""
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()

    def words(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def nias(self, verb, *words, check=True):
        done = subprocess.run([BIN / "nias", verb, *words, "--data", self.data], capture_output=True, text=True, timeout=60, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"nias {verb}: {done.stderr}\n{self.words('ventilator')}")
        return done.stdout

    def worker(self, name, machine, *more, log=None):
        """Its programs run without a box, because the test speaks to them through files."""
        if name not in self.keys:
            self.keys[name] = self.folder / f"{name}.key"
            self.nias("enroll", "worker", name, "--host", self.network.server_at(machine), "--output", self.keys[name])
        log = log or name
        return self.start(log, self.network.on(
            machine, BIN / "nias-worker", "--key", self.keys[name], "--data", self.folder / log, "--slots", "1", "--sandbox", "none",
            "--drain-timeout", "0", *more))

    # ---- what is told ----
    def rows(self, name):
        """What `nias workers --all` tells of the worker, refusals of its name included."""
        lines = self.nias("workers", "--all", "--json").splitlines()
        return [row for row in map(json.loads, lines) if row["name"] == name]

    def row(self, name, state):
        """The row of this worker in this state, once there is one; since when is by the server's clock, and why is said."""
        def stands():
            return next((row for row in self.rows(name) if row["state"] == state), None)
        stands.__doc__ = f"{name} is {state}"
        row = eventually(stands)
        self.assertLess(abs(time.time() - row["since_unix_ms"] / 1000), 60, row)
        self.assertTrue(row["reason"], row)
        return row

    def eventually_says(self, who, words):
        def says():
            return words in self.words(who)
        says.__doc__ = f"the log of {who} says «{words}»:\n{self.words(who)}"
        eventually(says)

    # ---- jobs ----
    def submit(self, name="job"):
        job = self.folder / name
        job.mkdir()
        (job / "code.py").write_text(CODE.format(begun=str(self.begun), release=str(self.release)))
        return self.nias("submit", job).strip()

    def begun_on(self):
        """The machine of each beginning, oldest first."""
        inodes = {f"net:[{os.stat('/run/netns/' + self.network.prefix + f'm{i}').st_ino}]": i for i in range(self.machines)}
        return [inodes[line] for line in self.begun.read_text().splitlines()] if self.begun.exists() else []

    def job(self, job_id):
        return next(line.split() for line in self.nias("list").splitlines() if line.startswith(job_id))

    def runs_as(self, job_id, attempt, machine):
        def runs():
            words = self.job(job_id)
            return words[1] == "running" and words[2] == str(attempt) and self.begun_on()[-1:] == [machine]
        runs.__doc__ = f"{job_id} runs on machine {machine} as attempt {attempt}"
        eventually(runs)

    def ends_as(self, job_id, attempt, machine):
        """It is let go, and has the one outcome of this attempt, from this machine, with no fault counted."""
        self.release.touch()
        eventually(lambda: self.job(job_id)[1] not in ("queued", "assigned", "running"))
        self.assertEqual(self.job(job_id)[1:3], ["succeeded", str(attempt)], self.nias("status", job_id))
        self.assertNotIn("reason", self.nias("status", job_id), "no attempt was counted")
        self.nias("get", job_id, "--output", self.folder / "output")
        inode = os.stat("/run/netns/" + self.network.prefix + f"m{machine}").st_ino
        self.assertEqual((self.folder / "output" / "where").read_text(), f"net:[{inode}]")

    def runs_for(self, job_id, seconds):
        """Waits until it has run so long: then its lease is as long."""
        def ran():
            started = next(line.split(None, 1)[1] for line in self.nias("status", job_id).splitlines() if line.startswith("started"))
            return datetime.datetime.fromisoformat(started.strip()).timestamp() < time.time() - seconds
        eventually(ran)


class CutLineTest(StandingTest):
    def test_a_machine_is_told_with_all_that_an_administrator_asks_about_it(self):
        self.worker("lab2", 0, "--label", "room-4")
        row = self.row("lab2", "ready")
        self.assertEqual((row["address"], row["slots"], row["reason"]), (self.network.machine_at(0), 1, "joined"))
        self.assertEqual(row["labels"][0], "room-4")
        self.assertRegex(row["labels"][1], r"^a job by default: 24 h, \d+(\.\d)? [MG]iB, 64 GiB of disk$")
        self.assertIn("python", row["runtimes"])
        self.assertGreater(row["memory_bytes"], 0)
        self.assertRegex(row["software"], r"^\d+\.\d+")
        self.assertLess(abs(row["clock_off_ms"]), 2000)
        head, line = self.nias("workers").splitlines()
        self.assertEqual(head.split(), "WORKER STATE SINCE HOST ADDRESS SLOTS HELD RUNNING CPUS LOAD MEMORY RUNTIMES VERSION LABELS".split())
        self.assertIn(self.network.machine_at(0), line)

    def test_a_cut_that_is_longer_than_silence_and_shorter_than_the_lease_costs_no_work(self):
        worker = self.worker("lab2", 0)
        self.row("lab2", "ready")
        job = self.submit()
        self.runs_as(job, 1, 0)
        self.runs_for(job, 10)
        self.worker("lab3", 1)  # it has a free slot all the time
        self.row("lab3", "ready")
        self.network.cut(0)
        silent = self.row("lab2", "silent")
        self.assertIn("1 task that it has is waited for", silent["reason"])
        self.eventually_says("lab2", "the ventilator was not heard for longer than a lease; what runs here goes on")
        self.network.heal(0)
        back = self.row("lab2", "ready")
        self.assertGreaterEqual(back["since_unix_ms"], silent["since_unix_ms"])
        self.assertIn("silent for", back["reason"], "what it was is remembered")
        self.eventually_says("lab2", "the ventilator is back")
        for words in ("worker lab2 ", " is suspect: silent for", " is lost: silent for", " is back: it was: silent for"):
            self.eventually_says("ventilator", words)
        self.ends_as(job, 1, 0)
        self.assertEqual(self.begun_on(), [0], "it began once")
        self.assertIsNone(worker.poll())

    def test_a_cut_that_is_longer_than_the_lease_runs_the_job_elsewhere_with_one_outcome(self):
        self.worker("lab2", 0)
        job = self.submit()
        self.runs_as(job, 1, 0)
        self.network.cut(0)
        lost = self.row("lab2", "lost")
        self.assertIn("silent for", lost["reason"])
        self.eventually_says("ventilator", " is lost: silent for")
        self.worker("lab3", 1)
        self.runs_as(job, 2, 1)
        self.network.heal(0)
        back = self.row("lab2", "ready")
        self.assertIn("back after it was lost", back["reason"])
        self.eventually_says("ventilator", " is back: back after it was lost")
        self.eventually_says("lab2", "this worker had been given up for lost")
        self.eventually_says("lab2", "1 attempts that were held are not wanted any more")
        self.release.touch()
        eventually(lambda: self.job(job)[1] == "succeeded")
        self.assertEqual(self.job(job)[2], "2")
        self.assertEqual(self.begun_on(), [0, 1])
        self.assertIn("attempt 1: worker lab2 was silent for", self.nias("explain", job))

    def test_a_cut_that_is_longer_than_the_lease_costs_no_work_while_nobody_else_has_begun(self):
        self.worker("lab2", 0)
        job = self.submit()
        self.runs_as(job, 1, 0)
        self.network.cut(0)
        self.row("lab2", "lost")
        self.assertEqual(self.job(job)[1], "queued")
        self.network.heal(0)
        self.row("lab2", "ready")
        self.runs_as(job, 1, 0)
        self.ends_as(job, 1, 0)
        self.assertEqual(self.begun_on(), [0])


class OrderlyStopTest(StandingTest):
    def test_a_worker_that_is_stopped_is_gone_at_once_and_uses_no_attempt_however_often(self):
        job = None
        for attempt in (1, 2, 3, 4):  # more than a job has
            worker = self.worker("lab2", 0)
            job = job or self.submit()
            self.runs_as(job, attempt, 0)
            stopped_at = time.time()
            worker.send_signal(signal.SIGTERM)
            self.assertEqual(worker.wait(30), 0)
            gone = self.rows("lab2")
            self.assertEqual([row["state"] for row in gone], ["stopped"], "it is gone when its process is")
            self.assertEqual(gone[0]["reason"], "it was stopped")
            self.assertGreaterEqual(gone[0]["since_unix_ms"] / 1000, stopped_at - 1)
            self.assertEqual(self.nias("workers", "--json"), "")
        self.eventually_says("ventilator", " has gone: it was stopped")
        self.worker("lab3", 1)
        self.runs_as(job, 5, 1)
        self.ends_as(job, 5, 1)


class OrdersTest(StandingTest):
    def test_a_drained_machine_ends_what_runs_and_gets_nothing_until_it_is_resumed(self):
        self.worker("lab2", 0)
        job = self.submit()
        self.runs_as(job, 1, 0)
        self.assertIn("draining", self.nias("drain", "lab2", "--reason", "new\nfan \x1b[31m"))
        row = self.row("lab2", "draining")
        self.assertEqual(row["reason"], "an administrator drains it: new\nfan \x1b[31m", "programs get it as it was written")
        table = self.nias("workers")
        self.assertEqual(len(table.splitlines()), 2, table)
        self.assertIn("new\\nfan \\x1b[31m", table)
        self.eventually_says("lab2", "an administrator gives this worker nothing more for a while")
        self.eventually_says("ventilator", " drains: an administrator drains it: new\\nfan \\x1b[31m")
        later = self.submit("later")
        self.ends_as(job, 1, 0)
        holds(lambda: self.job(later)[1] == "queued", 1)
        self.assertIn("lab2", self.nias("explain", later))
        self.nias("resume", "lab2")
        self.row("lab2", "ready")
        self.eventually_says("lab2", "an administrator gives this worker tasks again")
        eventually(lambda: self.job(later)[1] == "succeeded")

    def test_an_order_about_nobody_is_refused_in_one_line(self):
        done = subprocess.run([BIN / "nias", "drain", "lab2\nlab3", "--data", self.data], capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(len((done.stdout + done.stderr).splitlines()), 1, done.stdout + done.stderr)


class RevokedTest(StandingTest):
    def test_a_revoked_worker_is_gone_within_seconds_and_told_and_its_job_runs_elsewhere(self):
        worker = self.worker("lab2", 0)
        job = self.submit()
        self.runs_as(job, 1, 0)
        self.worker("lab3", 1)
        self.row("lab3", "ready")
        self.nias("revoke", "lab2")
        revoked_at = time.monotonic()
        self.assertEqual(worker.wait(30), REFUSED)
        self.row("lab2", "revoked")
        self.runs_as(job, 2, 1)
        self.assertLess(time.monotonic() - revoked_at, 5)
        self.assertIn("the key of worker lab2 was revoked", self.row("lab2", "revoked")["reason"])
        self.eventually_says("lab2", "was revoked: enrol this machine anew with «nias enroll worker»")
        self.eventually_says("ventilator", "the key of worker lab2 was revoked: its connections end")
        self.eventually_says("ventilator", " was revoked: the key of worker lab2 was revoked")
        self.ends_as(job, 2, 1)

    def test_a_revoked_worker_that_does_not_heed_it_is_cut_off_from_every_port(self):
        worker = self.worker("lab2", 0)
        self.row("lab2", "ready")
        worker.send_signal(signal.SIGSTOP)  # it can end nothing by itself

        def connections():
            command = self.network.on_server("ss", "-Htn", "state", "established", "dst", self.network.machine_at(0))
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        eventually(lambda: len(connections()) >= 2)  # to ventilator and sink
        self.nias("revoke", "lab2")
        eventually(lambda: not connections(), within_s=5)
        self.eventually_says("ventilator", "connections were ended, since a key was revoked")
        self.eventually_says("sink", "connections were ended, since a key was revoked")
        worker.send_signal(signal.SIGCONT)
        self.assertEqual(worker.wait(30), REFUSED, "the words came before the end")
        self.assertEqual(self.nias("workers", "--json"), "")


class ClonedKeyTest(StandingTest):
    def test_a_second_machine_with_the_same_key_is_refused_and_the_first_goes_on(self):
        first = self.worker("lab2", 0)
        job = self.submit()
        self.runs_as(job, 1, 0)
        since = self.row("lab2", "ready")["since_unix_ms"]
        key = self.keys["lab2"]  # a copy, with the address by which the second machine reaches the server
        key.write_text(key.read_text().replace(self.network.server_at(0), self.network.server_at(1)))
        for again in (1, 2):  # as somebody who starts it anew by hand
            clone = self.worker("lab2", 1, log=f"clone{again}")
            self.assertEqual(clone.wait(30), REFUSED)
            said = self.words(f"clone{again}")
            self.assertIn("another machine is connected as worker lab2 since", said)
            self.assertIn(f"from {self.network.machine_at(0)}", said)
            self.assertIn("enrol this one anew with «nias enroll worker»", said)
        refused = self.row("lab2", "refused")
        self.assertEqual(refused["address"], self.network.machine_at(1))
        self.assertIn("another machine is connected as worker lab2", refused["reason"])
        self.eventually_says("ventilator", " was refused: another machine is connected as worker lab2")
        self.assertEqual(self.row("lab2", "ready")["since_unix_ms"], since, "nothing became of the first")
        self.ends_as(job, 1, 0)
        self.assertEqual(self.begun_on(), [0])
        self.assertIsNone(first.poll())
        self.assertNotIn("refused this worker", self.words("lab2"))


class FrozenTest(StandingTest):
    def test_a_frozen_machine_goes_on_where_it_was_if_it_wakes_within_its_lease(self):
        worker = self.worker("lab2", 0)
        job = self.submit()
        self.runs_as(job, 1, 0)
        self.runs_for(job, 10)
        worker.send_signal(signal.SIGSTOP)
        self.assertIn("1 task that it has is waited for", self.row("lab2", "silent")["reason"])
        self.eventually_says("ventilator", " is lost: silent for")
        worker.send_signal(signal.SIGCONT)
        self.assertIn("silent for", self.row("lab2", "ready")["reason"])
        for words in (" is suspect: silent for", " is lost: silent for", " is back: it was: silent for"):
            self.eventually_says("ventilator", words)
        self.ends_as(job, 1, 0)
        self.assertEqual(self.begun_on(), [0])

    def test_a_frozen_machine_that_wakes_too_late_is_told_so_and_its_job_has_one_outcome(self):
        worker = self.worker("lab2", 0)
        job = self.submit()
        self.runs_as(job, 1, 0)
        worker.send_signal(signal.SIGSTOP)
        self.row("lab2", "lost")
        self.worker("lab3", 1)
        self.runs_as(job, 2, 1)
        worker.send_signal(signal.SIGCONT)
        self.assertIn("back after it was lost", self.row("lab2", "ready")["reason"])
        self.eventually_says("ventilator", " is back: back after it was lost")
        self.eventually_says("lab2", "this worker had been given up for lost")
        self.release.touch()
        eventually(lambda: self.job(job)[1] == "succeeded")
        self.assertEqual(self.job(job)[2], "2")
        holds(lambda: self.job(job)[1:3] == ["succeeded", "2"], 1)
        self.assertEqual(self.begun_on(), [0, 1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
