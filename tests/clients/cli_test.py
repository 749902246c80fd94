"""The command line against a server elsewhere: over HTTPS, with accounts and a personal token, on lines that are cut.

    cli_test.py BIN_DIR [unittest arguments]
"""
import json
import os
import pathlib
import pty
import random
import select
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from secure_lab import PROGRAM, CutLine, SecureLab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()


def noise(size):
    return random.Random(size).randbytes(size)


class WithServer(unittest.TestCase):
    """All of them ask one server."""
    lab = None

    @classmethod
    def setUpClass(cls):
        if WithServer.lab is None:
            WithServer.lab = SecureLab(BIN)
            unittest.addModuleCleanup(WithServer.end)

    @classmethod
    def end(cls):
        died = [name for name, process in cls.lab.processes.items() if process.poll() is not None]
        cls.lab.close()
        assert not died, f"died unnoticed: {died}"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.login_file = self.home / ".config" / "nias" / "login.json"

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NIAS_", "XDG_"))}
        return {**kept, "HOME": str(self.home), **more}

    def nias(self, *words, input="", code=0, **more):
        done = subprocess.run([BIN / "nias", *map(str, words)], input=input, capture_output=True, text=True, timeout=120, cwd=self.folder,
                              env=self.environment(**more), check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def sign_in(self, url=None, token=None):
        self.nias("login", url or self.lab.url, "--fingerprint", self.lab.fingerprint, input=(token or self.lab.token) + "\n")

    def through(self, cuts, way="up"):
        line = CutLine(self.lab.port, cuts, way)
        self.addCleanup(line.close)
        self.sign_in(f"https://127.0.0.1:{line.port}")
        line.cuts = list(cuts)
        return line

    def study(self, name="study", code=PROGRAM, size=3000):
        folder = self.folder / name
        folder.mkdir()
        (folder / "code.py").write_text(code)
        (folder / "noise.bin").write_bytes(noise(size))
        return folder


class Login(WithServer):
    def test_a_token_is_kept_where_only_its_owner_reads_it_and_forgotten_when_asked(self):
        said = self.nias("login", self.lab.url + "/", "--ca-file", self.lab.ca_file, input=self.lab.token + "\n")
        self.assertEqual(said.stdout, f"{self.lab.url}, as ana\n")
        self.assertEqual(json.loads(self.login_file.read_text()),
                         {"server": self.lab.url, "token": self.lab.token, "fingerprint": "", "ca_file": str(self.lab.ca_file)})
        self.assertEqual(stat.S_IMODE(self.login_file.stat().st_mode), 0o600)
        self.assertIn("STATE", self.nias("list").stdout)
        self.login_file.chmod(0o644)
        self.assertIn("chmod 600", self.nias("list", code=2).stderr)
        self.assertEqual(self.nias("logout").stdout.split(";")[0], "forgotten")
        self.assertFalse(self.login_file.exists())
        self.assertIn("nothing to forget", self.nias("logout").stdout)
        self.assertIn("nias-data", self.nias("list", code=1).stderr, "without a login the verbs are of this machine")

    def test_a_person_confirms_the_fingerprint_and_types_the_token_unseen(self):
        for answer, expected in (("no", 1), ("yes", 0)):
            code, shown = self.at_a_terminal(["login", self.lab.url], {"[yes/no]": answer, "Token": self.lab.token})
            self.assertEqual(code, expected, shown)
            self.assertIn(self.lab.fingerprint, shown)
            self.assertNotIn(self.lab.token, shown)
            self.assertEqual(self.login_file.exists(), answer == "yes")
        self.assertEqual(json.loads(self.login_file.read_text())["fingerprint"], self.lab.fingerprint)
        self.assertIn("STATE", self.nias("list").stdout)

    def at_a_terminal(self, words, answers):
        """(exit code, what is shown); an answer is typed when its question is there."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(BIN / "nias", ["nias", *words], self.environment())
        shown, waiting = "", dict(answers)
        try:
            while select.select([terminal], [], [], 60)[0]:
                shown += os.read(terminal, 4096).decode()
                for question in [one for one in waiting if one in shown]:
                    os.write(terminal, (waiting.pop(question) + "\n").encode())
        except OSError:  # it has ended
            pass
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown

    def test_nothing_is_said_to_whom_nobody_vouches_for(self):
        refused = self.nias("login", self.lab.url, input=self.lab.token + "\n", code=2)
        self.assertIn(self.lab.fingerprint, refused.stderr)
        self.assertIn("--fingerprint", refused.stderr)
        other = "AB:" * 31 + "AB"
        self.assertIn("not the one that was named", self.nias("login", self.lab.url, "--fingerprint", other, input="x\n", code=1).stderr)
        self.assertIn("64 hexadecimal", self.nias("login", self.lab.url, "--fingerprint", "abc", input="x\n", code=2).stderr)
        self.assertFalse(self.login_file.exists())
        self.sign_in()
        kept = json.loads(self.login_file.read_text())
        self.login_file.write_text(json.dumps({**kept, "fingerprint": other}))
        self.assertIn("not the one that was named", self.nias("list", code=1).stderr)

    def test_a_certificate_of_another_host_is_not_trusted_though_its_issuer_is(self):
        made, key = self.folder / "other.pem", self.folder / "other.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30", "-nodes", "-subj", "/CN=other",
                        "-addext", "subjectAltName=DNS:other.example", "-keyout", key, "-out", made], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)
        heard = []
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            try:
                with listener.accept()[0] as link, context.wrap_socket(link, server_side=True) as wrapped:
                    heard.append(wrapped.recv(1000))
            except OSError:
                heard.append(b"")
        server = threading.Thread(target=serve)
        server.start()
        said = self.nias("login", f"https://127.0.0.1:{listener.getsockname()[1]}", "--ca-file", made, input="secret\n", code=1).stderr
        server.join(30)
        self.assertIn("not trusted", said)
        self.assertEqual(heard, [b""], "nothing was said to it")

    def test_a_url_that_is_no_server_or_would_be_asked_in_clear_is_refused(self):
        for url in ("http://lab.example:8080", "http://192.168.1.5", "lab.example", "https://lab.example/path", "ftp://lab", "https://", "http://[::1"):
            self.nias("login", url, input="secret\n", code=2)
        self.assertIn("does not know this token", self.nias("login", self.lab.url, "--fingerprint", self.lab.fingerprint, input="nias_x\n", code=2).stderr)
        self.assertFalse(self.login_file.exists())

    def test_another_server_for_one_command_gets_no_token_of_the_file(self):
        self.sign_in()
        trust = {"NIAS_FINGERPRINT": self.lab.fingerprint}
        other = f"https://localhost:{self.lab.port}"
        self.assertIn("sign in", self.nias("list", "--server", other, code=2, **trust).stderr)
        self.assertIn("STATE", self.nias("list", "--server", other, NIAS_TOKEN=self.lab.token, **trust).stdout)
        self.assertIn("STATE", self.nias("list", NIAS_SERVER=other, NIAS_TOKEN=self.lab.token, **trust).stdout)
        self.assertIn("give one of them", self.nias("list", "--server", other, "--data", self.lab.data, code=2).stderr)
        self.assertIn("STATE", self.nias("list", "--data", self.lab.data).stdout, "a data directory goes before a login")


class Verbs(WithServer):
    def setUp(self):
        super().setUp()
        self.sign_in()

    def both(self, *words):
        """What a verb says here and on the server's machine."""
        return self.nias(*words).stdout, self.nias(*words, "--data", self.lab.data).stdout

    def test_a_job_is_sent_waited_for_listed_told_of_and_fetched_as_on_the_servers_machine(self):
        done = self.nias("submit", self.study("eins"), "--wait", "--output", self.folder / "results")
        job = done.stdout.strip()
        self.assertIn("succeeded after", done.stderr)
        self.assertEqual((self.folder / "results" / "sum.txt").read_text(), "3000")
        for words in (("status", job), ("log", job), ("explain", job), ("list", "--owner", "ana", "--state", "succeeded")):
            here, there = self.both(*words)
            self.assertEqual(here, there, words)
        self.assertEqual(self.nias("log", "-f", job).stdout, "begun\naçúcar\n")
        self.nias("get", job, "--output", "again")
        self.assertEqual(sorted(str(path.relative_to(self.folder / "again")) for path in (self.folder / "again").rglob("*") if path.is_file()),
                         ["nias-job.json", "plots/a b.csv", "sum.txt"])
        again = self.nias("rerun", job, "--memory-mib", "512").stdout.strip()
        self.assertNotEqual(again, job)
        status, fields = self.lab.ana.json("GET", f"/api/v1/jobs/{again}?wait=30")
        self.assertEqual((status, fields["asked"]["memory_bytes"], fields["state"]), (200, 512 << 20, "succeeded"))
        self.assertIn("at least 16", self.nias("rerun", job, "--memory-mib", "1", code=2).stderr)
        for wrong, words in (("1:30", "may be hours and minutes"), ("0", "from 1 second"), ("soon", "write it like")):
            self.assertIn(words, self.nias("rerun", job, "--time-limit", wrong, code=2).stderr)

    def test_a_job_runs_again_on_the_servers_machine_too(self):
        job = self.nias("submit", self.study("zwei"), "--data", self.lab.data, "--wait").stdout.strip()
        again = self.nias("rerun", job, "--cpus", "1", "--time-limit-s", "50", "--data", self.lab.data).stdout.strip()
        status, fields = self.lab.root.json("GET", f"/api/v1/jobs/{again}?wait=30")
        self.assertEqual((status, fields["state"], fields["asked"]["time_limit_ms"], fields["name"]), (200, "succeeded", 50_000, "zwei"))

    def test_the_outputs_of_an_array_come_as_one_from_a_server_elsewhere(self):
        study = self.study("serie", "import os\nindex = os.environ['NIAS_ARRAY_INDEX']\nopen('output/' + index + '.txt', 'w').write(index * 100_000)\n")
        job = self.nias("submit", study, "--array", "3-5", "--wait", "--output", "whole").stdout.strip()
        for index in (3, 4, 5):
            self.assertEqual((self.folder / "whole" / str(index) / f"{index}.txt").read_text(), str(index) * 100_000)
        self.nias("get", job, "--output", "again")
        self.assertTrue((self.folder / "again" / "4" / "4.txt").exists())

    def test_a_job_is_followed_while_it_runs_and_cancelled(self):
        job = self.nias("submit", self.study("lang", "import time\nprint('on', flush=True)\ntime.sleep(600)\n")).stdout.strip()
        follower = subprocess.Popen([BIN / "nias", "log", "-f", job], stdout=subprocess.PIPE, text=True, cwd=self.folder, env=self.environment())
        self.addCleanup(follower.stdout.close)
        self.assertEqual(follower.stdout.readline(), "on\n")
        self.assertIn("is running", self.nias("get", job, code=1).stderr)
        self.assertEqual(self.nias("cancel", job).stdout, "cancelled\n")
        self.assertEqual(follower.wait(30), 0)
        self.assertIn("has ended already: cancelled", self.nias("cancel", job, code=1).stderr)

    def test_refusals_have_the_words_and_exit_codes_of_the_servers_machine(self):
        (self.folder / "none.zip").write_bytes(make_zip({"readme.txt": "no program"}))
        (self.folder / "alone.txt").write_text("x")
        failing = self.study("bad", "import sys\nprint('no electrode', file=sys.stderr)\nsys.exit(3)\n")
        for words, code in ((("submit", "none.zip"), 2), (("submit", "alone.txt"), 2), (("submit", "nothing"), 1), (("status", "0" * 32), 1),
                            (("status", "short"), 2), (("get", "0" * 32), 1), (("list", "--state", "asleep"), 2), (("submit", failing, "--wait"), 1)):
            here = self.nias(*words, code=code).stderr
            there = self.nias(*words, "--data", self.lab.data, code=code).stderr
            shape = lambda text: [line for line in text.splitlines() if " after " not in line]  # noqa: E731
            if "0" * 32 not in words:  # the server tells nobody what `nias list` shows
                self.assertEqual(shape(here), shape(there), words)
        self.assertIn("--owner", self.nias("submit", failing, "--owner", "bob", code=2).stderr)

    def test_somebody_elses_job_is_none_and_a_token_that_only_reads_sends_nothing(self):
        foreign = self.nias("submit", self.study("fremd"), "--data", self.lab.data).stdout.strip()
        self.assertIn("there is no job", self.nias("status", foreign, code=1).stderr)
        self.assertNotIn(foreign, self.nias("list").stdout)
        self.assertIn("scope", self.nias("submit", self.folder / "fremd", code=2, NIAS_TOKEN=self.lab.reader, NIAS_SERVER=self.lab.url).stderr)


class Cut(WithServer):
    def test_an_upload_and_a_download_go_on_where_the_line_was_cut(self):
        line = self.through([3000, 7 << 20, 200_000, 10])
        code = "open('output/back.bin', 'wb').write(open('noise.bin', 'rb').read())\n"
        folder = self.study("groß", code, 20 << 20)
        job = self.nias("submit", folder, "--wait").stdout.strip()
        self.assertEqual(line.made, 4)
        self.through([9 << 20, 4 << 20], "down")
        self.nias("get", job, "--output", "results")
        self.assertEqual((self.folder / "results" / "back.bin").read_bytes(), noise(20 << 20))

    def test_a_submit_that_was_ended_goes_on_when_it_is_given_again(self):
        zipped = self.folder / "next.zip"
        zipped.write_bytes(make_zip({"next/code.py": "print('next')\n", "next/a.bin": noise(20 << 20)}, zipfile.ZIP_STORED))
        line = self.through([])
        line.dead_after = 12 << 20  # in the middle of the second piece

        def confirmed():
            parts = list((self.lab.data / "blobs" / "partial").iterdir())
            return parts and parts[0].stat().st_size >= 8 << 20
        first = subprocess.Popen([BIN / "nias", "submit", zipped], cwd=self.folder, env=self.environment(), stdout=subprocess.DEVNULL)
        eventually(confirmed)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        notes = list((self.home / ".cache" / "nias" / "uploads").iterdir())
        self.assertEqual([stat.S_IMODE(note.stat().st_mode) for note in notes], [0o600])
        line.dead_after, line.carried = float("inf"), 0
        job = self.nias("submit", zipped, "--wait").stdout.strip()
        self.assertEqual(self.nias("log", job).stdout, "next\n")
        self.assertLess(line.carried, 13 << 20, "the first piece did not travel again")
        self.assertEqual(list((self.home / ".cache" / "nias" / "uploads").iterdir()), [])

    def test_how_far_an_upload_is_is_shown_on_a_terminal_alone(self):
        self.sign_in()
        folder = self.study("bar", "print(1)\n", 20 << 20)
        self.assertEqual(self.nias("submit", folder).stderr, "")
        leader, follower = pty.openpty()
        folder.rename(self.folder / "bar2")
        done = subprocess.run([BIN / "nias", "submit", self.folder / "bar2"], stdout=subprocess.PIPE, stderr=follower, env=self.environment(),
                              cwd=self.folder, timeout=60, check=True)
        os.close(follower)
        shown = b""
        try:
            while piece := os.read(leader, 4096):
                shown += piece
        except OSError:
            pass
        os.close(leader)
        self.assertEqual(len(done.stdout.strip()), 32)
        self.assertIn(b"sending bar2.zip: ", shown)
        self.assertIn(b"100 % of 20 MiB", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), "the line is cleared at the end")

    def test_a_server_that_restarts_is_waited_for(self):
        self.sign_in()
        job = self.nias("submit", self.study("neu", "import time\ntime.sleep(1)\nprint('over')\n")).stdout.strip()
        follower = subprocess.Popen([BIN / "nias", "log", "-f", job], stdout=subprocess.PIPE, text=True, cwd=self.folder, env=self.environment())
        self.addCleanup(follower.stdout.close)
        self.lab.stop("httpfront")
        self.lab.start("httpfront", "--port", str(self.lab.port), "--web", str(self.lab.web), *self.lab.front)
        self.assertEqual(follower.communicate(timeout=60)[0], "over\n")
        self.assertEqual(follower.returncode, 0)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
