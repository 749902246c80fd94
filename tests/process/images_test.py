"""Images, from podman to the end of a job, with the daemons as they are. Nothing comes over the network."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import ROOT, Server, eventually  # noqa: E402

MAKE_ROOT = ROOT / "tests" / "support" / "image_root.py"


def documented(page):
    """The lines of nias.toml that a page shows under its heading about images."""
    text = (ROOT / "docs" / page).read_text()
    section = re.split(r"^##+ Ima(?:ges|gens)\b.*$", text, flags=re.M)[1]
    return re.search(r"```toml\n(.*?)```", section, flags=re.S)[1]


@unittest.skipIf(shutil.which("podman") is None, "no podman here: scripts/install-deps installs it")
class ImagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-images-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        # A storage of the test's own, of plain folders: an overlay would leave a mount behind.
        (cls.folder / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{cls.folder}/store"\nrunroot = "{cls.folder}/run"\n')
        os.environ["CONTAINERS_STORAGE_CONF"] = str(cls.folder / "storage.conf")
        cls.addClassCleanup(os.environ.pop, "CONTAINERS_STORAGE_CONF")
        cls.root = cls.folder / "root"
        subprocess.run([sys.executable, MAKE_ROOT, cls.root], check=True)
        (cls.root / "etc" / "mark").write_text("one")
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)

    def add(self, name, source, **how):
        return self.server.nias("image", "add", name, source, **how)

    def job(self, program, text, toml="", *options):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (folder / program).write_text(text)
        if toml:
            (folder / "nias.toml").write_text(toml)
        return self.server.nias("submit", folder, *options).stdout.strip()

    def look(self, job_id):
        return json.loads(self.server.get(f"/api/v1/jobs/{job_id}"))

    def log(self, job_id):
        return self.server.get(f"/api/v1/jobs/{job_id}/log").decode()

    def ended(self, job_id):
        return self.server.wait_ended(job_id)

    def digest_told(self, job_id):
        return json.loads(self.server.get(f"/api/v1/jobs/{job_id}/files/nias-job.json"))["image"]["digest"]

    def test_a_job_waits_for_its_image_and_runs_in_it_as_soon_as_it_is_there(self):
        mark = "import os\nprint(open('/etc/mark').read(), os.getuid(), os.path.exists('/usr/bin/apt'))\nopen('output/a.txt','w').write('x')\n"
        pages = [documented("job.md"), documented("pt/enviar-um-trabalho.md")]
        waiting = [self.job("code.py", mark, toml) for toml in pages]
        words = "no machine has the image eeg:2.1: an administrator adds it with «nias image add»"
        eventually(lambda: self.look(waiting[0])["reason"] == words)
        self.assertIn('image = "eeg:2.1"', self.add("eeg:2.1", self.root).stdout)
        for job_id in waiting:
            ended = self.ended(job_id)
            self.assertEqual(ended["state"], "succeeded", ended)
            self.assertEqual(self.log(job_id), "one 1000 False\n")
            self.assertEqual(ended["runtime"], "image eeg:2.1")
        self.assertIn("image:eeg:2.1", self.server.nias("workers").stdout)
        listed = self.server.nias("image", "list").stdout
        self.assertEqual(listed, f"eeg:2.1: {self.digest_told(waiting[0])}\n")
        self.assertEqual(subprocess.run(["podman", "images", "-aq"], capture_output=True, text=True, check=True).stdout, "",
                         "podman keeps nothing of what it did not have")

        # The sender's word, beside the zip.
        plain = self.job("code.py", mark, "", "--image", "EEG:2.1")
        self.assertEqual(self.ended(plain)["state"], "succeeded")
        self.assertEqual(self.log(plain), "one 1000 False\n")
        zipped = self.folder / "plain.zip"
        with zipfile.ZipFile(zipped, "w") as bundle:
            bundle.writestr("code.py", mark)
        for name, expected in (("eeg:2.1", 201), ("a%20b", 422)):
            request = urllib.request.Request(f"{self.server.url}/api/v1/jobs?image={name}", zipped.read_bytes(),
                                             {"Content-Type": "application/zip"})
            try:
                answer = urllib.request.urlopen(request)
            except urllib.error.HTTPError as error:
                answer = error
            self.assertEqual(answer.status, expected)
            told = json.loads(answer.read())
            if expected == 201:
                self.assertEqual(self.ended(told["id"])["state"], "succeeded")
                self.assertEqual(self.log(told["id"]), "one 1000 False\n")
            else:
                self.assertEqual(told["code"], "image")

        # A language that it has not, and a rerun, which keeps the image.
        lacking = self.ended(self.job("code.R", "x <- 1\n", 'image = "eeg:2.1"\n'))
        self.assertEqual(lacking["state"], "failed")
        self.assertIn("the image eeg:2.1 has no R (Rscript)", lacking["reason"])
        again = self.server.nias("rerun", plain).stdout.strip().splitlines()[-1]
        self.assertEqual(self.ended(again)["state"], "succeeded")
        self.assertEqual(self.log(again), "one 1000 False\n")

        # Another image under the same name, while a job runs in the first.
        stays = self.job("code.py", "import os, time\nprint('up', flush=True)\nwhile not os.path.exists('/job/go'): "
                                    "time.sleep(0.05)\n", 'image = "eeg:2.1"\n')
        eventually(lambda: self.log(stays) == "up\n")
        trees = self.server.data / "images" / "trees"
        first = {tree.name for tree in trees.iterdir() if tree.is_dir()}
        (self.root / "etc" / "mark").write_text("two")
        self.add("eeg:2.1", self.root)
        self.assertTrue(first < {tree.name for tree in trees.iterdir() if tree.is_dir()}, "the running job keeps its files")
        later = self.job("code.py", mark, 'image = "eeg:2.1"\n')
        self.assertEqual(self.ended(later)["state"], "succeeded")
        self.assertEqual(self.log(later), "two 1000 False\n")
        self.server.nias("cancel", stays)
        self.ended(stays)

        # An archive of podman's own, and the image that podman has.
        tar = self.folder / "root.tar"
        subprocess.run(["tar", "-c", "-f", tar, "-C", self.root, "."], check=True)
        subprocess.run(["podman", "import", "-q", "--change", "ENV LAB=ours", tar, "localhost/lab:7"], check=True, capture_output=True)
        self.add("lab", "localhost/lab:7")
        archive = self.folder / "lab.tar"
        subprocess.run(["podman", "save", "-q", "-o", archive, "localhost/lab:7"], check=True, capture_output=True)
        subprocess.run(["podman", "rmi", "localhost/lab:7"], check=True, capture_output=True)
        self.add("saved", archive)
        for name in ("lab", "saved"):
            job_id = self.job("code.py", "import os\nprint(os.environ['LAB'])\n", f'image = "{name}"\n')
            self.assertEqual(self.ended(job_id)["state"], "succeeded")
            self.assertEqual(self.log(job_id), "ours\n")

        self.assertEqual(self.server.nias("image", "remove", "eeg:2.1").stdout, "removed\n")
        self.assertFalse(any((trees / name).exists() for name in first))
        self.assertEqual(self.server.nias("image", "remove", "eeg:2.1", check=False).returncode, 1)
        eventually(lambda: "image:eeg:2.1" not in self.server.nias("workers").stdout)

    def test_what_is_no_image_is_refused_in_words_and_leaves_nothing(self):
        empty = self.folder / "empty"
        (empty / "data").mkdir(parents=True)
        text = self.folder / "text.tar"
        text.write_text("no archive\n")
        for name, source, code, words in (("a b", self.root, 2, "NAME must be the name of an image"),
                                          ("x@sha256:1", self.root, 2, "not an address or a digest"),
                                          ("bad", empty, 2, "no root of a system"),
                                          ("bad", text, 2, "is neither an image nor the tar of a root file system"),
                                          ("bad", "localhost/none:1", 1, "is no file, no folder and no image that podman has here"),
                                          ("bad", "--help-me", 2, "")):
            refused = self.add(name, source, check=False)
            self.assertEqual(refused.returncode, code, refused.stderr)
            self.assertIn(words, refused.stderr)
        self.assertNotIn("bad", self.server.nias("image", "list").stdout)
        self.assertFalse((self.server.data / "images" / "adding").exists())


if __name__ == "__main__":
    unittest.main()
