"""The client for Octave and MATLAB, in Octave, against a real server over HTTPS, with accounts and a personal token.

    octave_test.py BIN_DIR [unittest arguments]
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from secure_lab import PROGRAM, CutLine, SecureLab, make_zip  # noqa: E402

BIN = pathlib.Path()
CLIENT = pathlib.Path(__file__).resolve().parents[2] / "clients" / "octave"
OCTAVE = shutil.which("octave-cli")


def noise(size):
    return random.Random(size).randbytes(size)


@unittest.skipUnless(OCTAVE, "octave-cli is missing here")
class OctaveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = SecureLab(BIN)

    @classmethod
    def tearDownClass(cls):
        died = [name for name, process in cls.lab.processes.items() if process.poll() is not None]
        cls.lab.close()
        assert not died, f"died unnoticed: {died}"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()

    def octave(self, program, connect=True, **environment):
        """What a program prints that has `lab` and the test's folder `here`. Every error is printed by its identifier."""
        opened = f"lab = nias('{self.lab.url}', '{self.lab.token}', 'fingerprint', '{self.lab.fingerprint}');" if connect is True else connect
        text = f"addpath('{CLIENT}'); here = '{self.folder}';\ntry\n{opened}\n{program}\ncatch problem\n" \
               "printf('%s\\n%s\\n', problem.identifier, problem.message);\nend\nclear all\n"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NIAS_", "XDG_"))}
        done = subprocess.run([OCTAVE, "--no-init-file", "--no-history", "--eval", text], capture_output=True, text=True, timeout=120,
                              env={**kept, "HOME": str(self.folder), "TMPDIR": str(self.temporary), **environment}, check=False)
        self.assertEqual(list(self.temporary.iterdir()), [], "nothing is left in the folder of temporary files")
        return done.stdout

    def refused(self, program, **more):
        said = self.octave(program, **more)
        self.assertTrue(said.startswith("nias:"), said)
        return said.splitlines()[0]

    def test_a_folder_is_sent_waited_for_and_its_outputs_fetched(self):
        study = self.folder / "espéctro"
        for path, content in {"code.py": PROGRAM.encode(), "data/a.bin": noise(3000), "data/ção.bin": noise(100_000), "empty.txt": b"",
                              ".git/old.bin": b"hidden", "output/old.bin": b"of the last run", "deep/output/kept.bin": b"12345"}.items():
            (study / path).parent.mkdir(parents=True, exist_ok=True)
            (study / path).write_bytes(content)
        said = self.octave("job = lab.submit([here '/espéctro']); disp(job.name); disp(job.owner);\n"
                           "job = lab.wait(job, 60); files = lab.outputs(job, [here '/results']); printf('%s\\n', files{:});\n"
                           "printf('%s', lab.log(job)); found = lab.job(job.id); disp(found.state);\n"
                           "list = lab.jobs(); disp(any(strcmp({list.id}, job.id)));\n"
                           "again = lab.rerun(job); disp(strcmp(again.id, job.id)); again = lab.wait(again); disp(again.outcome.exit_code)")
        results = self.folder / "results"
        self.assertEqual(said.splitlines(), ["espéctro", "ana", *(str(results / name) for name in ("nias-job.json", "plots/a b.csv", "sum.txt")),
                                             "begun", "açúcar", "succeeded", "1", "0", "0"])
        self.assertEqual((results / "sum.txt").read_text(), "103005", "hidden files and old outputs stay at home")
        self.assertEqual((results / "plots" / "a b.csv").read_text(), "1,2\n")

    def test_the_zip_that_it_makes_is_one_for_everybody(self):
        study = self.folder / "zipped"
        study.mkdir()
        contents = {"code.py": PROGRAM.encode(), "none.bin": b"", "one.bin": b"x", "text.txt": b"abc" * 100_000, "noise.bin": noise(200_001)}
        for name, content in contents.items():
            (study / name).write_bytes(content)
        job = self.octave("job = lab.submit([here '/zipped/']); disp(job.id)").strip()
        status, _, content = self.lab.ana.ask("GET", f"/api/v1/jobs/{job}/bundle")
        self.assertEqual(status, 200)
        (self.folder / "back.zip").write_bytes(content)
        with zipfile.ZipFile(self.folder / "back.zip") as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual({name: archive.read(name) for name in archive.namelist()}, {f"zipped/{name}": content for name, content in contents.items()})

    def test_a_zip_and_a_program_alone_are_sent_as_they_are(self):
        (self.folder / "inner.zip").write_bytes(make_zip({"espectro/code.m": "disp('zip')"}))
        (self.folder / "filtro.m").write_text("disp('alone')")
        said = self.octave("for name = {'inner.zip', 'filtro.m'}\n job = lab.wait(lab.submit(fullfile(here, name{1})), 90);\n"
                           " printf('%s %s', job.name, lab.log(job)); end")
        self.assertEqual(said.splitlines(), ["espectro zip", "filtro alone"])

    def test_an_upload_goes_on_where_the_line_was_cut(self):
        content = make_zip({"study/code.py": PROGRAM, "study/a.bin": noise(20 << 20)}, zipfile.ZIP_STORED)
        (self.folder / "study.zip").write_bytes(content)
        line = CutLine(self.lab.port, [3000, 7 << 20, 200_000, 10])
        self.addCleanup(line.close)
        said = self.octave("job = lab.wait(lab.submit([here '/study.zip']), 60); disp(job.name)",
                           connect=f"lab = nias('https://127.0.0.1:{line.port}', '{self.lab.token}', 'ca_file', '{self.lab.ca_file}');")
        self.assertEqual((said, line.made), ("study\n", 4))
        self.assertLess(line.carried, 36 << 20, "what was confirmed is not sent again")
        self.assertTrue(self.lab.holds(content), "each byte is the one that was sent")

    def test_a_job_that_fails_or_is_cancelled_says_so(self):
        (self.folder / "code.py").write_text("import sys\nprint('no electrode', file=sys.stderr)\nsys.exit(3)\n")
        (self.folder / "long.py").write_text("import time\ntime.sleep(600)\n")
        said = self.octave("lab.wait(lab.submit([here '/code.py']), 60);")
        self.assertEqual(said.splitlines()[0], "nias:job_failed")
        self.assertIn("no electrode", said)
        said = self.octave("job = lab.submit([here '/long.py']);\n"
                           "try; lab.wait(job, 0.5); catch problem; disp(problem.identifier); end\n"
                           "lab.cancel(job); job = lab.ended(job, 30); disp(job.state); lab.cancel(job);")
        self.assertEqual(said.splitlines()[:3], ["nias:timeout", "cancelled", "nias:ended"])

    def test_what_the_server_refuses_is_an_error_with_its_code(self):
        (self.folder / "empty.zip").write_bytes(b"")
        (self.folder / "none.zip").write_bytes(make_zip({"readme.txt": "no program"}))

        def with_token(token, more=""):
            return f"lab = nias('{self.lab.url}', '{token}', 'fingerprint', '{self.lab.fingerprint}'{more});"
        self.assertEqual(self.refused("lab.submit([here '/empty.zip'])"), "nias:empty")
        self.assertEqual(self.refused("lab.submit([here '/nothing'])"), "nias:not_found")
        self.assertEqual(self.refused("lab.job('short')"), "nias:invalid")
        self.assertEqual(self.refused("lab.job(repmat('0', 1, 32))"), "nias:not_found")
        self.assertEqual(self.refused("lab.submit([here '/none.zip'])", connect=with_token(self.lab.reader)), "nias:scope")
        self.assertEqual(self.refused("lab.jobs()", connect=with_token("nias_forged")), "nias:bad_token")
        english, translated = (self.octave("lab.submit([here '/none.zip'])", connect=with_token(self.lab.token, f", 'language', '{language}'"))
                               for language in ("en", "pt"))
        self.assertEqual(english.splitlines()[0], translated.splitlines()[0])
        self.assertNotEqual(english, translated)

    def test_only_the_certificate_that_is_expected_is_spoken_to_and_nothing_in_clear(self):
        other = "00" * 32
        self.assertEqual(self.refused("", connect=f"lab = nias('{self.lab.url}', 'x', 'fingerprint', '{other}');"), "nias:untrusted")
        self.assertEqual(self.refused("lab.jobs();", connect=f"lab = nias('{self.lab.url}', 'x', 'patience', 0);"), "nias:untrusted")
        for url in ("http://lab.example:8080", "lab.example", "https://lab.example/path", "https://a\"b"):
            self.assertEqual(self.refused("", connect=f"lab = nias('{url}', 'x');"), "nias:invalid", url)
        self.assertEqual(self.refused("", connect="lab = nias();"), "nias:invalid")

    def test_a_token_is_in_no_list_of_programs_and_in_no_file_that_others_read(self):
        spy = self.folder / "spy"
        spy.mkdir()
        (spy / "curl").write_text("#!/bin/sh\nfor word; do :; done\necho \"$@\" >>" + f"'{self.folder}/said'\n"
                                  + f"stat -c %a {self.temporary}/nias-* >>'{self.folder}/modes'\nexec {shutil.which('curl')} \"$@\"\n")
        (spy / "curl").chmod(0o755)
        (self.folder / "filtro.m").write_text("disp('alone')")
        self.octave("lab.submit([here '/filtro.m']);", PATH=f"{spy}:{os.environ['PATH']}")
        said = (self.folder / "said").read_text()
        self.assertGreaterEqual(said.count("--config"), 4)
        self.assertNotIn(self.lab.token, said)
        self.assertEqual(set((self.folder / "modes").read_text().split()), {"600"})

    def test_the_file_of_nias_login_and_the_environment_are_enough(self):
        kept = self.folder / ".config" / "nias" / "login.json"
        kept.parent.mkdir(parents=True)
        kept.write_text(json.dumps({"server": self.lab.url, "token": self.lab.token, "fingerprint": self.lab.fingerprint, "ca_file": ""}))
        self.assertEqual(self.octave("disp(isstruct(lab.jobs()) || isempty(lab.jobs()))", connect="lab = nias();"), "1\n")
        kept.write_text(json.dumps({"server": "https://old.example", "token": "nias_old", "fingerprint": "11" * 32, "ca_file": ""}))
        environment = {"NIAS_SERVER": self.lab.url + "/", "NIAS_CA_FILE": str(self.lab.ca_file)}
        self.assertEqual(self.refused("lab.jobs()", connect="lab = nias();", **environment), "nias:sign_in", "a token is its own server's alone")
        self.assertEqual(self.octave("lab.jobs(); disp(1)", connect="lab = nias();", NIAS_TOKEN=self.lab.token, **environment), "1\n")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
