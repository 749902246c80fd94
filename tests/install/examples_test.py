"""The example programs, built against an installed prefix, do what their pages say.

NIAS_EXAMPLES: the folder with the examples; NIAS_BIN: the installed programs.
"""
import csv
import math
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import numpy
import scipy.signal

from harness import Server

EXAMPLES = pathlib.Path(os.environ["NIAS_EXAMPLES"])


def run(example, *args):
    return subprocess.run([EXAMPLES / example, *map(str, args)], capture_output=True, text=True, timeout=120, check=False)


def rows_of(path):
    with open(path, newline="") as file:
        head, *rows = csv.reader(file)
    return head, [tuple(map(float, row)) for row in rows]


class ExampleTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="nias-examples-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_hello_gets_every_one_of_100000_tasks_back(self):
        done = run("hello", 100000)
        self.assertEqual((done.returncode, done.stdout),
                         (0, "100000 tasks submitted, 100000 outcomes, 100000 as expected\n"), done.stderr)

    def test_sweep_writes_a_table_with_the_known_exponents(self):
        table = self.folder / "sweep.csv"
        done = run("sweep", 31, table)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, rows = rows_of(table)
        self.assertEqual((head, len(rows)), (["r", "exponent"], 31))
        exponents = dict(rows)
        self.assertAlmostEqual(exponents[2.5], math.log(0.5), places=5)  # where the map has a fixed point: ln |2 - r|
        self.assertAlmostEqual(exponents[4.0], math.log(2), places=2)

    def test_sweep_says_what_is_wrong_with_its_arguments(self):
        self.assertIn("not a number of values", run("sweep", "many").stderr)
        done = run("sweep", 2, self.folder / "none" / "sweep.csv")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write", done.stderr)

    def test_filter_gives_what_another_butterworth_gives(self):
        time = numpy.arange(3000) / 500
        values = numpy.random.default_rng(7).normal(size=time.size)
        numpy.savetxt(self.folder / "in.csv", numpy.column_stack([time, values]), "%.17g", ",", header="seconds,value", comments="")
        done = run("filter", 12.5, self.folder / "out.csv", self.folder / "in.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3000 samples at 500.0", done.stdout)
        _, rows = rows_of(self.folder / "out.csv")
        wanted = scipy.signal.sosfilt(scipy.signal.butter(4, 12.5, fs=500, output="sos"), values)
        numpy.testing.assert_allclose([row[1] for row in rows], wanted, atol=1e-9)

    def test_filter_takes_the_hum_out_of_the_signal_that_it_makes(self):
        done = run("filter", 20, self.folder / "out.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        _, rows = rows_of(self.folder / "out.csv")
        spectrum = numpy.abs(numpy.fft.rfft([row[1] for row in rows][1000:])) / 500  # a bin a Hz, without the beginning
        self.assertAlmostEqual(spectrum[5], 1, delta=0.02)
        self.assertLess(spectrum[60], 0.01)

    def test_filter_says_what_is_wrong_with_its_input(self):
        (self.folder / "in.csv").write_text("0,1\n1;2\n")
        for args, words in (((700, self.folder / "out.csv"), "half the signal's rate"),
                            ((20, self.folder / "out.csv", self.folder / "none.csv"), "cannot read"),
                            ((0.1, self.folder / "out.csv", self.folder / "in.csv"), "line 2 is not")):
            done = run("filter", *args)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["in.csv"])

    def test_filter_tells_its_progress_and_an_interrupt_cancels_it_without_an_output(self):
        (self.folder / "in.csv").write_text("".join(f"{i},0.5\n" for i in range(3_000_000)))
        process = subprocess.Popen([EXAMPLES / "filter", "0.1", self.folder / "out.csv", self.folder / "in.csv"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertRegex(process.stderr.readline(), r"^filtering: \d+ %$")
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, words)
        self.assertIn("filter: cancelled", words)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["in.csv"])

    def test_acquisition_gives_the_results_in_the_order_of_the_blocks(self):
        done = run("acquisition", 40, 10)
        self.assertEqual(done.returncode, 0, done.stderr)
        *results, last = done.stdout.splitlines()
        self.assertEqual([line.split(":")[0] for line in results], [f"block {block}" for block in range(40)])
        for block, line in enumerate(results):
            self.assertAlmostEqual(float(line.split(": ")[1]), block, delta=0.01 * block)  # the sine's amplitude
        self.assertRegex(last, r"^40 blocks in order, the latest sent \d+ ms late$")

    def test_retry_tries_what_failed_again_and_gives_up_what_always_fails(self):
        done = run("retry", 50000)
        self.assertEqual(done.stdout, "50000 tasks: 49950 good, 50 bad, 0 cancelled; 550 retries\n", done.stderr)

    def test_retry_cancels_the_rest_once_enough_are_good(self):
        done = run("retry", 50000, 1000)
        self.assertEqual(done.returncode, 0, done.stderr)
        tasks, good, bad, cancelled, _ = map(int, re.findall(r"\d+", done.stdout))
        self.assertEqual(good + bad + cancelled, tasks)
        self.assertGreaterEqual(good, 1000)
        self.assertGreater(cancelled, 0)

    def test_window_draws_on_while_tasks_run(self):
        done = run("window", 20)
        self.assertEqual(done.returncode, 0, done.stderr)
        outcomes, frames, held_ms = map(int, re.findall(r"\d+", done.stdout))
        self.assertEqual(outcomes, 20)
        # 20 tasks of 60 ms run one after the other, and a frame takes 20 ms. A loop that waited for each task would draw 20
        # frames; one that does not draws 60. On a machine with much else to do some are lost, but not two of three.
        self.assertGreaterEqual(frames, 30)
        self.assertLess(held_ms, 20 * 60)

    def test_isolated_ends_each_bad_handler_by_itself_and_judges_the_rest(self):
        done = run("isolated", 8)
        self.assertEqual(done.returncode, 0, done.stderr)
        words = ["succeeded", "failed: the handler ended by signal 8 (SIGFPE)", "timed_out: it ran past its time limit of 500 ms",
                 "failed: the handler found no memory"]
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 8)
        for number, line in enumerate(lines):
            self.assertTrue(line.startswith(f"measurement {number}: {words[number % 4]}"), line)

    def test_watch_prints_the_events_of_a_running_server(self):
        server = Server()
        self.addCleanup(server.close)
        watch = subprocess.Popen([EXAMPLES / "watch", server.data], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        job = server.submit(server.job_folder("one", "print('seen by many', flush=True)\n"))
        one = run("watch", server.data, job)
        self.assertEqual(one.returncode, 0, one.stderr)
        self.assertIn(f"{job} succeeded attempt 1", one.stdout)
        seen = []
        for line in watch.stdout:
            seen.append(line)
            if f"{job} succeeded attempt 1" in line:
                break
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(30), 0)
        self.assertTrue(any("log at 0: seen by many" in line for line in seen), seen)


if __name__ == "__main__":
    unittest.main()
