"""Counted resources and the short lane on real daemons."""
import os
import signal

from harness import ServerTest, Server, eventually

HOLD = "import time\nprint('on', flush=True)\ntime.sleep({seconds})\n"


class SchedulingTest(ServerTest):
    def setUp(self):
        self.server = Server(slots=4, extra=("--resource", "seats=1"))
        self.addCleanup(self.server.close)

    def send(self, name, seconds, manifest=""):
        return self.server.submit(self.server.job_folder(name, HOLD.format(seconds=seconds), **{"nias.toml": manifest}))

    def why(self, job_id):
        return self.server.nias("explain", job_id).stdout

    def test_a_seat_is_held_until_its_job_ends_also_across_a_killed_ventilator(self):
        server, seat = self.server, "[resources]\nseats = 1\n"
        first = self.send("first", 12, seat)
        server.wait_state(first, ["running"])
        second = self.send("second", 0, seat)
        self.assertIn("1 of 1 seats in use; first in line", self.why(second))
        free = server.wait_ended(self.send("free", 0))
        self.assertEqual((free["state"], server.job(first)["state"]), ("succeeded", "running"))
        pid = server.pid_of("ventilator")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: server.pid_of("ventilator") not in (None, pid))
        eventually(lambda: "1 of 1 seats in use" in server.nias("explain", second, check=False).stdout)
        first, second = server.wait_ended(first), server.wait_ended(second)
        self.assertEqual((first["state"], first["attempt"], second["state"]), ("succeeded", 1, "succeeded"))
        self.assertGreaterEqual(second["started_ms"], first["ended_ms"], "both held the one seat")

    def test_a_job_that_asks_for_what_the_lab_has_not_waits_and_says_so(self):
        unknown = self.send("unknown", 0, "[resources]\nlasers = 1\n")
        many = self.send("many", 0, "[resources]\nseats = 2\n")
        self.assertIn("the lab has no resource named lasers", self.why(unknown))
        self.assertIn("needs 2 seats, the lab has 1", self.why(many))

    def test_jobs_without_a_time_limit_leave_one_of_four_slots_to_short_ones(self):
        server = self.server
        longs = [self.send(f"long{n}", 8) for n in range(4)]
        for job_id in longs[:3]:
            server.wait_state(job_id, ["running"])
        self.assertIn("every slot that long tasks may fill is in use", self.why(longs[3]))
        short = server.wait_ended(self.send("short", 0, 'time_limit = "1m"\n'))
        self.assertEqual((short["state"], server.job(longs[0])["state"]), ("succeeded", "running"))
        ended = [server.wait_ended(job_id) for job_id in longs]
        self.assertEqual({job["state"] for job in ended}, {"succeeded"})
        self.assertGreaterEqual(ended[3]["started_ms"], min(job["ended_ms"] for job in ended[:3]))
