"""The queue: its numbers, their history over a restart, and who waits for what.

    queue_test.py BIN_DIR [unittest arguments]
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import eventually, make_zip  # noqa: E402
from people import WithAccounts  # noqa: E402

RUNS_ON = "import time\nwhile True: time.sleep(0.1)\n"


def send(person, name):
    status, job = person.json("POST", "/api/v1/jobs", body=make_zip({f"{name}/code.py": RUNS_ON}), headers={"Content-Type": "application/zip"})
    assert status == 201, job
    return job


class Queue(WithAccounts):
    """One slot, that ana fills; what is sent after that waits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first = send(cls.ana, "first")
        cls.jobs = [first]
        eventually(lambda: cls.ana.json("GET", f"/api/v1/jobs/{first['id']}")[1]["state"] == "running")
        cls.jobs += [send(cls.ana, "second"), send(cls.bob, "secret-study"), send(cls.ana, "third")]

    @classmethod
    def tearDownClass(cls):
        for job in cls.jobs:
            cls.root.status("POST", f"/api/v1/jobs/{job['id']}/cancel")
        super().tearDownClass()

    def history(self, span="hour"):
        status, told = self.bob.json("GET", f"/api/v1/queue/history?span={span}")
        self.assertEqual(status, 200, told)
        lists = [told[name] for name in ("at_s", "total", "ready", "unacknowledged")]
        self.assertEqual({len(each) for each in lists}, {len(told["at_s"])})
        return told

    def test_ones_own_jobs_are_told_with_why_they_wait_and_those_of_others_as_a_count(self):
        def settled():  # the ledger has what began a fifth of a second later
            status, told = self.ana.json("GET", "/api/v1/queue/waiting")
            self.assertEqual(status, 200, told)
            return told if [job["place_in_line"] for job in told["jobs"]] == [0, 2] else None
        told = eventually(settled)
        self.assertEqual(([job["name"] for job in told["jobs"]], told["own"], told["others"]), (["second", "third"], 2, 1))
        for job in told["jobs"]:
            self.assertEqual(job["state"], "queued")
            self.assertTrue(job["reason"], "why it waits")
            self.assertTrue(all(isinstance(part, dict) or part == "; " for part in job["reason_words"]), job["reason_words"])
            self.assertNotIn("likely_start_ms", job, "no line was seen to move")
        content = self.ana.ask("GET", "/api/v1/queue/waiting")[2]
        self.assertNotIn(b"secret-study", content)
        status, told = self.root.json("GET", "/api/v1/queue/waiting")
        self.assertEqual((told["jobs"], told["own"], told["others"]), ([], 0, 3))

    def test_an_array_that_waits_is_one_row_with_the_place_of_its_first_member(self):
        status, array = self.bob.json("POST", "/api/v1/jobs?array=1-500", body=make_zip({"sweep/code.py": RUNS_ON}), headers={"Content-Type": "application/zip"})
        self.assertEqual(status, 201, array)
        try:
            def settled():  # the ledger has what began a fifth of a second later
                told = self.bob.json("GET", "/api/v1/queue/waiting")[1]
                return told if [job["place_in_line"] for job in told["jobs"]] == [1, 3] else None
            told = eventually(settled)
            self.assertEqual([job["name"] for job in told["jobs"]], ["secret-study", "sweep"])
            self.assertEqual((told["own"], told["more"], told["others"]), (501, 0, 2))
            self.assertEqual(told["jobs"][1]["array"]["counts"]["queued"], 500)
            self.assertTrue(told["jobs"][1]["reason"], "why its first member waits")
        finally:
            self.bob.status("POST", f"/api/v1/jobs/{array['id']}/cancel")
            eventually(lambda: self.bob.json("GET", "/api/v1/queue/waiting")[1]["own"] == 1)

    def test_the_curves_have_what_waits_and_what_is_with_machines(self):
        told = eventually(lambda: next((one for one in [self.history()] if one["ready"] and one["ready"][-1] == 3), None))
        self.assertEqual((told["step_s"], told["total"][-1], told["unacknowledged"][-1]), (10, 4, 1))
        self.assertEqual((self.history("day")["step_s"], self.history("week")["step_s"]), (60, 600))
        self.assertEqual(self.history("day")["ready"][-1], 3)
        self.assertEqual(self.history("week")["total"][-1], 4)
        for span in ("month", "hour,day", "%FF", "-1"):
            self.assertEqual(self.bob.json("GET", f"/api/v1/queue/history?span={span}")[1]["code"], "invalid")

    def test_the_curves_outlive_a_restart_of_the_front_and_a_damaged_file(self):
        before = eventually(lambda: next((one for one in [self.history("week")] if one["total"] and max(one["total"]) == 4), None))
        self.assertEqual(self.lab.stop("httpfront"), 0)
        kept = self.lab.data / "queue-history"
        text = kept.read_text()
        self.assertLess(len(text), 1 << 20)
        kept.write_text(text + "not a line of it\n2 99999999999 1 1 1\n")
        self.lab.start_front(*self.front)
        after = self.history("week")
        self.assertEqual(after["at_s"][:len(before["at_s"])], before["at_s"])
        self.assertLess(after["at_s"][-1], 99999999999)
        self.assertEqual(self.lab.stop("httpfront"), 0)
        kept.write_bytes(b"\xff" * (2 << 20))
        self.lab.start_front(*self.front)
        self.assertIsNotNone(eventually(lambda: self.history()["at_s"] or None), "it begins anew")


if __name__ == "__main__":
    WithAccounts.bin = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
