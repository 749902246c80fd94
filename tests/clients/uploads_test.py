"""One suite of uploads for every client that people use: nias.py, nias.m, the command line, curl, tuspy and tus-js-client,
over HTTPS with a token: nothing, one byte, the edges of a piece, a line cut in the middle, a folder.

    uploads_test.py BIN_DIR [unittest arguments]
"""
import base64
import importlib.util
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
from secure_lab import CutLine, SecureLab, make_zip  # noqa: E402
from people import Person  # noqa: E402

BIN = pathlib.Path()
HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = HERE.parents[1] / "clients"
PIECE = 8 << 20  # as nias.py, nias.m and the command line cut files
spec = importlib.util.spec_from_file_location("nias", CLIENTS / "python" / "nias.py")
nias = importlib.util.module_from_spec(spec)
sys.modules["nias"] = nias
spec.loader.exec_module(nias)


def zip_of(size, kind):
    """A good bundle of exactly so many bytes, of one client's own."""
    def made(fill):
        return make_zip({"study/code.py": "print('came')\n", "study/noise.bin": random.Random(f"{size} {kind}").randbytes(fill)}, zipfile.ZIP_STORED)
    content = made(size - len(made(0)))
    assert len(content) == size
    return content


class Client:
    """Sends a file from `folder` to `url`: the id of the job, or ("refused", code)."""
    zips_folders = False

    def __init__(self, lab, folder, url):
        self.lab, self.folder, self.url = lab, folder, url
        self.person = Person(lab, token=lab.token)

    def run(self, *words, code=0, **environment):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NIAS_", "XDG_"))}
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env={**kept, "HOME": str(self.folder), **environment}, check=False)
        assert code is None or done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def job_of(self, upload):
        status, answer = self.person.json("POST", "/api/v1/jobs", {"upload": upload.rstrip("/").rsplit("/", 1)[1]})
        return answer["id"] if status == 201 else ("refused", answer["code"])


class ByPython(Client):
    zips_folders = True

    def send(self, path):
        os.environ["XDG_CACHE_HOME"] = str(self.folder / "cache")
        try:
            return nias.Client(self.url, self.lab.token, fingerprint=self.lab.fingerprint).submit(path).id
        except nias.Refused as refused:
            return "refused", refused.code


class ByOctave(Client):
    zips_folders = True
    needs = shutil.which("octave-cli")

    def send(self, path):
        text = f"addpath('{CLIENTS / 'octave'}');\ntry\nlab = nias('{self.url}', '{self.lab.token}', 'ca_file', '{self.lab.ca_file}');\n" \
               f"job = lab.submit('{path}'); disp(job.id)\ncatch problem\ndisp(problem.identifier)\nend\n"
        said = self.run("octave-cli", "--no-init-file", "--no-history", "--eval", text, code=None).stdout.strip()
        return ("refused", said.removeprefix("nias:")) if said.startswith("nias:") else said


class ByCommand(Client):
    zips_folders = True

    def send(self, path):
        done = self.run(BIN / "nias", "submit", path, "--server", self.url, code=None, NIAS_TOKEN=self.lab.token, NIAS_FINGERPRINT=self.lab.fingerprint)
        return done.stdout.strip() if done.returncode == 0 else ("refused", done.stderr)


class ByCurl(Client):
    """As a person would with docs/http.md at hand: after a cut it asks how far the upload is, and sends the rest."""

    def curl(self, *words, code=0):
        return self.run("curl", "-sS", "-i", "--cacert", self.lab.ca_file, "-H", "Tus-Resumable: 1.0.0", "-H", f"Authorization: Bearer {self.lab.token}",
                        *words, code=code).stdout

    @staticmethod
    def field(answer, name):
        return next(line.split(": ", 1)[1] for line in answer.splitlines() if line.lower().startswith(name + ":"))

    def send(self, path):
        named = "Upload-Metadata: filename " + base64.b64encode(path.name.encode()).decode()
        made = self.curl("-X", "POST", "-H", f"Upload-Length: {path.stat().st_size}", "-H", named, self.url + "/api/v1/uploads")
        if " 201" not in made.splitlines()[0]:
            return "refused", json.loads(made.split("\n\n", 1)[1])["code"]
        location = self.url + self.field(made, "location")
        offset = 0
        while offset < path.stat().st_size:
            rest = self.folder / "rest"
            rest.write_bytes(path.read_bytes()[offset:])
            self.curl("-X", "PATCH", "-H", "Content-Type: application/offset+octet-stream", "-H", f"Upload-Offset: {offset}", "--data-binary", f"@{rest}",
                      location, code=None)
            offset = int(self.field(self.curl("--head", location), "upload-offset"))
        return self.job_of(location)


class ByTuspy(Client):
    needs = importlib.util.find_spec("tusclient")

    def send(self, path):
        program = "import sys\nfrom tusclient.client import TusClient\nfrom tusclient.exceptions import TusCommunicationError\nurl, token, path = sys.argv[1:]\n" \
                  "tus = TusClient(url + '/api/v1/uploads', headers={'Authorization': 'Bearer ' + token})\n" \
                  "try:\n    up = tus.uploader(path, chunk_size=100_000_000, retries=8, retry_delay=0.1, metadata={'filename': 'study.zip'}, upload_checksum=True)\n" \
                  "    up.upload()\n    print(up.url)\n" \
                  "except TusCommunicationError as problem:\n    print(problem.response_content.decode() if problem.response_content else '')\n    sys.exit(4)\n"
        done = self.run(sys.executable, "-c", program, self.url, self.lab.token, path, code=None, REQUESTS_CA_BUNDLE=str(self.lab.ca_file))
        if done.returncode == 4:
            return "refused", json.loads(done.stdout)["code"]
        assert done.returncode == 0, done.stderr
        if done.stdout.strip() == "None":  # this client begins no upload for a file of nothing
            return "refused", "empty"
        return self.job_of(done.stdout.strip())


class ByTusJs(Client):
    needs = shutil.which("node") and (HERE.parent / "browser" / "node_modules" / "tus-js-client").exists()

    def send(self, path):
        done = self.run("node", HERE / "tus_js.mjs", self.url, self.lab.token, path, PIECE, code=None, NODE_EXTRA_CA_CERTS=str(self.lab.ca_file))
        if done.returncode == 4:
            return "refused", next(code for code in ("empty",) if code in done.stderr)
        assert done.returncode == 0, done.stderr
        return self.job_of(done.stdout.strip())


class Uploads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = SecureLab(BIN)
        cls.clients = [client for client in (ByPython, ByOctave, ByCommand, ByCurl, ByTuspy, ByTusJs) if getattr(client, "needs", True)]
        cls.missing = {"ByOctave", "ByTuspy", "ByTusJs"} - {client.__name__ for client in cls.clients}

    @classmethod
    def tearDownClass(cls):
        died = [name for name, process in cls.lab.processes.items() if process.poll() is not None]
        cls.lab.close()
        assert not died, f"died unnoticed: {died}"
        if cls.missing:
            print("not installed here, and so not tried:", ", ".join(sorted(cls.missing)))

    def each(self, content_of, check, cuts=()):
        """Every client sends what is its own (bytes that the server has do not travel again), from a folder of its own."""
        for kind in self.clients:
            content = content_of(kind)
            line = CutLine(self.lab.port, cuts)
            self.addCleanup(line.close)
            with self.subTest(client=kind.__name__, size=len(content)), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "study.zip"
                path.write_bytes(content)
                check(kind, kind(self.lab, pathlib.Path(folder), f"https://127.0.0.1:{line.port}").send(path), content)
                self.assertEqual(line.made, len(cuts))

    def assert_whole(self, _, job, content):
        self.assertIsInstance(job, str, job)
        status, _, back = Person(self.lab, token=self.lab.token).ask("GET", f"/api/v1/jobs/{job}/bundle")
        self.assertEqual(status, 200)
        self.assertTrue(back == content, f"{len(back)} bytes for {len(content)}")

    def test_a_file_of_nothing_is_refused_by_name(self):
        def check(kind, answer, _):
            # The command line judges a zip itself, before anything travels.
            self.assertEqual(answer[0], "refused")
            self.assertIn("is not a zip file" if kind is ByCommand else "empty", answer[1])
        self.each(lambda kind: b"", check)

    def test_a_single_byte_arrives_and_is_no_job(self):
        def check(kind, answer, _):
            self.assertEqual(answer[0], "refused")
            self.assertIn("plain text" if kind is ByCommand else "not_a_zip", answer[1])
        self.each(lambda kind: b"x", check)

    def test_files_at_the_edges_of_a_piece_arrive_whole(self):
        for size in (PIECE - 1, PIECE, PIECE + 1):
            self.each(lambda kind: zip_of(size, kind), self.assert_whole)

    def test_a_line_cut_in_the_middle_costs_no_byte(self):
        self.each(lambda kind: zip_of(1_060_921, kind), self.assert_whole, cuts=[400_000])

    def test_a_folder_is_the_same_job_from_every_client_that_zips_one(self):
        program = "import pathlib\nfor path in sorted(pathlib.Path('.').rglob('*')):\n    if path.is_file(): print(path, path.stat().st_size)\n"
        logs = {}
        for kind in (client for client in self.clients if client.zips_folders):
            with self.subTest(client=kind.__name__), tempfile.TemporaryDirectory() as folder:
                study = pathlib.Path(folder) / "estudo"
                for name, content in {"code.py": program.encode(), "data/ção.bin": b"x" * 5000, "data/none.bin": b"", "output/old.txt": b"old",
                                      ".git/config": b"x", "a b/c.txt": b"c"}.items():
                    (study / name).parent.mkdir(parents=True, exist_ok=True)
                    (study / name).write_bytes(content)
                job = kind(self.lab, pathlib.Path(folder), self.lab.url).send(study)
                self.assertIsInstance(job, str, job)
                status, ended = Person(self.lab, token=self.lab.token).json("GET", f"/api/v1/jobs/{job}?wait=60")
                self.assertEqual((status, ended["state"], ended["name"]), (200, "succeeded", "estudo"))
                logs[kind.__name__] = Person(self.lab, token=self.lab.token).ask("GET", f"/api/v1/jobs/{job}/log")[2].decode()
        self.assertEqual(len(set(logs.values())), 1, logs)
        self.assertIn("data/ção.bin 5000", next(iter(logs.values())))
        self.assertNotIn("old", next(iter(logs.values())))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
