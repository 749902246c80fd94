"""Jobs once more: run again with other limits, and the zip that was sent given back.

    rerun_test.py BIN_DIR [unittest arguments]
"""
import hashlib
import json
import pathlib
import random
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, make_zip  # noqa: E402

BIN = pathlib.Path()


def bundle(size):
    return make_zip({"study/code.py": "print(1)\n", "study/data.bin": random.Random(size).randbytes(size)}, zipfile.ZIP_STORED)


class Rerun(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(BIN)
        self.addCleanup(self.lab.close)
        for name in ("ventilator", "sink"):
            self.lab.start(name)
        self.lab.start_front()

    def test_a_job_runs_again_with_other_limits(self):
        status, job = self.lab.send(bundle(3000))
        self.assertEqual((status, job["asked"]["cpus"], job["asked"]["memory_bytes"]), (201, 1, 0))
        status, again = self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/rerun")
        self.assertEqual((status, again["name"], again["bundle_bytes"]), (201, job["name"], job["bundle_bytes"]))
        self.assertNotEqual(again["id"], job["id"])
        changes = json.dumps({"memory_bytes": 1 << 30, "disk_bytes": 5 << 30, "time_limit_ms": 60_000, "cpus": 2})
        for expected in (201, 200):
            status, third = self.lab.ask_json("POST", f"/api/v1/jobs/{again['id']}/rerun", changes, {"Idempotency-Key": "thrice"})
            self.assertEqual((status, third["asked"]), (expected, {"cpus": 2, "gpus": 0, "memory_bytes": 1 << 30, "disk_bytes": 5 << 30, "time_limit_ms": 60_000, "max_attempts": 3}))
        self.assertEqual(len(self.lab.ask_json("GET", "/api/v1/jobs")[1]["jobs"]), 3)
        for body in ("[]", "{", '{"cpus": 0}', '{"cpus": "2"}', '{"memory_bytes": 4}', '{"disk_bytes": 4}', '{"time_limit_ms": -1}', '{"cpus": 5000}'):
            status, problem = self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/rerun", body)
            self.assertEqual((status, problem["code"]), (400, "invalid"), body)
        self.assertEqual(self.lab.ask("POST", f"/api/v1/jobs/{'0' * 32}/rerun")[0], 404)

    def test_the_zip_that_was_sent_can_be_fetched_again(self):
        content = bundle(3000)
        _, job = self.lab.send(content)
        status, fields, back = self.lab.ask("GET", f"/api/v1/jobs/{job['id']}/bundle")
        self.assertEqual((status, back), (200, content))
        self.assertIn('filename="study.zip"', fields["Content-Disposition"])
        self.assertEqual(self.lab.ask("GET", f"/api/v1/jobs/{job['id']}/bundle", headers={"Range": "bytes=5-9"})[2], content[5:10])
        blob = hashlib.sha256(content).hexdigest()
        (self.lab.data / "blobs" / blob[:2] / blob[2:]).unlink()
        status, problem = self.lab.ask_json("GET", f"/api/v1/jobs/{job['id']}/bundle")
        self.assertEqual((status, problem["code"]), (404, "no_bundle"))
        self.assertEqual(self.lab.ask("POST", f"/api/v1/jobs/{job['id']}/rerun")[0], 404)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
