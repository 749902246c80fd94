"""Deleting jobs: who may, what is hidden at once, what comes back, and what is gone for good.

    forget_test.py BIN_DIR [unittest arguments]
"""
import io
import json
import pathlib
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import eventually, make_zip  # noqa: E402
from people import WithAccounts, finished_job  # noqa: E402


WAITS = "cpus = 4096\n"  # more than any machine has


class Forget(WithAccounts):
    front = ("--accounts", "on", "--threads", "4", "--undo-s", "600")

    def listed(self, person, query=""):
        return [job["id"] for job in person.json("GET", f"/api/v1/jobs{query}")[1]["jobs"]]

    def nias(self, *args):
        return subprocess.run([self.lab.bin / "nias", *args, "--data", self.lab.data], capture_output=True, text=True, timeout=60)

    def test_a_deleted_job_leaves_the_list_at_once_and_comes_back_with_its_outputs(self):
        job = finished_job(self.ana, "back")
        path = f"/api/v1/jobs/{job['id']}"
        self.assertEqual((job["deleted_ms"], job["gone_ms"]), (0, 0))
        status, deleted = self.ana.json("DELETE", path)
        self.assertEqual((status, deleted["state"]), (200, "succeeded"))
        self.assertEqual(deleted["gone_ms"] - deleted["deleted_ms"], 600_000)
        self.assertNotIn(job["id"], self.listed(self.ana))
        self.assertIn(job["id"], self.listed(self.ana, "?deleted=true"))
        again = self.ana.json("DELETE", path)
        self.assertEqual(again, (200, deleted))  # a repeat does not put it off
        status, restored = self.ana.json("POST", path + "/restore")
        self.assertEqual((status, restored["deleted_ms"], restored["gone_ms"]), (200, 0, 0))
        self.assertIn(job["id"], self.listed(self.ana))
        self.assertNotIn(job["id"], self.listed(self.ana, "?deleted=true"))
        self.assertEqual(self.ana.ask("GET", path + "/files/a.txt")[2], b"mine")
        self.assertEqual(self.ana.status("GET", "/api/v1/jobs?deleted=yes"), 400)

    def test_a_job_that_has_not_ended_is_told_to_be_cancelled_first(self):
        status, job = self.ana.json("POST", "/api/v1/jobs", body=make_zip({"alive/code.m": "% waits: no worker here has MATLAB\n", "alive/nias.toml": WAITS}),
                                    headers={"Content-Type": "application/zip"})
        self.assertEqual(status, 201, job)
        path = f"/api/v1/jobs/{job['id']}"
        status, problem = self.ana.json("DELETE", path)
        self.assertEqual((status, problem["code"]), (409, "not_ended"))
        self.assertIn("cancel it first", problem["detail"])
        self.assertIn("cancele-o", self.ana.json("DELETE", path, headers={"Accept-Language": "pt-BR"})[1]["detail"])
        self.assertEqual(self.ana.json("POST", "/api/v1/jobs/delete", {"ids": [job["id"]]})[1]["not_ended"], [job["id"]])
        refused = self.nias("delete", job["id"])
        self.assertEqual(refused.returncode, 1)
        self.assertIn("has not ended: «nias cancel» it first", refused.stderr)
        self.ana.status("POST", path + "/cancel")
        eventually(lambda: self.ana.status("DELETE", path) == 200)

    def test_nobody_deletes_or_restores_the_job_of_another_but_an_administrator_and_that_is_audited(self):
        job = finished_job(self.ana, "mine")
        path = f"/api/v1/jobs/{job['id']}"
        for person, expected in ((self.bob, 404), (self.nobody(), 401)):
            self.assertEqual(person.status("DELETE", path), expected)
            self.assertEqual(person.status("POST", path + "/restore"), expected)
        lists = self.bob.json("POST", "/api/v1/jobs/delete", {"ids": [job["id"]]})[1]
        self.assertEqual(lists, {"done": [], "not_ended": [], "unknown": [job["id"]]})
        self.assertIn(job["id"], self.listed(self.ana))
        self.assertEqual(self.root.status("DELETE", path), 200)
        self.assertEqual(self.root.status("POST", path + "/restore"), 200)
        subject = f"{job['id']} of ana"
        self.assertLessEqual({("root", "deleted_job", subject), ("root", "restored_job", subject)}, set(self.audit()))
        self.assertFalse([row for row in self.audit() if row[0] == "ana" and row[1] == "deleted_job"])

    def test_many_are_deleted_and_brought_back_at_once_and_each_is_accounted_for(self):
        first, second = finished_job(self.ana, "first"), finished_job(self.ana, "second")
        other = finished_job(self.bob, "other")
        ids = [first["id"], second["id"]]
        status, lists = self.ana.json("POST", "/api/v1/jobs/delete", {"ids": [*ids, other["id"], "0" * 32, "odd\u00e9"]})
        self.assertEqual(status, 200)
        self.assertEqual((sorted(lists["done"]), lists["not_ended"]), (sorted(ids), []))
        self.assertEqual(sorted(lists["unknown"]), sorted([other["id"], "0" * 32, "odd\u00e9"]))
        self.assertFalse(set(ids) & set(self.listed(self.ana)))
        self.assertEqual(sorted(self.ana.json("POST", "/api/v1/jobs/restore", {"ids": ids})[1]["done"]), sorted(ids))
        self.assertLessEqual(set(ids), set(self.listed(self.ana)))
        for body in ({}, {"ids": []}, {"ids": ["0" * 32] * 257}, {"ids": "all"}, {"ids": [1]}, {"ids": ids, "all": True}):
            self.assertEqual(self.ana.status("POST", "/api/v1/jobs/delete", body), 400, body)

    def test_an_array_is_deleted_and_brought_back_as_a_whole(self):
        status, array = self.ana.json("POST", "/api/v1/jobs?array=1-3", body=make_zip({"sweep/code.py": "print(1)\n"}), headers={"Content-Type": "application/zip"})
        self.assertEqual(status, 201, array)
        path = f"/api/v1/jobs/{array['id']}"
        ended = eventually(lambda: (job := self.ana.json("GET", path)[1])["state"] == "succeeded" and job, within=90)
        member = self.ana.json("GET", path + "/members")[1]["members"][0]["id"]
        status, problem = self.ana.json("DELETE", f"/api/v1/jobs/{member}")
        self.assertEqual((status, problem["code"]), (409, "array_member"))
        status, deleted = self.ana.json("DELETE", path)
        self.assertEqual((status, deleted["id"], deleted["array"]["counts"]["succeeded"]), (200, array["id"], 3))
        self.assertGreater(deleted["deleted_ms"], 0)
        self.assertNotIn(array["id"], self.listed(self.ana))
        self.assertIn(array["id"], self.listed(self.ana, "?deleted=true"))
        self.assertEqual(self.ana.json("POST", "/api/v1/jobs/restore", {"ids": [array["id"]]})[1]["done"], [array["id"]])
        self.assertEqual(self.ana.json("GET", path)[1], ended)
        self.assertEqual(self.nias("delete", array["id"]).stdout.split(";")[0], "deleted: 3")
        self.assertNotIn(array["id"], self.listed(self.ana))
        self.assertEqual(self.nias("restore", array["id"]).stdout, "brought back: 3\n")
        self.assertIn(array["id"], self.listed(self.ana))

    def test_pages_that_show_the_job_are_told_at_once(self):
        job = finished_job(self.ana, "told")
        connection, events = self.ana.follow()
        self.addCleanup(connection.close)
        self.assertEqual(events.status, 200)
        for verb, path, deleted in (("DELETE", "", True), ("POST", "/restore", False)):
            self.assertEqual(self.ana.status(verb, f"/api/v1/jobs/{job['id']}{path}"), 200)
            heard = None
            while not heard or heard["id"] != job["id"]:
                line = events.readline()
                self.assertTrue(line, "the stream ended")
                if line.startswith(b"data: {"):
                    heard = json.loads(line[6:])
            self.assertEqual(heard["deleted_ms"] > 0, deleted, heard)

    def test_the_command_line_deletes_lists_and_restores(self):
        job = finished_job(self.bob, "typed")
        done = self.nias("delete", job["id"], "0" * 32)
        self.assertEqual(done.returncode, 1)
        self.assertIn("deleted: 1; «nias restore» brings them back until 2", done.stdout)
        self.assertIn(f"job {'0' * 32} is not there", done.stderr)
        self.assertNotIn(job["id"], self.nias("list").stdout)
        self.assertIn(job["id"], self.nias("list", "--deleted").stdout)
        self.assertEqual(self.nias("restore", job["id"]).stdout, "brought back: 1\n")
        self.assertIn(job["id"], self.nias("list").stdout)
        self.assertEqual(self.nias("delete", "nonsense").returncode, 2)
        self.assertEqual(self.nias("delete").returncode, 2)

    def test_the_outputs_of_many_jobs_come_as_one_zip_with_a_folder_each(self):
        jobs = [finished_job(self.ana, "twice"), finished_job(self.ana, "twice")]
        ids = ",".join(job["id"] for job in jobs)
        status, fields, content = self.ana.ask("GET", f"/api/v1/jobs.zip?ids={ids},{jobs[0]['id']}")
        self.assertEqual((status, fields["Content-Type"], fields["Content-Length"]), (200, "application/zip", str(len(content))))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.assertIsNone(archive.testzip())
            names = {name for name in archive.namelist() if name.endswith("/a.txt")}
            self.assertEqual(names, {f"twice-{job['id'][16:24]}/a.txt" for job in jobs})
            self.assertEqual(archive.read(names.pop()), b"mine")
        status, fields, _ = self.ana.ask("HEAD", f"/api/v1/jobs.zip?ids={ids}")
        self.assertEqual((status, fields["Content-Length"]), (200, str(len(content))))
        for person, query, expected in ((self.bob, f"?ids={ids}", 404), (self.ana, f"?ids={ids},{'0' * 32}", 404), (self.ana, "", 400),
                                        (self.ana, "?ids=" + ",".join(f"{n:032x}" for n in range(201)), 404), (self.nobody(), f"?ids={ids}", 401)):
            self.assertEqual(person.status("GET", f"/api/v1/jobs.zip{query}"), expected)

    def test_what_is_gone_is_gone_everywhere(self):
        job = finished_job(self.bob, "gone")
        path = f"/api/v1/jobs/{job['id']}"
        self.assertEqual(self.nias("delete", "--after-s", "0", job["id"]).returncode, 0)
        eventually(lambda: self.bob.status("GET", path) == 404)
        self.assertEqual(self.bob.status("POST", path + "/restore"), 404)
        self.assertEqual(self.bob.status("DELETE", path), 404)
        self.assertNotIn(job["id"], self.listed(self.bob, "?deleted=true"))
        logs = self.lab.data / "logs"
        eventually(lambda: not list(logs.rglob(f"{job['id']}-*")))


class Bounds(WithAccounts):
    """What users may keep, and what they see of it."""
    front = ("--accounts", "on", "--threads", "4", "--user-bytes", "3000", "--user-jobs", "3", "--user-alive", "2", "--keep-days", "30")

    @staticmethod
    def zipped(name, size=0, more=""):
        files = {f"{name}/code.py": "print(1)\n", f"{name}/x.bin": bytes(range(256)) * (size // 256)}
        return make_zip({**files, **({f"{name}/nias.toml": more} if more else {})}, zipfile.ZIP_STORED)

    @staticmethod
    def send(person, content, key=None):
        headers = {"Content-Type": "application/zip", **({"Idempotency-Key": key} if key else {})}
        return person.json("POST", "/api/v1/jobs", body=content, headers=headers)

    def test_each_bound_refuses_in_its_own_words_and_a_deletion_makes_room(self):
        status, problem = self.send(self.ana, self.zipped("large", 4096))
        self.assertEqual((status, problem["code"]), (507, "quota_bytes"))
        self.assertIn("keep 0 of 3000 bytes", problem["detail"])
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "4096"}
        status, problem = self.ana.json("POST", "/api/v1/uploads", headers=tus, body=b"")
        self.assertEqual((status, problem["code"]), (507, "quota_bytes"))
        waiting = [self.send(self.ana, self.zipped(f"w{n}", more=WAITS)) for n in range(2)]
        self.assertEqual([status for status, _ in waiting], [201, 201], waiting)
        third = self.zipped("third")
        status, problem = self.send(self.ana, third)
        self.assertEqual((status, problem["code"]), (429, "quota_alive"))
        path = f"/api/v1/jobs/{waiting[0][1]['id']}"
        self.ana.status("POST", path + "/cancel")
        eventually(lambda: self.ana.json("GET", path)[1]["state"] == "cancelled")
        status, job = eventually(lambda: (sent := self.send(self.ana, third, "k"))[0] != 429 and sent)
        self.assertEqual(status, 201, job)
        self.assertEqual(self.send(self.ana, third, "k")[0], 200, "a repeat is no further job")
        self.ana.status("POST", f"/api/v1/jobs/{waiting[1][1]['id']}/cancel")
        status, problem = eventually(lambda: (sent := self.send(self.ana, self.zipped("fourth")))[1]["code"] != "quota_alive" and sent)
        self.assertEqual((status, problem["code"]), (429, "quota_jobs"))
        again = self.ana.json("POST", path + "/rerun")
        self.assertEqual((again[0], again[1]["code"]), (429, "quota_jobs"))
        self.assertEqual(self.send(self.bob, self.zipped("other"))[0], 201, "the bounds are each user's own")
        self.assertEqual(self.ana.status("DELETE", path), 200)
        self.assertEqual(self.send(self.ana, self.zipped("fourth"))[0], 201)

    def test_usage_is_shown_to_oneself_and_to_administrators_of_everybody(self):
        job = finished_job(self.root, "counted")
        self.assertGreater(job["gone_ms"] - job["ended_ms"], 29 * 24 * 3_600_000)
        status, usage = self.root.json("GET", "/api/v1/usage")
        self.assertEqual((status, usage["bounds"], usage["keep_days"]), (200, {"bytes": 3000, "jobs": 3, "alive": 2}, 30))
        whole = job["bundle_bytes"] + job["outcome"]["output_bytes"]

        def counted():  # the numbers may be two seconds old
            rows = {row["name"]: row for row in self.root.json("GET", "/api/v1/usage")[1]["users"]}
            return rows["root"]["bytes"] >= whole and rows
        rows = eventually(counted, within=10)
        usage = self.root.json("GET", "/api/v1/usage")[1]
        self.assertEqual(usage["everybody"]["bytes"], sum(row["bytes"] for row in rows.values()))
        self.assertEqual(set(self.bob.json("GET", "/api/v1/usage")[1]), {"used", "bounds", "keep_days"})
        self.assertEqual(self.nobody().status("GET", "/api/v1/usage"), 401)


if __name__ == "__main__":
    WithAccounts.bin = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
