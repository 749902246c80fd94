"""The machines of the lab: how they stand, who may look, and an administrator's orders to them.

    machines_test.py BIN_DIR [unittest arguments]
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import eventually, make_zip  # noqa: E402
from people import WithAccounts  # noqa: E402

SAYS = {"Accept-Language": "pt"}


class Machines(WithAccounts):
    def machine(self, person=None):
        """The one machine, as this person is told of it."""
        status, told = (person or self.ana).json("GET", "/api/v1/machines")
        self.assertEqual(status, 200, told)
        self.assertGreater(told["now_ms"], 1_600_000_000_000)
        return told["machines"][0] if told["machines"] else None

    def stands(self, state):
        def check():
            machine = self.machine()
            return machine if machine and machine["state"] == state else None
        return eventually(check)

    def setUp(self):
        self.name = eventually(self.machine)["name"]

    def test_a_machine_is_told_to_everybody_who_signed_in(self):
        machine = self.stands("ready")
        self.assertEqual((machine["slots"], machine["held"], machine["running"]), (1, 0, 0))
        self.assertGreater(machine["memory_bytes"], 1 << 20)
        self.assertGreater(machine["cpus"], 0)
        self.assertTrue(machine["version"])
        self.assertIn("python", machine["runtimes"])
        self.assertEqual(machine["address"], "", "it is on the server's machine")
        defaults = [words[0]["code"] for words in machine["labels_words"] if isinstance(words[0], dict)]
        self.assertEqual(defaults, ["machine.limits"])

    def test_ones_own_jobs_on_a_machine_are_told_by_name_an_array_once_and_those_of_others_not(self):
        self.stands("ready")
        content = make_zip({"secret-sweep/code.py": "import time\nwhile True: time.sleep(0.1)\n"})
        status, array = self.ana.json("POST", "/api/v1/jobs?array=1-2", body=content, headers={"Content-Type": "application/zip"})
        self.assertEqual(status, 201, array)
        try:
            own = eventually(lambda: next((one for one in [self.machine()["own"]] if one and one[0]["running"] == 1), None))
            self.assertEqual([(job["id"], job["name"]) for job in own], [(array["id"], "secret-sweep")])
            for other in (self.bob, self.root):
                self.assertEqual(self.machine(other)["own"], [])
            eventually(lambda: self.machine(self.bob)["running"] == 1)  # counted by the ventilator, the names by the ledger
        finally:
            self.ana.status("POST", f"/api/v1/jobs/{array['id']}/cancel")
            eventually(lambda: self.machine()["own"] == [] and self.machine()["held"] == 0)

    def test_what_a_job_has_by_default_is_told_before_it_is_sent(self):
        status, told = self.bob.json("GET", "/api/v1/limits")
        self.assertEqual((status, told["max_upload_bytes"]), (200, 8 << 30))
        (default,) = told["defaults"]
        self.assertRegex(default["text"], r"^a job by default: 24 h, [\d.]+ [MG]iB, 64 GiB of disk$")
        self.assertEqual((default["text_words"][0]["code"], default["machines"]), ("machine.limits", [self.name]))

    def test_an_administrator_pauses_drains_and_resumes_it_and_the_audit_log_says_so(self):
        path = f"/api/v1/machines/{self.name}"
        status, told = self.root.json("POST", path + "/pause", {"reason": "new disks"})
        self.assertEqual((status, told["name"]), (200, self.name), told)
        self.assertEqual([part["code"] for part in told["text_words"]], ["order.pauses"])
        machine = self.stands("paused")
        self.assertEqual(machine["reason"], "an administrator paused it: new disks")
        self.assertEqual(machine["reason_words"], [{"code": "machine.paused_why", "params": {"reason": "new disks"}}])

        self.assertEqual(self.root.json("POST", path + "/drain", {})[0], 200)
        self.assertEqual(self.stands("draining")["reason"], "an administrator drains it")
        self.assertEqual(self.root.ask("POST", path + "/resume")[0], 200, "without a body")
        self.stands("ready")
        self.assertEqual(self.root.json("POST", path + "/pause", {"reason": "again"})[0], 200)
        self.assertEqual(self.root.ask("POST", path + "/resume")[0], 200)
        status, refused = self.root.json("POST", path + "/resume", headers=SAYS)
        self.assertEqual((status, refused["detail"]), (409, f"máquina {self.name}: não está suspensa"))

        wrote = [(who, action, subject) for who, action, subject in self.audit() if action.endswith("_machine")]
        self.assertEqual(wrote, [
            ("root", "paused_machine", f"{self.name}: new disks"), ("root", "drained_machine", self.name), ("root", "resumed_machine", self.name),
            ("root", "paused_machine", f"{self.name}: again"), ("root", "resumed_machine", self.name)])

    def test_an_order_that_cannot_be_is_refused_in_words(self):
        path = f"/api/v1/machines/{self.name}/pause"
        for name in ("nobody", "..", "%00", "caf%C3%A9", "n" * 300):
            status, problem = self.root.json("POST", f"/api/v1/machines/{name}/drain", {})
            self.assertIn(status, (400, 404, 503) if name == "n" * 300 else (400, 404), (name, problem))
        self.assertEqual(self.root.json("POST", "/api/v1/machines/nobody/drain", {}, headers=SAYS)[1]["detail"], "não há uma máquina nobody")
        self.assertEqual(self.root.json("POST", path, {"reason": "x" * 2000})[0], 400)
        self.assertEqual(self.root.json("POST", path, {"reason": 3})[0], 400)
        self.assertEqual(self.root.json("POST", path, {"raeson": "x"})[0], 400)
        self.assertEqual(self.root.ask("POST", path, body=b"reason=x", headers={"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(self.root.json("POST", path, {"reason": "x"}, headers={"Origin": "http://evil.example"})[0], 403)
        self.assertEqual(self.bob.json("POST", path, {"reason": "x"})[0], 403)
        self.stands("ready")

    def test_a_machine_that_was_stopped_is_told_as_gone(self):
        self.lab.stop("worker")
        gone = self.stands("stopped")
        self.assertGreater(gone["since_ms"], 1_600_000_000_000)
        self.lab.start("worker", "--slots", "1")
        self.stands("ready")

    def test_a_silent_ventilator_is_told_in_time_and_the_machines_come_back_with_it(self):
        self.lab.stop("ventilator")
        try:
            status, problem = eventually(lambda: next((told for told in [self.ana.json("GET", "/api/v1/machines", headers=SAYS)] if told[0] != 200), None))
            self.assertEqual((status, problem["code"]), (503, "unavailable"))
            self.assertIn("não responde", problem["detail"])
        finally:
            self.lab.start("ventilator")
        eventually(lambda: self.ana.json("GET", "/api/v1/machines")[0] == 200)
        self.stands("ready")


if __name__ == "__main__":
    WithAccounts.bin = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
