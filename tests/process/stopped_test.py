"""One part of a pipeline stands still (SIGSTOP) while tasks run: nobody's memory grows past a bound, and all goes on."""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from harness import BIN, ROOT, eventually, holds, resident_bytes

sys.path.insert(0, str(ROOT / "tests/support"))
import small_disk  # noqa: E402

MIB = 1 << 20
GROWTH = 48 * MIB   # of any process while a part stands still
STOPPED_S = 3       # longer than a lease
TASKS = 6_000
STEPS = 100_000     # of each: some tenths of a millisecond

WATCHER = """
import sys, zmq
socket = zmq.Context().socket(zmq.SUB)
for address in sys.argv[1:]:
    socket.connect(address)
socket.subscribe(b"")
socket.recv_multipart()  # it hears
print("hears", flush=True)
while True:
    socket.recv_multipart()
"""


class Pipeline:
    """Ventilator, sink and two workers; a submitter comes with each load. The sink may have its data elsewhere."""

    def __init__(self, folder, sink_data=None):
        self.folder, self.run = folder, folder / "data" / "run"
        sink_data = sink_data or folder / "data"
        self.sink_run = sink_data / "run"
        self.log = open(folder / "log", "w+b")
        self.parts = {}
        self.start("ventilator", BIN / "nias-ventilator", "--data", folder / "data", "--beat-ms", 100, "--suspect-ms", 500, "--lease-ms", 1500)
        self.start("sink", BIN / "nias-sink", "--data", sink_data, "--intake", self.at("intake"))
        for name in ("worker", "other"):
            self.start(name, BIN / "crash_worker", self.at("control"), self.at("outcomes"), self.at("bulk"), name, folder / name, 2, STEPS,
                       folder / "runs")

    def at(self, name):
        return f"ipc://{self.sink_run if name in ('outcomes', 'bulk', 'output') else self.run}/{name}"

    def start(self, name, *words, **how):
        self.parts[name] = subprocess.Popen([str(word) for word in words], stderr=self.log, **how)
        return self.parts[name]

    def load(self, seed, tasks=TASKS):
        return self.start("submitter", BIN / "crash_submitter", self.at("intake"), self.at("control"), self.at("events"), seed, tasks, STEPS,
                          self.folder / f"told{seed}")

    def told(self, seed):
        """What the submitter has heard: how many tasks have ended, and the lines of those that ended badly or twice."""
        try:
            lines = (self.folder / f"told{seed}").read_text().splitlines()
        except FileNotFoundError:
            return 0, []
        ended = [line.split() for line in lines if line.startswith("ended ")]
        bad = [line for line in ended if line[2] != "succeeded" or line[4] != "right"]
        return len({line[1] for line in ended}), bad

    def close(self):
        for part in self.parts.values():
            if part.poll() is None:
                part.send_signal(signal.SIGCONT)
                part.kill()
            part.wait()
            if part.stdout:
                part.stdout.close()
        self.log.close()


class StoppedTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-stopped-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.pipeline = Pipeline(self.folder)
        self.addCleanup(self.pipeline.close)

    def watcher(self):
        """Hears everything of both streams."""
        watcher = self.pipeline.start("watcher", sys.executable, "-c", WATCHER, self.pipeline.at("events"), self.pipeline.at("output"),
                                      stdout=subprocess.PIPE)
        self.addCleanup(watcher.kill)
        return watcher

    def assert_ended(self, seed, tasks=TASKS):
        self.assertEqual(self.pipeline.parts["submitter"].wait(180), 0)
        self.assertEqual(self.pipeline.told(seed), (tasks, []))

    def stand_still(self, name):
        """While a load runs."""
        pipeline = self.pipeline
        pipeline.load(1)
        eventually(lambda: pipeline.told(1)[0] > TASKS // 20)
        part = pipeline.parts[name]
        part.send_signal(signal.SIGSTOP)
        before = {other: resident_bytes(process.pid) for other, process in pipeline.parts.items()}

        def grows_little():
            for other, process in pipeline.parts.items():
                if process.poll() is None:
                    self.assertLess(resident_bytes(process.pid) - before[other], GROWTH, f"{other} grew while {name} stood still")
            return True
        holds(grows_little, STOPPED_S)
        part.send_signal(signal.SIGCONT)
        self.assert_ended(1)

    def test_a_stopped_worker(self):
        self.stand_still("worker")

    def test_a_stopped_sink(self):
        self.stand_still("sink")

    def test_a_stopped_ventilator_takes_its_own_standstill_for_nobodys(self):
        self.stand_still("ventilator")
        begun = [line.split()[0] for line in (self.folder / "runs").read_text().splitlines()]
        self.assertEqual(len(begun), len(set(begun)), "it stood still for two leases, and no worker was given up for that")

    def test_a_stopped_submitter(self):
        self.stand_still("submitter")

    def test_a_stopped_watcher_of_everything_slows_nobody(self):
        pipeline = self.pipeline

        def seconds_of(seed):
            began = time.monotonic()
            pipeline.load(seed)
            self.assert_ended(seed)
            return time.monotonic() - began
        without = seconds_of(1)
        watcher = self.watcher()
        pipeline.load(2, 1000)  # so that there is something to hear
        self.assertEqual(watcher.stdout.readline(), b"hears\n")
        self.assert_ended(2, 1000)
        watcher.send_signal(signal.SIGSTOP)
        before = resident_bytes(pipeline.parts["ventilator"].pid)
        stopped = seconds_of(3)
        grown = resident_bytes(pipeline.parts["ventilator"].pid) - before
        self.assertLess(stopped, 2 * without + 1, f"{TASKS} tasks took {without:.1f} s without, {stopped:.1f} s with a stopped watcher")
        self.assertLess(grown, 80 * MIB, "what waits for it is bounded: 512 frames of 128 KiB")
        print(f"{TASKS} tasks: {without:.1f} s without, {stopped:.1f} s with a stopped watcher; the ventilator grew by {grown / MIB:.1f} MiB",
              file=sys.stderr)


class FullDiskTest(unittest.TestCase):
    """The sink's results lie on a small disk of their own, which somebody fills while tasks run."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-full-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        small_disk.mount(self, self.disk, "size=24m")
        self.pipeline = Pipeline(self.folder, self.disk / "data")
        self.addCleanup(self.pipeline.close)

    def words(self):
        return (self.folder / "log").read_text()

    def test_a_sink_waits_until_there_is_room_again_and_nothing_is_lost(self):
        pipeline = self.pipeline
        pipeline.load(1)
        eventually(lambda: pipeline.told(1)[0] > TASKS // 20)
        filler = small_disk.fill(self.disk / "filler")
        eventually(lambda: "free some space on this disk" in self.words())
        told = pipeline.told(1)[0]
        self.assertLess(told, TASKS, "tasks were left when the disk was full")
        filler.unlink()
        self.assertEqual(pipeline.parts["submitter"].wait(180), 0)
        self.assertEqual(pipeline.told(1), (TASKS, []))
        self.assertIsNone(pipeline.parts["sink"].poll(), self.words())

    def test_the_small_file_system_goes_with_a_test_that_is_killed(self):
        program = f"""
import sys, pathlib, unittest
sys.path.insert(0, {str(ROOT / "tests/support")!r})
import small_disk
class Killed(unittest.TestCase):
    def runTest(self):
        small_disk.mount(self, sys.argv[1], "size=1m")
        (pathlib.Path(sys.argv[1]) / "mark").write_text("x")
        print("mounted", flush=True)
        sys.stdin.read()
Killed().run()
"""
        place = self.folder / "place"
        place.mkdir()
        killed = subprocess.Popen([sys.executable, "-c", program, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(killed.stdout.close)
        self.addCleanup(killed.stdin.close)
        self.assertEqual(killed.stdout.readline(), "mounted\n")
        killed.kill()
        killed.wait(10)
        self.assertEqual(list(place.iterdir()), [])
        place.rmdir()


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
