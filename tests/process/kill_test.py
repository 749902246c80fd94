"""kill -9 of each daemon in the middle of a 20-second job loses no job and no result (P8)."""
import io
import os
import signal
import sys
import unittest
import zipfile

from harness import ServerTest, eventually

CODE = """
import time
print("begun", flush=True)
for second in range(20):
    time.sleep(1)
    print("second", second, flush=True)
open("output/result.txt", "w").write("whole")
"""


class KillTest(ServerTest):
    def kill_in_the_middle(self, daemon):
        server = self.server
        job_id = server.submit(server.job_folder("long", CODE))
        server.wait_state(job_id, ["running"])
        eventually(lambda: "second 2" in server.nias("log", job_id).stdout)
        pid = server.pid_of(daemon)
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: server.pid_of(daemon) not in (None, pid))
        job = server.wait_ended(job_id)
        self.assertEqual(job["state"], "succeeded", job)
        self.assertIn("second 19", server.nias("log", job_id).stdout)
        with zipfile.ZipFile(io.BytesIO(server.get(f"/api/v1/jobs/{job_id}/output"))) as output:
            self.assertEqual(output.read("result.txt"), b"whole")
        job["log"] = server.words()
        listed = server.nias("list").stdout.splitlines()[1:]
        self.assertEqual(len(listed), 1, listed)
        return job

    def test_a_killed_worker_runs_the_job_again_as_attempt_2(self):
        job = self.kill_in_the_middle("worker")
        self.assertEqual(job["attempt"], 2, job["reason"] + "\n" + job["log"])

    def test_a_killed_ventilator_does_not_disturb_the_job(self):
        job = self.kill_in_the_middle("ventilator")
        self.assertEqual(job["attempt"], 1, job["reason"] + "\n" + job["log"])

    def test_a_killed_sink_does_not_disturb_the_job(self):
        job = self.kill_in_the_middle("sink")
        self.assertEqual(job["attempt"], 1, job["reason"] + "\n" + job["log"])

    def test_a_killed_front_does_not_disturb_the_job(self):
        job = self.kill_in_the_middle("httpfront")
        self.assertEqual(job["attempt"], 1, job["reason"] + "\n" + job["log"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
