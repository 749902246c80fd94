"""Languages and named environments, from the command line to the end of a job, with the daemons as they are.

MATLAB is a stand-in program here: it gives up without a licence while a file says so.
"""
import functools
import http.server
import json
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import threading
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Server, eventually  # noqa: E402


def make_wheel(folder, name, version, word):
    """A wheel is a zip with three files of metadata beside the module."""
    info = f"{name}-{version}.dist-info/"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"word = {word!r}\n")
        wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", f"{name}.py,,\n{info}METADATA,,\n{info}WHEEL,,\n{info}RECORD,,\n")


class RuntimesTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-runtimes-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *extra):
        server = Server(extra=extra)
        self.addCleanup(server.close)
        return server

    def job(self, server, name, program, text, **files):
        folder = server.folder / name
        folder.mkdir()
        (folder / program).write_text(text)
        for file, content in files.items():
            (folder / file.replace("_", ".")).write_text(content)
        return server.submit(folder)

    def look(self, server, job_id):
        return json.loads(server.get(f"/api/v1/jobs/{job_id}"))

    def log(self, server, job_id):
        return server.get(f"/api/v1/jobs/{job_id}/log").decode()

    def matlab(self):
        root = self.folder / "MATLAB" / "R2023a"
        (root / "bin").mkdir(parents=True)
        os.chmod(self.folder, 0o755)
        program = root / "bin" / "matlab"
        program.write_text(f"#!/bin/sh\nif [ -e {root}/no-licence ]; then\n"
                           "  echo 'License Manager Error -4'; echo 'All are in use.'; exit 1\nfi\n"
                           "echo \"matlab was asked: $2\"\n")
        program.chmod(0o755)
        (root / "VersionInfo.xml").write_text("<version>9.14</version><release>R2023a</release>")
        return root, program

    def test_an_environment_is_offered_as_soon_as_an_administrator_names_it(self):
        wheels = self.folder / "wheels"
        wheels.mkdir()
        os.chmod(self.folder, 0o755)
        make_wheel(wheels, "patient", "1.5", "from the wheel")
        server = self.start("--wheelhouse", str(wheels))
        job_id = self.job(server, "early", "code.py", "import patient\nprint(patient.word)\n",
                          nias_toml='environment = "eeg"\n')
        eventually(lambda: "no machine offers python:eeg" in self.look(server, job_id)["reason"])
        (self.folder / "list.txt").write_text("patient==1.5  # of the lab\n")
        refused = server.nias("env", "add", "EEG 1", self.folder / "list.txt", check=False)
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn('environment = "eeg"', server.nias("env", "add", "eeg", self.folder / "list.txt").stdout)
        self.assertEqual(server.nias("env", "list").stdout, "eeg: patient==1.5\n")
        ended = server.wait_ended(job_id)
        self.assertEqual(ended["state"], "succeeded", ended)
        self.assertIn("building a Python environment for: patient==1.5", self.log(server, job_id))
        self.assertIn("python:eeg", server.nias("workers").stdout)
        again = self.job(server, "again", "code.py", "import patient\nprint(patient.word)\n", nias_toml='environment = "eeg"\n')
        self.assertEqual(server.wait_ended(again)["state"], "succeeded")
        self.assertEqual(self.log(server, again), "from the wheel\n")
        server.nias("env", "remove", "eeg")
        self.assertEqual(server.nias("env", "remove", "eeg", check=False).returncode, 1)
        eventually(lambda: "python:eeg" not in server.nias("workers").stdout)

    def test_a_licence_that_is_not_to_be_had_costs_a_job_no_attempt(self):
        root, program = self.matlab()
        (root / "no-licence").touch()
        server = self.start("--matlab", str(program), "--resource", "matlab_seats=1", "--retry-s", "1", "--retry-most-s", "1")
        self.assertIn("MATLAB R2023a", server.nias("workers").stdout)
        job_id = self.job(server, "study", "code.m", "disp(1)\n", nias_toml="max_attempts = 1\n")
        eventually(lambda: "MATLAB got no licence" in self.look(server, job_id)["reason"], within_s=60)
        self.assertIn("held back for", server.nias("explain", job_id).stdout)
        other = server.wait_ended(self.job(server, "other", "code.py", "print('ran meanwhile')\n"))
        self.assertEqual(other["state"], "succeeded", other)
        first = self.look(server, job_id)["attempt"]
        eventually(lambda: self.look(server, job_id)["attempt"] > first + 1, within_s=60)
        (root / "no-licence").unlink()
        ended = server.wait_ended(job_id)
        self.assertEqual(ended["state"], "succeeded", ended)
        self.assertIn("nias_start; code;", self.log(server, job_id))
        self.assertEqual(ended["runtime"], "matlab or octave")
        self.assertNotIn("paused", server.nias("workers").stdout)

    def test_a_package_index_that_is_away_costs_a_job_no_attempt_and_others_no_time(self):
        wheels = self.folder / "simple" / "patient"
        wheels.mkdir(parents=True)
        make_wheel(wheels, "patient", "1.0", "waited")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        server = self.start("--pip-index", f"http://127.0.0.1:{port}/simple", "--retry-s", "1", "--retry-most-s", "1")
        job_id = self.job(server, "study", "code.py", "import patient\nprint(patient.word)\n", requirements_txt="patient\n",
                          nias_toml="max_attempts = 1\n")
        eventually(lambda: "cannot be reached: the connection was refused" in self.look(server, job_id)["reason"], within_s=60)
        eventually(lambda: "held back for" in server.nias("explain", job_id).stdout)
        other = server.wait_ended(self.job(server, "other", "code.py", "print('ran meanwhile')\n"))
        self.assertEqual(other["state"], "succeeded", other)
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=self.folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as index:
            threading.Thread(target=index.serve_forever, daemon=True).start()
            ended = server.wait_ended(job_id)
            index.shutdown()
        self.assertEqual(ended["state"], "succeeded", ended)
        self.assertIn("waited", self.log(server, job_id))
        self.assertNotIn("paused", server.nias("workers").stdout)

    def test_a_plain_m_file_waits_for_matlab_where_the_administrator_wants_it_so(self):
        server = self.start("--matlab-only", "--matlab", "none")
        job_id = self.job(server, "study", "code.m", "disp(1)\n")
        eventually(lambda: "no machine offers matlab, and the administrator" in self.look(server, job_id)["reason"])
        insists = self.job(server, "octave", "code.m", "disp(1)\n", nias_toml='runtime = "octave"\n')
        self.assertEqual(server.wait_ended(insists)["state"], "succeeded")
        server.nias("cancel", job_id)

    def test_what_a_job_gets_that_names_nothing_is_told(self):
        server = self.start()
        self.assertRegex(server.nias("workers").stdout, "a job by default: 24 h, ")
        server = self.start("--default-time-limit", "none", "--default-memory", "1 GiB")
        self.assertIn("a job by default: any time, 1 GiB", server.nias("workers").stdout)

    @unittest.skipIf(shutil.which("Rscript") is None, "no Rscript here")
    def test_a_program_of_r_is_sent_alone_and_told_with_its_line(self):
        server = self.start()
        program = server.folder / "analysis.R"
        program.write_text("x <- 1\nstop('no such signal')\n")
        job_id = server.nias("submit", program).stdout.strip()
        ended = server.wait_ended(job_id)
        self.assertEqual(ended["reason"], "exited with code 1: Error: no such signal (code.R, line 2)")


if __name__ == "__main__":
    unittest.main()
