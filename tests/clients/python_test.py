"""The Python client as a researcher uses it: against a real server over HTTPS, with accounts and a personal token.

    python_test.py BIN_DIR [unittest arguments]
"""
import ast
import importlib.util
import io
import json
import os
import pathlib
import random
import stat
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from secure_lab import PROGRAM, CutLine, SecureLab, make_zip  # noqa: E402

BIN = pathlib.Path()
CLIENT = pathlib.Path(__file__).parents[2] / "clients" / "python" / "nias.py"
spec = importlib.util.spec_from_file_location("nias", CLIENT)
nias = importlib.util.module_from_spec(spec)
sys.modules["nias"] = nias
spec.loader.exec_module(nias)


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
        cls.client = nias.Client(cls.lab.url, cls.lab.token, fingerprint=cls.lab.fingerprint)

    @classmethod
    def end(cls):
        died = [name for name, process in cls.lab.processes.items() if process.poll() is not None]
        cls.lab.close()
        assert not died, f"died unnoticed: {died}"

    def setUp(self):
        self.folder = pathlib.Path(self.enter(tempfile.TemporaryDirectory()))
        self.environment(XDG_CACHE_HOME=str(self.folder / "cache"), XDG_CONFIG_HOME=str(self.folder / "config"))

    def enter(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def environment(self, **values):
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)

        def restore():
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
        self.addCleanup(restore)

    def study(self, name="study", size=3000, **more):
        """A folder with a program, data, and what is not to travel."""
        folder = self.folder / name
        (folder / "data").mkdir(parents=True)
        (folder / "code.py").write_text(PROGRAM)
        (folder / "data" / "noise.bin").write_bytes(noise(size))
        (folder / ".git").mkdir()
        (folder / ".git" / "old.bin").write_bytes(b"hidden")
        (folder / "output").mkdir()
        (folder / "output" / "old.bin").write_bytes(b"of the last run")
        for path, text in more.items():
            (folder / path).write_text(text)
        return folder

    def through(self, cuts, way="up"):
        """A client whose line to the server is cut."""
        line = CutLine(self.lab.port, cuts, way)
        self.addCleanup(line.close)
        return line, nias.Client(f"https://127.0.0.1:{line.port}", self.lab.token, fingerprint=self.lab.fingerprint, patience_s=20)


class Working(WithServer):
    def test_a_folder_is_sent_waited_for_and_its_outputs_fetched(self):
        seen = []
        job = self.client.submit(self.study(), progress=lambda sent, total: seen.append((sent, total)))
        self.assertEqual((job.name, job.fields["owner"]), ("study", "ana"))
        self.assertEqual(seen[-1][0], seen[-1][1])
        files = job.wait(60).outputs(self.folder / "results")
        self.assertEqual(sorted(str(path.relative_to(self.folder / "results")) for path in files), ["nias-job.json", "plots/a b.csv", "sum.txt"])
        self.assertEqual((self.folder / "results" / "sum.txt").read_text(), "3000", "hidden files and old outputs stay at home")
        self.assertEqual(job.read("plots/a b.csv"), b"1,2\n")
        self.assertEqual({file["path"] for file in job.files()}, {"nias-job.json", "plots/a b.csv", "sum.txt"})
        self.assertEqual(job.log(), "begun\naçúcar\n")
        self.assertEqual(job.log(tail=10), "açúcar\n")
        self.assertEqual("".join(job.follow()), "begun\naçúcar\n", "following one that has ended tells the whole")
        self.assertIn(job.id, [other.id for other in self.client.jobs(state="succeeded")])
        self.assertEqual(self.client.job(job.id).outcome["exit_code"], 0)
        self.assertEqual(self.lab.uploads(), [])

    def test_a_zip_and_a_program_alone_are_sent_as_they_are(self):
        zipped = self.folder / "inner.zip"
        zipped.write_bytes(make_zip({"espectro/code.py": "print('zip')\n"}))
        alone = self.folder / "filtro.py"
        alone.write_text("print('alone')\n")
        jobs = [self.client.submit(str(zipped)), self.client.submit(alone), self.client.submit(alone, name="outro nome")]
        self.assertEqual([job.wait(60).log() for job in jobs], ["zip\n", "alone\n", "alone\n"])
        self.assertEqual([job.name for job in jobs], ["espectro", "filtro", "outro nome"])

    def test_an_array_is_one_job_of_many(self):
        program = self.folder / "code.py"
        program.write_text("import os\nindex = os.environ['NIAS_ARRAY_INDEX']\nopen('output/' + index + '.txt', 'w').write(index)\n")
        job = self.client.submit(program, array="3-5,9").wait(90)
        self.assertEqual((job.state, job.fields["array"]["size"]), ("succeeded", 4))
        members = list(job.members())
        self.assertEqual([(member["index"], member["state"]) for member in members], [(index, "succeeded") for index in (3, 4, 5, 9)])
        self.assertEqual(list(job.members(state="failed")), [])
        self.assertEqual(self.client.job(members[1]["id"]).read("4.txt"), b"4")
        written = {path.name for path in job.outputs(self.folder / "results")}
        self.assertLessEqual({"3.txt", "4.txt", "5.txt", "9.txt"}, written)

    def test_what_a_program_prints_is_followed_while_it_runs(self):
        program = self.folder / "code.py"
        program.write_text("import time\nprint('first', flush=True)\ntime.sleep(1)\nprint('second')\n")
        job = self.client.submit(program)
        told = job.follow()
        begun = next(told)
        self.assertTrue("first\n".startswith(begun), begun)
        self.assertFalse(self.client.job(job.id).ended)
        self.assertEqual(begun + "".join(told), "first\nsecond\n")
        self.assertTrue(job.ended)

    def test_a_job_that_fails_says_why_and_runs_again_with_other_limits(self):
        job = self.client.submit(self.study("bad", fail=""))
        with self.assertRaises(nias.JobFailed) as failed:
            job.wait(60)
        self.assertEqual((failed.exception.job.state, failed.exception.job.outcome["exit_code"]), ("failed", 1))
        self.assertIn(job.id, str(failed.exception))
        again = job.rerun(memory_bytes=1 << 30, time_limit_ms=60_000)
        self.assertNotEqual(again.id, job.id)
        self.assertEqual(again.fields["asked"]["memory_bytes"], 1 << 30)
        self.assertEqual(again.wait(60, check=False).state, "failed")

    def test_a_job_is_cancelled_and_a_wait_may_be_given_up(self):
        program = self.folder / "code.py"
        program.write_text("import time\ntime.sleep(600)\n")
        job = self.client.submit(program)
        with self.assertRaises(TimeoutError):
            job.wait(0.5)
        self.assertEqual(job.cancel().wait(30, check=False).state, "cancelled")
        with self.assertRaises(nias.Refused) as refused:
            job.cancel()
        self.assertEqual((refused.exception.status, refused.exception.code), (409, "ended"))


class Cut(WithServer):
    def test_an_upload_goes_on_where_the_line_was_cut(self):
        content = make_zip({"study/code.py": PROGRAM, "study/a.bin": noise(20 << 20)}, zipfile.ZIP_STORED)
        zipped = self.folder / "study.zip"
        zipped.write_bytes(content)
        line, client = self.through([3000, 7 << 20, 200_000, 10])
        seen = []
        job = client.submit(zipped, progress=lambda sent, total: seen.append(sent))
        self.assertEqual(line.made, 4)
        self.assertEqual(seen, sorted(seen), "what was confirmed is not sent again")
        self.assertIn(8 << 20, seen)
        self.assertTrue(self.lab.holds(content), "each byte is the one that was sent")
        self.assertEqual(job.wait(60).read("sum.txt"), str(20 << 20).encode())

    def test_an_upload_goes_on_in_the_next_run_of_the_program(self):
        zipped = self.folder / "next.zip"
        zipped.write_bytes(make_zip({"next/code.py": "print('next')\n", "next/a.bin": noise(20 << 20)}, zipfile.ZIP_STORED))
        program = f"import sys; sys.path.insert(0, {str(CLIENT.parent)!r}); import nias, os\n" \
                  "stop = lambda sent, total: sent >= 8 << 20 and os._exit(9)\n" \
                  f"nias.Client({self.lab.url!r}).submit({str(zipped)!r}, progress=stop)"
        environment = {**os.environ, "NIAS_TOKEN": self.lab.token, "NIAS_CA_FILE": str(self.lab.ca_file)}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 9, done.stderr)
        notes = list((self.folder / "cache" / "nias" / "uploads").iterdir())
        self.assertEqual([stat.S_IMODE(note.stat().st_mode) for note in notes], [0o600], "the id of an upload is a secret")
        seen = []
        job = self.client.submit(zipped, progress=lambda sent, total: seen.append(sent))
        self.assertEqual(seen[0], 8 << 20)
        self.assertEqual(job.wait(60).log(), "next\n")
        self.assertEqual(list((self.folder / "cache" / "nias" / "uploads").iterdir()), [])

    def test_bytes_that_the_server_has_do_not_travel_again(self):
        folder = self.study("known", 1 << 20)
        first = self.client.submit(folder)
        line, client = self.through([200_000])
        second = client.submit(folder)
        self.assertEqual(line.made, 0, "a megabyte would have cut the line")
        self.assertNotEqual(first.id, second.id)
        self.assertEqual(second.wait(60).read("sum.txt"), b"1048576")

    def test_a_download_and_a_followed_log_go_on_where_the_line_was_cut(self):
        program = self.folder / "code.py"
        program.write_text("import os, random\nfor line in range(20000): print('line', line)\n"
                           "open('output/noise.bin', 'wb').write(random.Random(7).randbytes(3 << 20))\n")
        job = self.client.submit(program).wait(60)
        line, client = self.through([2 << 20, 1 << 20], "down")
        files = client.job(job.id).outputs(self.folder / "results")
        self.assertEqual(line.made, 2)
        self.assertIn(self.folder / "results" / "noise.bin", files)
        self.assertEqual((self.folder / "results" / "noise.bin").read_bytes(), random.Random(7).randbytes(3 << 20))
        line, client = self.through([2000, 60_000, 5000], "down")
        fresh = client.job(client.submit(program).id)
        self.assertEqual("".join(fresh.follow()), "".join(f"line {n}\n" for n in range(20000)))

    def test_a_server_that_stays_away_is_told_of_in_time(self):
        line, _ = self.through([])
        line.close()
        self._cleanups.pop()
        with self.assertRaises(nias.Unreachable):
            nias.Client(f"https://127.0.0.1:{line.port}", "x", fingerprint=self.lab.fingerprint, patience_s=0.5).job("0" * 32)

    def test_a_restart_of_the_server_is_waited_for(self):
        job = self.client.submit(self.study("restart"))
        self.lab.stop("httpfront")
        process = self.lab.start("httpfront", "--port", str(self.lab.port), "--web", str(self.lab.web), *self.lab.front)
        self.assertEqual(job.wait(60).state, "succeeded")
        self.assertIsNone(process.poll())


class Refusals(WithServer):
    def refused(self, call):
        with self.assertRaises(nias.Refused) as refused:
            call()
        return refused.exception

    def test_a_refusal_has_a_code_parameters_and_a_sentence_in_the_language_that_was_asked_for(self):
        (self.folder / "empty.zip").write_bytes(b"")
        (self.folder / "none.zip").write_bytes(make_zip({"readme.txt": "no program"}))
        empty = self.refused(lambda: self.client.submit(self.folder / "empty.zip"))
        self.assertEqual((empty.status, empty.code), (400, "empty"))
        english = self.refused(lambda: self.client.submit(self.folder / "none.zip"))
        portuguese = nias.Client(self.lab.url, self.lab.token, fingerprint=self.lab.fingerprint, language="pt-BR")
        translated = self.refused(lambda: portuguese.submit(self.folder / "none.zip"))
        self.assertEqual((english.status, english.code), (422, translated.code))
        self.assertNotEqual(english.detail, translated.detail)
        self.assertEqual((english.words, english.params), (translated.words, translated.params))
        self.assertEqual(self.lab.uploads(), [])

    def test_who_may_not_is_told_so(self):
        zipped = self.folder / "a.zip"
        zipped.write_bytes(make_zip({"code.py": "print(1)"}))

        def with_token(token):
            return nias.Client(self.lab.url, token, fingerprint=self.lab.fingerprint)
        self.assertEqual(self.refused(lambda: with_token(self.lab.reader).submit(zipped)).code, "scope")
        self.assertEqual(self.refused(lambda: list(with_token("nias_forged").jobs())).code, "bad_token")
        self.assertEqual(self.refused(lambda: list(with_token("").jobs())).code, "sign_in")
        job = self.client.submit(zipped)
        others = nias.Client(self.lab.url, self.lab.token_of(self.lab.root, "read", "submit"), fingerprint=self.lab.fingerprint)
        self.assertEqual(list(others.jobs(q=job.name)), [], "an administrator's own list shows his own")
        self.assertEqual(self.refused(lambda: self.client.job("../session")).status, 400)

    def test_only_the_certificate_that_is_expected_is_spoken_to(self):
        other = "00" * 32
        for trust in ({}, {"fingerprint": other}, {"fingerprint": other, "ca_file": self.lab.ca_file}):
            with self.assertRaises(nias.Untrusted, msg=str(trust)):
                list(nias.Client(self.lab.url, self.lab.token, **trust).jobs())
        self.assertIsInstance(list(nias.Client(self.lab.url, self.lab.token, ca_file=self.lab.ca_file).jobs()), list)
        for wrong in ("abc", "zz" * 32):
            with self.assertRaises((nias.Error, ValueError)):
                nias.Client(self.lab.url, self.lab.token, fingerprint=wrong)

    def test_a_token_does_not_travel_in_clear(self):
        for url in ("http://lab.example:8080", "http://192.168.1.5", "lab.example", "https://lab.example/path", "ftp://lab"):
            with self.assertRaises(nias.Error, msg=url):
                nias.Client(url, "secret")
        self.assertEqual(nias.Client("http://127.0.0.1:9", "secret").url, "http://127.0.0.1:9")

    def test_folders_that_cannot_be_sent_whole_are_refused_by_name(self):
        folder = self.study("links")
        (folder / "gone").symlink_to(folder / "nowhere")
        with self.assertRaisesRegex(nias.Error, "gone"):
            self.client.submit(folder)
        (folder / "gone").unlink()
        (folder / "round").symlink_to(folder)
        with self.assertRaisesRegex(nias.Error, "circle"):
            self.client.submit(folder)
        with self.assertRaises(FileNotFoundError):
            self.client.submit(self.folder / "nothing")

    def test_an_output_never_leaves_its_folder(self):
        for name in ("../evil", "/etc/evil", "a/../../evil", "c:evil", "..\\evil"):
            zipped = io.BytesIO(make_zip({name: "x"}))
            with self.assertRaises(nias.Error, msg=name):
                nias._unpack(zipped, self.folder / "results")
        self.assertEqual([path.name for path in self.folder.rglob("*evil*")], [])


class Settings(WithServer):
    def login(self, mode=0o600, **values):
        path = self.folder / "config" / "nias" / "login.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
        path.chmod(mode)

    def test_the_file_of_nias_login_is_enough(self):
        self.login(server=self.lab.url, token=self.lab.token, fingerprint=self.lab.fingerprint)
        self.assertIsInstance(list(nias.Client().jobs()), list)
        self.login(0o644, server=self.lab.url, token=self.lab.token)
        with self.assertRaisesRegex(nias.Error, "chmod 600"):
            nias.Client()

    def test_the_environment_goes_before_the_file_and_arguments_before_both(self):
        self.login(server="https://old.example", token="nias_old", fingerprint="11" * 32)
        self.environment(NIAS_SERVER=self.lab.url + "/", NIAS_TOKEN=self.lab.token, NIAS_CA_FILE=str(self.lab.ca_file))
        self.assertIsInstance(list(nias.Client().jobs()), list)
        with self.assertRaises(nias.Refused):
            list(nias.Client(token="nias_other").jobs())

    def test_a_token_is_given_to_its_own_server_alone(self):
        self.login(server="https://old.example", token="nias_old")
        self.environment(NIAS_SERVER="https://older.example", NIAS_TOKEN="nias_older")
        self.assertNotIn("Authorization", nias.Client(self.lab.url, fingerprint=self.lab.fingerprint)._headers)

    def test_without_any_server_it_says_what_to_do(self):
        with self.assertRaisesRegex(nias.Error, "nias login"):
            nias.Client()


class Source(unittest.TestCase):
    def test_it_is_written_for_python_3_8_and_needs_nothing_but_python(self):
        tree = ast.parse(CLIENT.read_text(), feature_version=(3, 8))
        wanted = {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        wanted |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        self.assertLessEqual(wanted, set(sys.stdlib_module_names))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
                arguments = node.args.args + node.args.kwonlyargs
                self.assertIsNotNone(node.returns, node.name)
                self.assertTrue(all(one.annotation for one in arguments if one.arg != "self"), node.name)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
