"""The command line against a real server, and what it says of bad input."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request
import zipfile

from harness import BIN, Server, ServerTest, eventually


UNTRUSTED = ("two\nstate       succeeded", "\x1b[2J\x1b]0;title\x07red", "c1 \x9b31m", "exe\u202egnp.m", "スペクトル\t解析", "cr\rover",
             "line\u2028sep\u200b\x7f")


def run(*args, **more):
    return subprocess.run([str(arg) for arg in args], capture_output=True, text=True, timeout=60, **more)


class CommandTest(ServerTest):
    def test_submit_waits_and_puts_the_outputs_where_it_is_told(self):
        server = self.server
        folder = server.job_folder("one", "open('output/a.txt', 'w').write('42')\nprint('done')\n")
        output = server.folder / "results"
        done = server.nias("submit", folder, "--wait", "--output", output)
        job_id = done.stdout.strip()
        self.assertEqual((output / "a.txt").read_text(), "42")
        self.assertIn("succeeded", server.nias("status", job_id).stdout)
        self.assertIn(job_id, server.nias("list", "--state", "succeeded").stdout)
        self.assertEqual(server.nias("log", "-f", job_id).stdout, "done\n")
        other = server.folder / "again"
        server.nias("get", job_id, "--output", other)
        self.assertEqual((other / "a.txt").read_text(), "42")

    def test_a_failed_program_is_told_by_exit_code_and_words(self):
        server = self.server
        folder = server.job_folder("bad", "import sys\nprint('no such electrode', file=sys.stderr)\nsys.exit(3)\n")
        done = server.nias("submit", folder, "--wait", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed", done.stderr)
        self.assertIn("no such electrode", done.stderr)

    def test_cancel_stops_a_running_job(self):
        server = self.server
        job_id = server.submit(server.job_folder("long", "import time\nprint('on', flush=True)\ntime.sleep(300)\n"))
        server.wait_state(job_id, ["running"])
        self.assertEqual(server.nias("cancel", job_id).stdout.strip(), "cancelled")
        again = server.nias("cancel", job_id, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("has ended already", again.stderr)

    def test_workers_are_listed_and_one_that_is_not_paused_is_not_resumed(self):
        server = self.server
        head, row = eventually(lambda: (lines := server.nias("workers").stdout.splitlines()) and len(lines) == 2 and lines)
        self.assertEqual(head.split(), ["WORKER", "STATE", "SINCE", "HOST", "ADDRESS", "SLOTS", "HELD", "RUNNING", "CPUS", "LOAD",
                                        "MEMORY", "RUNTIMES", "VERSION", "LABELS"])
        name, state = row.split()[:2]
        self.assertEqual(state, "ready", row)
        done = server.nias("resume", name, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"worker {name}: it is not paused", done.stderr)
        self.assertIn("no worker of that name", server.nias("resume", "nobody", check=False).stderr)

    def test_a_worker_that_drains_ends_its_job_and_takes_no_other(self):
        """A7"""
        server = self.server
        first = server.submit(server.job_folder("first", "import time\nprint('on', flush=True)\ntime.sleep(4)\n"))
        server.wait_state(first, ["running"])
        os.kill(server.pid_of("worker"), signal.SIGTERM)
        second = server.submit(server.job_folder("second", "print('on')\n"))
        ended, after = server.wait_ended(first), server.wait_ended(second)
        self.assertEqual((ended["state"], ended["attempt"]), ("succeeded", 1), ended)
        self.assertEqual(after["state"], "succeeded", after)
        self.assertGreaterEqual(after["started_ms"], ended["ended_ms"], "a free slot of a draining worker was used")

    def test_two_jobs_run_at_a_time_on_two_slots(self):
        server = self.server
        code = "import time\nprint('on', flush=True)\ntime.sleep(2)\nopen('output/n.txt', 'w').write('n')\n"
        ids = [server.submit(server.job_folder(f"n{n}", code)) for n in range(5)]
        jobs = [server.wait_ended(job_id) for job_id in ids]
        self.assertEqual({job["state"] for job in jobs}, {"succeeded"})
        running = [sum(job["started_ms"] <= at["started_ms"] < job["ended_ms"] for job in jobs) for at in jobs]
        self.assertEqual(max(running), 2, jobs)

    def test_a_bad_bundle_is_refused_in_words_and_leaves_nothing(self):
        server = self.server
        empty = server.folder / "empty"
        empty.mkdir()
        (empty / "main.py").write_text("print(1)")
        refused = server.nias("submit", empty, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("put code.py (Python), code.m (MATLAB or Octave) or code.R (R)", refused.stderr)
        climbing = server.folder / "climbing.zip"
        with zipfile.ZipFile(climbing, "w") as out:
            out.writestr("code.py", "print(1)")
            out.writestr("../evil.py", "print(2)")
        refused = server.nias("submit", climbing, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("evil.py", refused.stderr)
        (server.folder / "no.zip").write_text("not a zip")
        self.assertEqual(server.nias("submit", server.folder / "no.zip", check=False).returncode, 2)
        self.assertEqual(len(server.nias("list").stdout.splitlines()), 1)
        blobs = [path for path in (server.data / "blobs").rglob("*") if path.is_file()]
        self.assertEqual(blobs, [])

    def test_a_single_file_is_answered_with_what_is_wanted(self):
        server = self.server
        program = server.job_folder("alone", "print('hello')\n") / "code.py"
        for name in ("data.csv", "code.py.txt", "empty"):
            path = program.parent / name
            path.write_bytes(b"" if name == "empty" else program.read_bytes())
            refused = server.nias("submit", path, check=False)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(f"nias submit {program.parent}", refused.stderr)
            self.assertNotIn("damaged", refused.stderr)
        self.assertIn("neither a folder nor a file", server.nias("submit", "/dev/null", check=False).stderr)
        self.assertEqual(len(server.nias("list").stdout.splitlines()), 1)

    def test_status_says_what_a_job_waits_for(self):
        server = self.server
        folder = server.job_folder("wide", "print(1)\n", **{"nias.toml": "cpus = 4096\n"})
        job_id = server.nias("submit", folder).stdout.strip()
        self.assertIn("needs 4096 cpus, the largest machine has", server.nias("status", job_id).stdout)
        server.nias("cancel", job_id)

    def test_a_program_alone_is_a_job(self):
        server = self.server
        program = server.job_folder("alone", "print('hello')\n") / "code.py"
        analysis = program.parent / "Análise final.py"
        analysis.write_text("print('alone', __file__)\n")
        done = server.nias("submit", analysis, "--wait")
        self.assertIn("was sent alone and runs as code.py", done.stderr)
        job_id = done.stdout.strip()
        self.assertEqual(server.nias("log", job_id).stdout, "alone /job/code.py\n")
        self.assertEqual(server.job(job_id)["name"], "Análise final")
        self.assertEqual(server.nias("submit", program, "--wait").returncode, 0)
        (program.parent / "empty.m").write_text("")
        refused = server.nias("submit", program.parent / "empty.m", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("is empty", refused.stderr)

    def test_a_linked_file_comes_with_its_folder_and_one_that_leads_nowhere_is_named(self):
        server = self.server
        (server.folder / "elsewhere.csv").write_text("1;2")
        folder = server.job_folder("linked", "print(open('data.csv').read())\n")
        (folder / "data.csv").symlink_to("../elsewhere.csv")
        done = server.nias("submit", folder, "--wait")
        self.assertIn("data.csv", done.stderr)
        self.assertEqual(server.nias("log", done.stdout.strip()).stdout, "1;2\n")
        (server.folder / "elsewhere.csv").unlink()
        refused = server.nias("submit", folder, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("data.csv is a link to ../elsewhere.csv", refused.stderr)
        self.assertEqual(len(server.nias("list").stdout.splitlines()), 2)

    def test_no_name_breaks_a_table_or_reaches_the_terminal_as_an_order(self):
        server = self.server
        for number, name in enumerate(UNTRUSTED):
            toml = "".join(f"\\U{ord(c):08x}" if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 else c for c in name)
            folder = server.job_folder(f"n{number}", f"import sys\nsys.exit({ascii(name)})\n", **{"nias.toml": f'name = "{toml}"\n'})
            done = server.nias("submit", folder, "--wait", check=False)
            job_id = done.stdout.strip()
            self.assertEqual(server.job(job_id)["name"], name, "JSON is exact")
            self.assert_harmless(done.stderr)
            for verb in ("status", "explain", "cancel"):
                done = server.nias(verb, job_id, check=False)
                self.assert_harmless(done.stdout + done.stderr)
            status = server.nias("status", job_id).stdout.splitlines()
            self.assertEqual([line for line in status if line.startswith("state")], ["state       failed"])
        lines = server.nias("list").stdout.splitlines()
        self.assertEqual(len(lines), len(UNTRUSTED) + 1, lines)
        self.assert_harmless("\n".join(lines))
        at = lines[0].index("NAME")
        self.assertEqual({line[at - 2:at] for line in lines}, {"  "}, "the names stand in one column")
        self.assert_harmless(server.words())

    def assert_harmless(self, text):
        obeyed = [c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200b\u2028")]
        self.assertEqual(obeyed, [], text)

    def test_random_bytes_on_every_socket_stop_nothing(self):
        import os
        import zmq
        server = self.server
        context = zmq.Context()
        self.addCleanup(context.destroy, linger=0)
        for name, kind in (("intake", zmq.PUSH), ("control", zmq.DEALER), ("outcomes", zmq.PUSH), ("bulk", zmq.DEALER)):
            peer = context.socket(kind)
            peer.connect(f"ipc://{server.data}/run/{name}")
            for length in (0, 1, 7, 100, 5000):
                peer.send(os.urandom(length))
            peer.send_multipart([os.urandom(10), b"", os.urandom(10)])
            peer.send(b"\x93\x01\x01\x92\xa1x\xdd\xff\xff\xff\xff")  # a Submit that claims four billion tasks
            peer.close(linger=1000)
        for name in ("events", "output"):
            peer = context.socket(zmq.SUB)
            peer.connect(f"ipc://{server.data}/run/{name}")
            peer.subscribe(os.urandom(50))
            self.addCleanup(peer.close, linger=0)
        pids = [server.pid_of(name) for name in ("ventilator", "sink", "worker", "httpfront")]
        folder = server.job_folder("one", "print('still here')\n")
        server.nias("submit", folder, "--wait")
        self.assertEqual(pids, [server.pid_of(name) for name in ("ventilator", "sink", "worker", "httpfront")])

    def test_a_second_server_on_the_same_data_is_refused(self):
        second = run(BIN / "nias", "up", "--data", self.server.data, "--port", "0")
        self.assertEqual(second.returncode, 1)
        self.assertIn("belongs to a running instance", second.stderr)
        for daemon in ("nias-ventilator", "nias-sink", "nias-httpfront"):
            other = run(BIN / daemon, "--data", self.server.data)
            self.assertEqual(other.returncode, 1, daemon)
            self.assertIn("belongs to a running instance", other.stderr)

    def test_a_dead_daemon_is_started_again_and_the_front_keeps_its_port(self):
        import os
        import signal
        server = self.server
        pid = server.pid_of("httpfront")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: server.pid_of("httpfront") not in (None, pid))

        def answers():
            try:
                return server.get("/healthz")
            except OSError:
                return None
        eventually(answers)


class ScriptsTest(unittest.TestCase):
    """The lines of README beside `scripts/up`."""

    def test_scripts_down_ends_the_server_of_the_data_directory_and_says_so(self):
        server = Server()
        self.addCleanup(server.close)
        down = pathlib.Path(__file__).resolve().parents[2] / "scripts/down"
        for said in ("stopped", "no server runs on "):
            done = subprocess.run([down], env=os.environ | {"NIAS_DATA": str(server.data)}, capture_output=True, text=True, timeout=90)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(said), done.stdout)
        self.assertEqual(server.process.wait(timeout=60), 0)


class PassedOptionsTest(unittest.TestCase):
    """What is given to `nias up` for its worker and its front."""

    def test_a_default_time_limit_and_a_further_name_of_the_host_reach_the_daemons(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        config = pathlib.Path(folder.name) / "nias.toml"
        config.write_text('accounts = "off"\n[worker]\ndefault-time-limit = "1s"\ndefault-memory = "1 GiB"\nmax-log = 4096\n'
                          '[httpfront]\nowner = "ana"\nallow-host = ["nias.example"]\n')
        server = Server(extra=("--config", config))
        self.addCleanup(server.close)
        self.assertIn("a job by default: 1 s, 1 GiB, ", server.nias("workers").stdout)
        self.assertIn(b"a job by default: 1 s, 1 GiB, ", server.get("/api/v1/limits"))
        ask = urllib.request.Request(server.url + "/api/v1/queue", headers={"Host": "nias.example"})
        with urllib.request.urlopen(ask, timeout=30) as answer:
            self.assertEqual(answer.status, 200)
        job = server.wait_ended(server.submit(server.job_folder("long", "import time\nprint('x' * 9000, flush=True)\ntime.sleep(60)\n")))
        self.assertEqual(job["state"], "timed_out", job)
        self.assertLess(len(server.get(f"/api/v1/jobs/{job['id']}/log")), 5000)

    def test_every_option_of_worker_and_front_is_taken_but_those_that_up_decides(self):
        def options_of(*program):
            return set(re.findall(r"^\s+(?:-\w,)?(--[\w-]+)", run(*program, "--help").stdout, re.M))
        up = options_of(BIN / "nias", "up")
        decided = {"--control", "--outcomes", "--bulk", "--key", "--intake", "--events", "--output"}
        for program in ("nias-worker", "nias-httpfront"):
            self.assertEqual(options_of(BIN / program) - up - decided, set())
        self.assertEqual(up & decided, set())

    def test_how_long_a_silent_machine_is_waited_for_and_the_log_level_reach_the_daemons(self):
        server = Server(extra=("--lease-max", "1234", "--log-level", "error"))
        self.addCleanup(server.close)
        words = {name: pathlib.Path(f"/proc/{server.pid_of(name)}/cmdline").read_bytes().split(b"\0")
                 for name in ("ventilator", "sink", "worker", "httpfront")}
        self.assertEqual(words["ventilator"][words["ventilator"].index(b"--lease-max") + 1], b"1234")
        self.assertEqual({name: b"--log-level=error" in given for name, given in words.items()}, dict.fromkeys(words, True))

    def test_a_value_that_a_daemon_refuses_ends_the_start_with_its_words(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(BIN / "nias", "up", "--data", folder, "--port", "0", "--default-memory", "much")
            self.assertEqual(done.returncode, 1)
            self.assertIn("--default-memory", done.stderr)
            self.assertIn("nias-worker did not start", done.stderr)


class RefusalTest(unittest.TestCase):
    programs = ("nias-ventilator", "nias-sink", "nias-worker", "nias-httpfront")

    def test_help_and_version_are_there(self):
        for program in self.programs:
            self.assertEqual(run(BIN / program, "--help").returncode, 0)
            self.assertIn("--data", run(BIN / program, "--help").stdout)
            self.assertRegex(run(BIN / program, "--version").stdout, r"^\d+\.\d+\.\d+")
        for verb in ("up", "submit", "list", "status", "explain", "log", "get", "cancel", "workers", "resume"):
            self.assertEqual(run(BIN / "nias", verb, "--help").returncode, 0)

    def test_an_unknown_option_or_verb_ends_with_2_and_is_named(self):
        for program in self.programs:
            done = run(BIN / program, "--dta", "x")
            self.assertEqual(done.returncode, 2, program)
            self.assertIn("--dta", done.stderr)
        done = run(BIN / "nias", "sumbit")
        self.assertEqual(done.returncode, 2)
        self.assertIn("sumbit", done.stderr)

    def test_an_unknown_toml_key_ends_with_2_and_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "nias.toml"
            config.write_text('dta = "x"\n')
            for program in self.programs:
                done = run(BIN / program, "--config", config)
                self.assertEqual(done.returncode, 2, program)
                self.assertIn('"dta", which is not known (is "data" meant?)', done.stderr)
            config.write_text('[worker]\nmax-dsk = "1 GiB"\n')
            done = run(BIN / "nias", "up", "--config", config)
            self.assertEqual(done.returncode, 2)
            self.assertIn('"max-dsk" in [worker], which is not known (is "max-disk" meant?)', done.stderr)

    def test_a_data_directory_that_cannot_be_made_is_named(self):
        for program in self.programs:
            done = run(BIN / program, "--data", "/dev/null/data")
            self.assertEqual(done.returncode, 1, program)
            self.assertIn("/dev/null/data", done.stderr)
            self.assertIn("--data", done.stderr)

    def test_a_busy_port_is_named_with_the_option_that_changes_it(self):
        with socket.socket() as busy, tempfile.TemporaryDirectory() as folder:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            port = str(busy.getsockname()[1])
            done = run(BIN / "nias-httpfront", "--data", folder, "--port", port)
            self.assertEqual(done.returncode, 1)
            self.assertIn(port, done.stderr)
            self.assertIn("--port", done.stderr)
            up = run(BIN / "nias", "up", "--data", folder, "--port", port)
            self.assertEqual(up.returncode, 1)
            self.assertIn("did not start", up.stderr)
            address = f"tcp://127.0.0.1:{port}"
            done = run(BIN / "nias-ventilator", "--data", folder, "--intake", address)
            self.assertEqual(done.returncode, 1)
            self.assertIn(address, done.stderr)

    def test_verbs_without_a_server_say_how_to_start_one(self):
        with tempfile.TemporaryDirectory() as folder:
            for args in (["list"], ["status", "0" * 32], ["submit", folder]):
                done = run(BIN / "nias", *args, "--data", folder + "/none")
                self.assertEqual(done.returncode, 1, args)
                self.assertIn("nias up", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
