"""One request, followed by its id through the logs of front, ventilator, worker and sink."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "http"))
from lab import Lab, eventually, make_zip  # noqa: E402

DAEMONS = ("httpfront", "ventilator", "worker", "sink")


class FollowedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(os.environ["NIAS_BIN"])
        try:
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start("worker", "--slots", "1")
            cls.lab.start_front()
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.lab.close()

    def lines(self, daemon, word):
        return [line for line in (self.lab.folder / f"{daemon}.log").read_text().splitlines() if word in line]

    def send(self, **headers):
        """(the id of the request that made it, the job's id)"""
        status, answered, content = self.lab.ask("POST", "/api/v1/jobs", make_zip({"code.py": f"print({len(headers)})"}),
                                                 {"Content-Type": "application/zip", **headers})
        self.assertEqual(status, 201, content)
        return answered["X-Request-Id"], answered["Location"].rsplit("/", 1)[1]

    def test_the_id_of_a_request_is_in_the_logs_of_all_that_had_to_do_with_its_job(self):
        request, job = self.send()
        other, _ = self.send(again="1")
        self.assertNotEqual(request, other)
        self.lab.ask("GET", f"/api/v1/jobs/{job}?wait=30")
        for daemon in DAEMONS:
            with self.subTest(daemon):
                eventually(lambda: self.lines(daemon, f"request {request}"), within=10)
        self.assertIn("POST /api/v1/jobs 201", self.lines("httpfront", request)[0])
        for daemon in DAEMONS[1:]:
            for line in self.lines(daemon, request):
                self.assertIn(job, line, "it leads to the task")

    def test_a_job_that_runs_again_is_of_the_request_that_asked_for_it(self):
        _, job = self.send(rerun="1")
        self.lab.ask("GET", f"/api/v1/jobs/{job}?wait=30")
        status, headers, content = self.lab.ask("POST", f"/api/v1/jobs/{job}/rerun", b"{}", {"Content-Type": "application/json"})
        self.assertEqual(status, 201, content)
        eventually(lambda: self.lines("sink", f"request {headers['X-Request-Id']}"), within=30)

    def test_an_id_that_a_client_chose_is_in_no_log(self):
        _, job = self.send(**{"X-Request-Id": "chosen-by-a-client"})
        self.lab.ask("GET", f"/api/v1/jobs/{job}?wait=30")
        for daemon in DAEMONS:
            self.assertEqual(self.lines(daemon, "chosen-by-a-client"), [])
