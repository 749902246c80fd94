"""Bundles as people make them, sent over HTTP: what is taken, what is said of it, and what is refused by name.

    bundle_test.py BIN_DIR [unittest arguments]
"""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()


def bundle(files):
    return make_zip({"project/code.py": "print(1)\n", **{f"project/{name}": content for name, content in files.items()}})


class BundleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        cls.addClassCleanup(cls.lab.close)
        for name in ("ventilator", "sink", "worker"):
            cls.lab.start(name)
        cls.lab.start_front()

    def send(self, content, kind="application/zip", name="study.zip"):
        status, _, data = self.lab.ask("POST", "/api/v1/jobs", content, {"Content-Type": kind, "X-Filename": name})
        return status, json.loads(data)

    def refused(self, answer, status, words=""):
        got, problem = answer
        self.assertEqual(got, status, problem)
        self.assertIn(words, problem["detail"])
        return problem

    def finished(self, job_id):
        def ended():
            job = self.lab.ask_json("GET", f"/api/v1/jobs/{job_id}")[1]
            return job if job["ended_ms"] else None
        return eventually(ended, within=60)

    def test_what_is_no_zip_is_named_whatever_it_is_called(self):
        rar = b"Rar!\x1a\x07\x01\x00" + bytes(100)
        for kind in ("application/zip", "application/vnd.rar", "application/octet-stream", "text/plain"):
            problem = self.refused(self.send(rar, kind), 422, "RAR")
            self.assertEqual(problem["code"], "not_a_zip")
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            self.refused(self.send(rar, kind), 415)

    def test_a_program_alone_is_a_job(self):
        name = "An%C3%A1lise.py"
        status, job = self.send("print('só')\n".encode(), "text/x-python", name)
        self.assertEqual(status, 201, job)
        self.assertEqual(job["name"], "Análise")
        self.assertIn("Análise.py", job["mended"][0])
        self.assertEqual(self.finished(job["id"])["state"], "succeeded")
        problem = self.refused(self.send(b"a\0\1\2b", "text/x-python", name), 422, "not a text")
        self.assertEqual(problem["code"], "no_program")
        left = self.lab.data / "blobs" / "tmp"
        eventually(lambda: not list(left.iterdir()), within=10)

    def test_requirements_are_judged_before_the_queue_and_what_was_mended_is_told(self):
        problem = self.refused(self.send(bundle({"requirements.txt": "numpy\n-e .\nos\n"})), 422, "line 2")
        self.assertEqual(problem["code"], "requirements")
        self.assertIn("os is part of Python", problem["detail"])
        status, job = self.send(bundle({"Requirements.txt": "# none\n".encode("utf-16"), "environment.yml": "x"}))
        self.assertEqual(status, 201, job)
        for words in ("Requirements.txt", "UTF-16", "environment.yml"):
            self.assertIn(words, " ".join(job["mended"]))

    def test_a_job_that_no_machine_can_take_says_so_while_it_waits(self):
        _, job = self.send(bundle({"nias.toml": "cpus = 4096\n"}))
        waiting = self.lab.ask_json("GET", f"/api/v1/jobs/{job['id']}")[1]
        self.assertEqual(waiting["state"], "queued")
        self.assertIn("needs 4096 cpus, the largest machine has", waiting["reason"])
        self.lab.ask("POST", f"/api/v1/jobs/{job['id']}/cancel", b"")
        self.assertEqual(self.finished(job["id"])["state"], "cancelled")


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
