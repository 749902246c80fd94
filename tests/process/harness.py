"""Starts a real server in a folder of the test's own, owns its processes, and waits by condition.

Used by every test of tests/process. The folder with the programs is in NIAS_BIN.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

BIN = pathlib.Path(os.environ["NIAS_BIN"])
ROOT = pathlib.Path(__file__).resolve().parents[2]


def eventually(what, within_s=30.0, moves=lambda: None):
    """The first true value of what(), asked again and again; fails with its name once the deadline is over, which begins
    again whenever moves() tells something else than before: how long much work takes is the machine's affair."""
    deadline, moved = time.monotonic() + within_s, moves()
    while True:
        value = what()
        if value:
            return value
        if (now_at := moves()) != moved:
            deadline, moved = time.monotonic() + within_s, now_at
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {getattr(what, '__doc__', None) or what}")
        select_pause()


def holds(what, for_s):
    """Asks what() again and again for so long; it has to be true, or raise, each time."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        if not what():
            raise AssertionError(f"it did not hold for {for_s} s: {getattr(what, '__doc__', None) or what}")
        select_pause()


def resident_bytes(pid):
    """Of the process's memory, what is in the machine's."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def select_pause():
    """A short rest between two looks at a condition."""
    signal.sigtimedwait([], 0.02)


class Server:
    """`nias up` with its data in a temporary folder."""

    def __init__(self, slots=2, extra=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-process-"))
        self.data = self.folder / "data"
        self.log = open(self.folder / "log", "w+b")
        self.process = subprocess.Popen(
            [BIN / "nias", "up", "--data", self.data, "--port", "0", "--slots", str(slots), *extra],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.line = self.process.stdout.readline().strip()
        self.url = self.line.removeprefix("NIAS is running: ").rstrip("/")
        if not self.url.startswith("http"):
            self.close()
            raise AssertionError("nias up did not start: " + self.words())

    def words(self):
        self.log.flush()
        return (self.folder / "log").read_text()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def pid_of(self, daemon):
        try:
            return int((self.data / "run" / f"{daemon}.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def nias(self, verb, *args, check=True, timeout=120):
        done = subprocess.run([BIN / "nias", verb, *args, "--data", self.data], capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"nias {verb} ended with {done.returncode}: {done.stderr}\n{self.words()}")
        return done

    def job_folder(self, name, code, **files):
        folder = self.folder / name
        folder.mkdir()
        (folder / "code.py").write_text(code)
        for file, text in files.items():
            (folder / file).write_text(text)
        return folder

    def submit(self, folder):
        return self.nias("submit", folder).stdout.strip()

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.read()

    def job(self, job_id):
        """What the API knows of a job; None while the front is away."""
        try:
            return json.loads(self.get("/api/v1/jobs/" + job_id))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def wait_state(self, job_id, states, within_s=60.0):
        def reached():
            job = self.job(job_id)
            return job if job and job["state"] in states else None
        reached.__doc__ = f"{job_id} is {states}"
        return eventually(reached, within_s)

    def wait_ended(self, job_id, within_s=120.0):
        return self.wait_state(job_id, ("succeeded", "failed", "cancelled", "timed_out", "lost"), within_s)


class ServerTest(unittest.TestCase):
    slots = 2

    def setUp(self):
        self.server = Server(self.slots)
        self.addCleanup(self.server.close)
