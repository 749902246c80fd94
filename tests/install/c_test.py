"""The C header from C and, through examples/ctypes, from Python, against an installed server that runs.

NIAS_PREFIX: where NIAS is installed; NIAS_SOURCE: the checkout. Both languages use nothing else of it.
"""
import os
import pathlib
import select
import subprocess
import sys
import threading
import time
import unittest

from harness import Server, eventually
from package import FLAGS, run

PREFIX, SOURCE = pathlib.Path(os.environ["NIAS_PREFIX"]), pathlib.Path(os.environ["NIAS_SOURCE"])
os.environ["NIAS_LIBRARY"] = str(PREFIX / "lib/libnias.so")
sys.path.insert(0, str(SOURCE / "examples/ctypes"))
import nias_ctypes as nias  # noqa: E402

RUNTIME = "test-of-c"


def handle(work):
    """What the worker of these tests does with a payload."""
    if work.payload == b"raise":
        raise ValueError("no such thing")
    if work.payload == b"hold":
        while not work.cancelled():
            time.monotonic()
        raise RuntimeError("told to stop")
    if work.payload == b"who":
        return f"{work.owner} {work.name} {work.task}".encode()
    return work.payload[::-1]


class CTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.data = str(cls.server.data)
        cls.worker = nias.Worker(cls.data, name="in-python", runtime=RUNTIME, slots=2)
        thread = threading.Thread(target=cls.worker.run, args=(handle,))
        thread.start()
        cls.addClassCleanup(thread.join)
        cls.addClassCleanup(cls.worker.stop)

    def setUp(self):
        self.lab = nias.Submitter(self.data)
        self.addCleanup(self.lab.close)

    def outcome_of(self, payload, **how):
        return self.lab.wait(self.lab.submit(payload, owner="ana", runtime=RUNTIME, **how), timeout_s=60)

    def test_a_task_comes_back_with_what_the_handler_returned(self):
        self.assertEqual(self.outcome_of(b"drawer")[:5], ("succeeded", b"reward", "", 1, "in-python"))
        self.assertEqual(self.outcome_of(b"").output, b"")
        self.assertEqual(self.outcome_of(b"\0a" * 32768).output, b"a\0" * 32768)

    def test_a_handler_sees_whose_task_it_is(self):
        task = self.lab.submit(b"who", owner="ana", name="a name, é", runtime=RUNTIME)
        self.assertEqual(self.lab.wait(task, 60).output.decode(), f"ana a name, é {task}")

    def test_an_exception_fails_its_task_in_its_words_and_the_worker_goes_on(self):
        failed = self.outcome_of(b"raise")
        self.assertEqual((failed.status, failed.error), ("failed", "ValueError: no such thing"))
        self.assertEqual(self.outcome_of(b"ab").output, b"ba")

    def test_a_task_is_not_over_before_it_is_cancelled(self):
        task = self.lab.submit(b"hold", owner="ana", runtime=RUNTIME)
        with self.assertRaises(TimeoutError):
            self.lab.wait(task, timeout_s=0.3)
        self.lab.cancel(task)
        self.assertEqual(self.lab.wait(task, timeout_s=60).status, "cancelled")

    def test_a_time_limit_ends_a_task(self):
        self.assertEqual(self.outcome_of(b"hold", time_limit_ms=300).status, "timed_out")

    def test_the_same_id_is_the_same_task_for_another_submitter_too(self):
        task = self.lab.submit(b"ab", owner="ana", runtime=RUNTIME)
        with nias.Submitter(self.data) as other:
            self.assertEqual(other.submit(b"ab", owner="ana", runtime=RUNTIME, task=task), task)
            self.assertEqual(other.wait(task, 60).output, b"ba")

    def test_a_loop_of_its_own_gets_the_ends_of_what_it_submitted_without_waiting(self):
        self.assertIsNone(self.lab.next())
        self.assertFalse(select.select([self.lab], [], [], 0)[0])
        payloads = {self.lab.submit_async(b"%d" % n, owner="ana", runtime=RUNTIME): b"%d" % n for n in range(100)}
        ended = {}
        while len(ended) < len(payloads):
            self.assertTrue(select.select([self.lab], [], [], 60)[0], f"{len(ended)} have ended")
            while (end := self.lab.next()) is not None:
                self.assertEqual((end.status, end.why_none), ("succeeded", "ok"), end.error)
                ended[end.task] = end.output
        self.assertEqual(ended, {task: payload[::-1] for task, payload in payloads.items()})
        self.assertFalse(select.select([self.lab], [], [], 0)[0], "all were taken")

    def test_a_submit_that_does_not_wait_tells_why_there_is_no_outcome(self):
        with self.assertRaises(nias.Problem) as told:
            self.lab.submit_async(b"", owner="")
        self.assertEqual(told.exception.code, "invalid")
        with nias.Submitter(str(self.server.folder / "nobody")) as lab:
            task = lab.submit_async(b"", owner="ana", timeout_s=0.2)
            end = lab.next(timeout_s=60)
        self.assertEqual((end.task, end.status, end.why_none), (task, "could_not_run", "unavailable"))
        self.assertIn("is it running?", end.error)

    def test_a_group_tells_each_end_once_with_its_place_and_is_found_again(self):
        payloads = [b"%03d" % n for n in range(60)]
        payloads[7] = b"raise"
        with self.lab.group(payloads, owner="ana", runtime=RUNTIME) as group:
            ends = {end.index: end for end in group}
            self.assertEqual(sorted(ends), list(range(60)))
            self.assertEqual(ends[7].error, "ValueError: no such thing")
            self.assertTrue(all(ends[n].output == payloads[n][::-1] for n in ends if n != 7))
            progress = group.progress()
            self.assertEqual((progress.tasks, progress.alive, progress.succeeded, progress.failed), (60, 0, 59, 1))
        with nias.Submitter(self.data) as later, later.group(payloads, owner="ana", runtime=RUNTIME, group=group.id) as again:
            self.assertEqual({end.index: end.task for end in again}, {n: end.task for n, end in ends.items()})

    def test_a_group_is_cancelled_as_one(self):
        with self.lab.group([b"hold"] * 10, owner="ana", runtime=RUNTIME) as group:
            with self.assertRaises(TimeoutError):
                group.next(timeout_s=0.3)
            self.assertEqual(group.progress().alive, 10)
            group.cancel()
            self.assertEqual([end.status for end in group], ["cancelled"] * 10)
        with self.lab.group([b"raise", b"hold", b"hold"], owner="ana", runtime=RUNTIME, fails_max=1) as group:
            self.assertTrue(select.select([group], [], [], 60)[0])
            self.assertEqual(sorted(end.status for end in group), ["cancelled", "cancelled", "failed"])
            self.assertEqual((group.progress().stopped, group.retry_failed()), (1, 3))
            self.assertEqual(len(list(group)), 3)
        for payloads, words in (([], "there are 0"), ([b"", b"x" * 65537], "task 1")):
            with self.assertRaises(nias.Problem) as told:
                self.lab.group(payloads, owner="ana")
            self.assertIn(words, str(told.exception))

    def test_the_log_of_the_library_is_given_to_a_function(self):
        lines = []
        nias.set_log(lambda level, line: lines.append((level, line)), least="info")
        try:
            worker = nias.Worker(self.data, name="logs", runtime="nobody's")
            thread = threading.Thread(target=worker.run, args=(handle,))
            thread.start()
            eventually(lambda: any("has taken this worker in" in line for _, line in lines))
            worker.stop()
            thread.join()
        finally:
            nias.set_log(None)
        self.assertIn("info", {level for level, _ in lines})

    def test_what_cannot_be_is_refused_with_its_code_in_words(self):
        for code, words, call in (
                ("invalid", "owner", lambda: self.lab.submit(b"", owner="")),
                ("invalid", "payload", lambda: self.lab.submit(b"x" * 65537, owner="ana")),
                ("invalid", "task", lambda: self.lab.wait("no id", 1)),
                ("not_found", "does not know", lambda: self.lab.wait("0" * 31 + "1", 30)),
                ("invalid", "", lambda: nias.Submitter("tcp://")),
                ("invalid", "slots", lambda: nias.Worker(self.data, name="many", slots=5000)),
                ("not_found", "none.key", lambda: nias.Submitter(keys="none.key"))):
            with self.assertRaises(nias.Problem) as told:
                call()
            self.assertEqual(told.exception.code, code, str(told.exception))
            self.assertIn(words, str(told.exception))

    def test_a_null_is_refused_in_words_and_never_followed(self):
        library, error, no_handle = nias._nias, nias._Error(), None
        room, told = nias.c.create_string_buffer(nias.ID_BYTES), nias.c.POINTER(nias._Outcome)()
        handle, task = self.lab._handle, nias._Task(owner=b"ana")
        lying = nias._Task(owner=b"ana", payload=None, payload_bytes=8)
        for call in (lambda to: library.nias_submit(no_handle, task, 0, room, to), lambda to: library.nias_submit(handle, None, 0, room, to),
                     lambda to: library.nias_submit(handle, task, 0, None, to), lambda to: library.nias_submit(handle, lying, 0, room, to),
                     lambda to: library.nias_wait(no_handle, b"", 0, told, to), lambda to: library.nias_wait(handle, None, 0, told, to),
                     lambda to: library.nias_wait(handle, b"0" * 32, 0, None, to), lambda to: library.nias_cancel(handle, None, to),
                     lambda to: library.nias_submit_async(no_handle, task, 0, room, to), lambda to: library.nias_submit_async(handle, None, 0, room, to),
                     lambda to: library.nias_submit_async(handle, task, 0, None, to), lambda to: library.nias_next(no_handle, 0, told, to),
                     lambda to: library.nias_next(handle, 0, None, to), lambda to: library.nias_group_next(no_handle, 0, told, to),
                     lambda to: library.nias_group_progress(no_handle, nias._Progress(), to), lambda to: library.nias_group_cancel(no_handle, to),
                     lambda to: library.nias_worker_run(no_handle, nias._Handler(), None, to)):
            error.code, error.message = 0, b""
            self.assertEqual((nias.CODES[call(error)], nias.CODES[error.code]), ("invalid", "invalid"), error.message)
            self.assertTrue(error.message)
            self.assertEqual(nias.CODES[call(None)], "invalid")  # the words are not asked for
        for nothing in (library.nias_group_submit(no_handle, task, 1, None, error), library.nias_group_submit(handle, None, 1, None, error),
                        library.nias_group_id(no_handle)):
            self.assertIsNone(nothing)
        self.assertEqual(library.nias_descriptor(no_handle), -1)
        for free in (library.nias_group_free, library.nias_outcome_free, library.nias_submitter_close, library.nias_worker_close, library.nias_worker_stop):
            free(None)

    def test_a_long_sentence_is_cut_between_two_characters(self):
        with self.assertRaises(nias.Problem) as told:
            nias.Submitter("x" + 2000 * "é")
        self.assertLess(len(str(told.exception).encode()), 508)  # and it decoded, so no character was halved

    def test_without_a_server_the_id_comes_back_for_another_try(self):
        with nias.Submitter(str(self.server.folder / "nobody")) as lab, self.assertRaises(nias.Problem) as told:
            lab.submit(b"", owner="ana", timeout_s=0.2)
        self.assertEqual(told.exception.code, "unavailable")
        self.assertRegex(told.exception.task, "^[0-9a-f]{32}$")

    def test_a_program_in_strict_c11_compiles_links_and_runs(self):
        program = self.server.folder / "round_trip"
        run(["gcc", "-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", *FLAGS, SOURCE / "tests/install/round_trip.c",
             f"-I{PREFIX}/include", f"-L{PREFIX}/lib", "-lnias", f"-Wl,-rpath,{PREFIX}/lib", "-o", program], SOURCE)
        said = run([program, self.data, RUNTIME, "stressed"], SOURCE).stdout.split()
        self.assertRegex(said[0], "^[0-9a-f]{32}$")
        self.assertEqual(said[1:], ["0", "desserts", "same"])

    def test_an_isolated_handler_in_c_crashes_alone(self):
        program = self.server.folder / "isolated"
        run(["gcc", "-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", *FLAGS, "-pthread", SOURCE / "tests/install/isolated.c",
             f"-I{PREFIX}/include", f"-L{PREFIX}/lib", "-lnias", f"-Wl,-rpath,{PREFIX}/lib", "-o", program], SOURCE)
        said = run([program, self.data], SOURCE).stdout.splitlines()
        self.assertEqual(said, ["failed 1 the handler ended by signal 11 (SIGSEGV)", "succeeded 1 "])

    def test_a_cmake_project_in_c_alone_links_the_library(self):
        folder = self.server.folder / "c_project"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(c LANGUAGES C)\nset(CMAKE_C_STANDARD 11)\nfind_package(nias REQUIRED)\n"
            f"add_executable(round_trip {SOURCE}/tests/install/round_trip.c)\ntarget_link_libraries(round_trip nias::nias)\n")
        run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={PREFIX}",
             f"-DCMAKE_C_FLAGS={' '.join(FLAGS)}"], folder)
        run(["cmake", "--build", "build"], folder)
        self.assertIn(" desserts ", run([folder / "build/round_trip", self.data, RUNTIME, "stressed"], folder).stdout)

    def test_an_older_c_plus_plus_may_include_the_c_header(self):
        source = self.server.folder / "older.cpp"
        source.write_text("#include <nias/c.h>\nint main() { return nias_version() == nullptr; }\n")
        run(["g++", "-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", f"-I{PREFIX}/include", source], SOURCE)

    def test_the_example_doubles_numbers(self):
        done = subprocess.run([sys.executable, SOURCE / "examples/ctypes/double.py", self.data, "1", "2.5", "one"],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.stdout.splitlines()[:2], ["1 2.0", "2.5 5.0"], done.stderr)
        self.assertIn("ValueError", done.stdout.splitlines()[2])
        self.assertEqual(done.stdout.splitlines()[3], "twice as many: 6.0")


if __name__ == "__main__":
    unittest.main()
