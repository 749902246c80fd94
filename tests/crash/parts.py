"""The processes of the crash harness: ventilator, sink, three workers and a submitter on one data directory, each of which can
be killed, stopped, ended and started again, and links between them that can be cut."""
import signal
import sqlite3
import subprocess

from harness import BIN
from relay import Link

WORKERS = 3
SLOTS = 2
LEASE_WORDS = ("--beat-ms", 100, "--suspect-ms", 500, "--lease-ms", 1500)


class Process:
    """One process of the pipeline: started again after each fault, in the same folder with the same words."""

    def __init__(self, name, words, log):
        self.name, self.words, self.log = name, [str(w) for w in words], log
        self.process = None
        self.start()

    def start(self):
        self.stopped = self.ending = False
        self.process = subprocess.Popen(self.words, stdout=self.log, stderr=self.log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.stopped = True
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        if self.stopped:
            self.process.send_signal(signal.SIGCONT)
        self.stopped = False

    def heeds_sigterm(self):
        """Whether it has come so far that SIGTERM does not just kill it: it catches or blocks the signal."""
        try:
            with open(f"/proc/{self.process.pid}/status") as status:
                masks = [int(line.split()[1], 16) for line in status if line.startswith(("SigBlk:", "SigCgt:"))]
        except OSError:
            return False
        return any(mask & 1 << signal.SIGTERM - 1 for mask in masks)

    def ask_to_end(self):
        """An orderly stop, which may take its time: a worker drains."""
        self.ending = True
        self.process.send_signal(signal.SIGTERM)

    def ended(self):
        return self.process.poll() is not None


class Pipeline:
    """Ventilator, sink, three workers and a submitter on one data directory, over local sockets. A relay is each worker's link."""

    LINK_FAULTS = 3  # to 20 faults of processes

    def __init__(self, folder, seed, tasks, steps):
        self.folder, self.tasks, self.seed = folder, tasks, seed
        self.log = open(folder / "log", "wb")
        self.told = folder / "told"
        self.parts = {}
        self.links = {}
        self.start_parts(folder / "data", steps)

    def start_parts(self, data, steps):
        folder, run = self.folder, data / "run"
        at = {name: f"ipc://{run}/{name}" for name in ("intake", "control", "events", "outcomes", "bulk")}
        self.add("ventilator", BIN / "nias-ventilator", "--data", data, *LEASE_WORDS)
        self.add("sink", BIN / "nias-sink", "--data", data)
        for i in range(WORKERS):
            for name in ("control", "outcomes"):
                self.links[f"{name}{i}"] = Link(folder / f"{name}{i}", run / name)
            self.add(f"worker{i}", BIN / "crash_worker", f"ipc://{folder}/control{i}", f"ipc://{folder}/outcomes{i}", at["bulk"], f"worker{i}",
                     folder / f"outbox{i}", SLOTS, steps, folder / "runs")
        self.add("submitter", BIN / "crash_submitter", at["intake"], at["control"], at["events"], self.seed, self.tasks, steps, self.told)

    def add(self, name, *words):
        self.parts[name] = Process(name, words, self.log)

    def ended(self):
        """How many tasks have ended, by the ledger: the submitter may be stopped."""
        try:
            ledger = sqlite3.connect(f"file:{self.folder}/data/ledger.db?mode=ro", uri=True)
        except sqlite3.OperationalError:  # not made yet
            return 0
        try:
            return ledger.execute("SELECT count(*) FROM ends").fetchone()[0]
        except sqlite3.OperationalError:
            return 0
        finally:
            ledger.close()

    def done(self):
        return self.parts["submitter"].process.poll() == 0

    def keep_up(self):
        """Starts what was asked to end, once it has; what ends otherwise should not have."""
        for part in self.parts.values():
            if not part.ended() or (part.name == "submitter" and part.process.returncode == 0):
                continue
            if not part.ending or part.process.returncode != 0:
                raise AssertionError(f"{part.name} ended with {part.process.returncode}\n{self.words()}")
            part.start()

    def words(self):
        self.log.flush()
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def close(self):
        for part in self.parts.values():
            if not part.ended():
                part.go_on()
                part.kill()
        for link in self.links.values():
            link.close()
        self.log.close()
