"""Arrays and trials on a real server, by the command line and over HTTP."""
import io
import json
import subprocess
import unittest
import urllib.request
import zipfile

from harness import BIN, Server, eventually

SWEEP = """import os, sys
place = [os.environ["NIAS_ARRAY_" + name] for name in ("INDEX", "COUNT", "MIN", "MAX")]
with open("output/place.txt", "w") as out:
    out.write(" ".join(place))
if place[0] in ("3", "5"):
    sys.exit("subject " + place[0] + " has no signal")
"""


class ArrayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)

    def rows(self):
        return len(self.server.nias("list").stdout.splitlines()) - 1

    def request(self, path, body=None):
        ask = urllib.request.Request(self.server.url + "/api/v1/jobs/" + path, body, method="POST" if body is not None else "GET")
        with urllib.request.urlopen(ask, timeout=30) as answer:
            return answer.read()

    def test_an_array_runs_is_told_fetched_and_its_failed_members_run_again(self):
        server = self.server
        folder, before = server.job_folder("sweep", SWEEP), self.rows()
        done = server.nias("submit", folder, "--array", "1-5:2,4", "--wait", "--output", server.folder / "results", check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("2 succeeded, 2 failed", done.stderr)
        self.assertEqual(sorted(path.name for path in (server.folder / "results").iterdir()), ["1", "3", "4", "5"])
        self.assertEqual((server.folder / "results" / "4" / "place.txt").read_text(), "4 4 1 5")
        array = done.stdout.strip()
        shown = server.nias("show", array).stdout
        self.assertIn("4: 2 succeeded, 2 failed", shown)
        self.assertRegex(shown, r"failed +3 .*subject 3 has no signal")
        self.assertEqual(server.nias("list").stdout.count(array), 1)
        self.assertEqual(self.rows(), before + 1, "one row for all members")

        again = server.nias("rerun", array, "--failed").stdout.strip()
        job = server.wait_ended(again)
        self.assertEqual((job["array"]["counts"]["failed"], job["array"]["size"], job["array"]["count"]), (2, 2, 4))
        server.nias("download", again, "--output", server.folder / "again")
        self.assertEqual((server.folder / "again" / "3" / "place.txt").read_text(), "3 4 1 5", "its place in the whole")
        self.assertIn("has ended already", server.nias("cancel", again, check=False).stderr)
        over_http = json.loads(self.request(array + "/rerun", json.dumps({"only": "failed"}).encode()))
        self.assertEqual(over_http["array"]["size"], 2)

        with zipfile.ZipFile(io.BytesIO(self.request(array + "/output"))) as joined:
            self.assertIsNone(joined.testzip())
            self.assertEqual(joined.read("5/place.txt"), b"5 4 1 5")
            self.assertEqual({name.split("/")[0] for name in joined.namelist()}, {"1", "3", "4", "5"})
        member = json.loads(self.request(array + "/members?state=failed"))["members"][0]
        self.assertIn("subject 3 has no signal", member["reason"])
        self.assertGreaterEqual(member["ended_ms"], member["started_ms"])
        self.assertEqual(json.loads(self.request(member["id"]))["member"]["index"], 3)
        waited = json.loads(self.request(over_http["id"] + "?wait=60"))
        self.assertEqual(waited["state"], "failed")

    def test_a_server_elsewhere_takes_arrays_too(self):
        server, verb = self.server, lambda *args: subprocess.run(
            [BIN / "nias", *args, "--server", self.server.url], capture_output=True, text=True, timeout=120)
        folder = server.job_folder("remote", SWEEP)
        done = verb("submit", folder, "--array", "3-4", "--wait", "--output", server.folder / "remote-results")
        self.assertEqual((done.returncode, "1 succeeded, 1 failed" in done.stderr), (1, True), done.stderr)
        self.assertEqual((server.folder / "remote-results" / "4" / "place.txt").read_text(), "4 2 3 4")
        array = done.stdout.strip()
        self.assertRegex(verb("show", array).stdout, r"failed +3 .*subject 3 has no signal")
        self.assertRegex(verb("list").stdout, array + r" +failed .*array: 1 succeeded, 1 failed")
        again = verb("rerun", array, "--failed").stdout.strip()
        self.assertEqual(server.wait_ended(again)["array"]["size"], 1)
        self.assertIn("is an array", verb("log", array).stderr)

    def test_a_whole_array_is_cancelled_by_the_command_line(self):
        server = self.server
        folder = server.job_folder("long", "import time\ntime.sleep(300)\n")
        array = server.nias("submit", folder, "--array", "1-50").stdout.strip()
        eventually(lambda: server.job(array)["array"]["counts"]["running"] == 2)
        self.assertEqual(server.job(array)["state"], "running")
        self.assertEqual(server.nias("cancel", array).stdout.strip(), "50 cancelled")

    def test_a_trial_is_short_and_told_and_its_rerun_is_the_whole(self):
        server = self.server
        folder = server.job_folder("trial", "import os\nopen('output/t', 'w').write(os.environ.get('NIAS_TRIAL', '0') + os.environ['NIAS_ARRAY_INDEX'])\n",
                                   **{"nias.toml": 'array = "8-9"\n'})
        done = server.nias("submit", folder, "--trial", "--output", server.folder / "out")
        self.assertEqual((server.folder / "out" / "t").read_text(), "18")
        self.assertRegex(server.nias("status", done.stdout.strip()).stdout, r"trial +yes")
        whole = server.nias("rerun", done.stdout.strip()).stdout.strip()
        self.assertEqual(server.wait_ended(whole)["state"], "succeeded")
        server.nias("get", whole, "--output", server.folder / "whole")
        self.assertEqual((server.folder / "whole" / "9" / "t").read_text(), "09")

    def test_wrong_indices_are_refused_before_anything_is_sent(self):
        server = self.server
        folder, before = server.job_folder("one", "print(1)\n"), self.rows()
        refused = server.nias("submit", folder, "--array", "5-1", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn('--array: "5-1" runs backwards: write the smaller index first', refused.stderr)
        job = server.submit(folder)
        self.assertIn("--failed is for arrays", server.nias("rerun", job, "--failed", check=False).stderr)
        self.assertEqual(self.rows(), before + 1)
