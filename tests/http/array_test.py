"""Arrays of jobs: one request and one row of the list for many tasks.

    array_test.py BIN_DIR [unittest arguments]
"""
import hashlib
import json
import pathlib
import signal
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
STATES = ["queued", "assigned", "running", "succeeded", "failed", "cancelled", "timed_out", "lost"]


def bundle(toml=""):
    files = {"sweep/code.py": "print(1)\n"}
    if toml:
        files["sweep/nias.toml"] = toml
    return make_zip(files)


def form(content, **fields):
    """A multipart form with a file and fields of text."""
    parts = [f'--xYz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode() for name, text in fields.items()]
    parts.append(b'--xYz\r\nContent-Disposition: form-data; name="file"; filename="sweep.zip"\r\n\r\n' + content + b"\r\n--xYz--\r\n")
    return b"".join(parts), {"Content-Type": "multipart/form-data; boundary=xYz"}


class Arrays(unittest.TestCase):
    """No worker: the members wait, so that every count is known."""

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        cls.addClassCleanup(cls.lab.close)
        for name in ("ventilator", "sink"):
            cls.lab.start(name)
        cls.lab.start_front()

    def post(self, content, query="", headers=None):
        return self.lab.ask_json("POST", "/api/v1/jobs" + query, content, {"Content-Type": "application/zip", **(headers or {})})

    def get(self, path):
        status, answer = self.lab.ask_json("GET", path)
        self.assertEqual(status, 200, answer)
        return answer

    def made(self, answer):
        status, job = answer
        self.assertEqual(status, 201, job)
        return job

    def rows(self):
        return self.get("/api/v1/jobs?limit=1000")["jobs"]

    def test_ten_thousand_members_are_one_request_and_one_row(self):
        before = len(self.rows())
        job = self.made(self.post(bundle('name = "sweep"\narray = "1-10000"\n')))
        self.assertEqual((job["name"], job["state"], job["array"]["size"], job["array"]["missing"]), ("sweep", "queued", 10_000, 0))
        self.assertEqual(job["array"]["counts"], {state: 10_000 * (state == "queued") for state in STATES})
        self.assertEqual((job["array"]["min"], job["array"]["max"], job["array"]["count"]), (1, 10_000, 10_000))
        rows = self.rows()
        self.assertEqual((len(rows), rows[0]["id"]), (before + 1, job["id"]))
        states = self.get(f"/api/v1/jobs/{job['id']}/states")
        self.assertEqual(states, {"indices": "1-10000", "states": "q" * 10_000})
        page = self.get(f"/api/v1/jobs/{job['id']}/members?limit=1000&after=9500")
        self.assertEqual((len(page["members"]), page["next"], page["members"][0]["index"]), (500, None, 9501))
        status, cancelled = self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/cancel")
        self.assertEqual(status, 202, cancelled)
        ended = eventually(lambda: (j := self.get(f"/api/v1/jobs/{job['id']}"))["state"] == "cancelled" and j)
        self.assertEqual(ended["array"]["counts"]["cancelled"], 10_000)
        status, problem = self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/cancel")
        self.assertEqual((status, problem["code"]), (409, "ended"))

    def test_the_request_says_the_indices_in_each_form_and_over_those_of_the_manifest(self):
        toml = 'array = "1-3"\n'
        body, headers = form(bundle(toml), array="2-6:2,9")
        stored = json.dumps({"bundle": hashlib.sha256(bundle(toml)).hexdigest(), "name": "sweep.zip", "array": "2-6:2,9"})
        made = [
            self.made(self.post(bundle(toml), "?array=2-6:2,9")),
            self.made(self.lab.ask_json("POST", "/api/v1/jobs", body, headers)),
            self.made(self.lab.ask_json("POST", "/api/v1/jobs", stored, {"Content-Type": "application/json"})),
        ]
        for job in made:
            self.assertEqual(self.get(f"/api/v1/jobs/{job['id']}/states")["indices"], "2-6:2,9")
        self.assertEqual(self.made(self.post(bundle(toml)))["array"]["size"], 3)
        self.assertIsNone(self.made(self.post(bundle()))["array"])

    def test_a_member_is_a_job_like_any_other(self):
        job = self.made(self.post(bundle(), "?array=5-15:5"))
        self.assertIn("no worker", self.get(f"/api/v1/jobs/{job['id']}")["reason"], "why its first member waits")
        members = self.get(f"/api/v1/jobs/{job['id']}/members")["members"]
        self.assertEqual([member["index"] for member in members], [5, 10, 15])
        member = self.get(f"/api/v1/jobs/{members[1]['id']}")
        self.assertEqual(member["member"], {"array": job["id"], "index": 10, "size": 3})
        self.assertEqual((member["array"], member["state"], member["name"]), (None, "queued", job["name"]))
        self.assertEqual(self.get(f"/api/v1/jobs/{job['id']}")["member"], None)
        status, _ = self.lab.ask_json("POST", f"/api/v1/jobs/{members[1]['id']}/cancel")
        self.assertEqual(status, 202)
        counts = eventually(lambda: (c := self.get(f"/api/v1/jobs/{job['id']}")["array"]["counts"])["cancelled"] and c)
        self.assertEqual((counts["cancelled"], counts["queued"]), (1, 2))
        self.assertEqual([m["index"] for m in self.get(f"/api/v1/jobs/{job['id']}/members?state=cancelled")["members"]], [10])
        for path in ("log", "files"):
            status, problem = self.lab.ask_json("GET", f"/api/v1/jobs/{job['id']}/{path}")
            self.assertEqual((status, problem["code"]), (409, "array"), path)
            status, problem = self.lab.ask_json("GET", f"/api/v1/jobs/{members[0]['id']}/{'members' if path == 'log' else 'states'}")
            self.assertEqual((status, problem["code"]), (409, "no_array"))

    def test_wrong_indices_are_refused_in_words_and_leave_nothing(self):
        before = [row["id"] for row in self.rows()]
        status, problem = self.post(bundle('name = "x"\n\narray = "9-1"\n'))
        self.assertEqual((status, problem["code"]), (422, "manifest"))
        self.assertIn('nias.toml, line 3: array: "9-1" runs backwards: write the smaller index first', problem["detail"])
        status, problem = self.post(bundle("array = [1, 2]\n"))
        self.assertIn("nias.toml, line 1: array must be a text in quotes", problem["detail"])
        for wrong in ("1-", "1-10001", "1,1", "a", "1-9%2"):
            status, problem = self.post(bundle(), "?array=" + wrong.replace("%", "%25"))
            self.assertEqual((status, problem["code"]), (422, "array"), wrong)
        for content in ('{"array": 5}', '{"array": ["1"]}', '{"trial": "x"}'):
            status, problem = self.lab.ask_json("POST", "/api/v1/jobs", content, {"Content-Type": "application/json"})
            self.assertEqual((status, problem["code"]), (400, "invalid"), content)
        self.assertEqual([row["id"] for row in self.rows()], before)

    def test_a_repeat_of_the_request_is_the_same_array(self):
        key = {"Idempotency-Key": "a sweep"}
        job = self.made(self.post(bundle(), "?array=1-300", key))
        status, again = self.post(bundle(), "?array=1-300", key)
        self.assertEqual((status, again["id"], again["array"]["size"]), (200, job["id"], 300))
        for other in ("?array=1-301", "", "?array=1-300&trial=true"):
            status, problem = self.post(bundle(), other, key)
            self.assertEqual((status, problem["code"]), (422, "key_reused"), other)

    def test_a_trial_is_one_short_job_and_its_rerun_is_the_whole(self):
        trial = self.made(self.post(bundle('time_limit = "2h"\n'), "?array=4-8&trial=1"))
        self.assertEqual((trial["trial"], trial["array"], trial["asked"]["time_limit_ms"]), (True, None, 60_000))
        self.assertEqual(trial["member"], {"array": None, "index": 4, "size": 0})
        whole = self.made(self.lab.ask_json("POST", f"/api/v1/jobs/{trial['id']}/rerun"))
        self.assertEqual((whole["trial"], whole["array"]["size"], whole["asked"]["time_limit_ms"]), (False, 5, 7_200_000))
        trial = self.made(self.post(bundle(), "?trial=true"))
        self.assertEqual((trial["trial"], trial["member"], trial["asked"]["time_limit_ms"]), (True, None, 60_000))
        self.assertEqual(self.made(self.lab.ask_json("POST", f"/api/v1/jobs/{trial['id']}/rerun"))["asked"]["time_limit_ms"], 0)

    def test_an_array_runs_again_whole_and_not_where_nothing_failed(self):
        job = self.made(self.post(bundle(), "?array=1-4"))
        again = self.made(self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/rerun", json.dumps({"cpus": 2})))
        self.assertEqual((again["array"]["size"], again["asked"]["cpus"]), (4, 2))
        self.assertNotEqual(again["id"], job["id"])
        status, problem = self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/rerun", json.dumps({"only": "failed"}))
        self.assertEqual((status, problem["code"]), (409, "nothing_failed"))
        status, problem = self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/rerun", json.dumps({"only": "best"}))
        self.assertEqual((status, problem["code"]), (400, "invalid"))

    def test_pages_of_the_list_hold_each_array_once(self):
        made = [self.made(self.post(bundle(), query))["id"] for query in ("?array=1-700", "", "?array=1-2", "", "?array=0")]
        listed, before = [], ""
        while len(listed) < 5:
            page = self.get("/api/v1/jobs?limit=2" + before)
            listed += [job["id"] for job in page["jobs"]]
            before = f"&before={page['next']}"
        self.assertEqual(listed[:5], made[::-1])


class CutShort(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(BIN)
        self.addCleanup(self.lab.close)
        for name in ("ventilator", "sink"):
            self.lab.start(name)
        self.lab.start_front()

    def test_an_array_whose_sending_was_cut_short_is_whole_after_the_next_start(self):
        self.lab.stop("ventilator", signal.SIGKILL)
        key = {"Idempotency-Key": "a sweep", "Content-Type": "application/zip"}

        def send():
            try:
                self.lab.ask("POST", "/api/v1/jobs?array=1-500", bundle(), key)
            except OSError:
                pass  # the front is killed before it answers
        sender = threading.Thread(target=send)
        sender.start()
        self.addCleanup(sender.join)
        unsent = self.lab.data / "unsent-groups"
        group = eventually(lambda: [path.name for path in unsent.iterdir() if len(path.name) == 32])[0]
        self.assertEqual(self.lab.ask_json("GET", f"/api/v1/jobs/{group}")[1]["array"]["missing"], 500)
        self.lab.stop("httpfront", signal.SIGKILL)
        self.lab.start("ventilator")
        self.lab.start_front()
        eventually(lambda: self.lab.ask_json("GET", f"/api/v1/jobs/{group}")[1]["array"]["missing"] == 0)
        eventually(lambda: not list(unsent.iterdir()))
        status, again = self.lab.ask_json("POST", "/api/v1/jobs?array=1-500", bundle(), key)
        self.assertEqual((status, again["id"], again["array"]["counts"]["queued"]), (200, group, 500))
        self.assertEqual(len(self.lab.ask_json("GET", "/api/v1/jobs")[1]["jobs"]), 1)

    def test_an_array_that_the_queue_has_no_room_for_leaves_nothing_to_run(self):
        self.lab.stop("ventilator")
        self.lab.start("ventilator", "--max-queued", "100", "--max-queued-per-owner", "100")
        key = {"Idempotency-Key": "too much", "Content-Type": "application/zip"}
        status, problem = self.lab.ask_json("POST", "/api/v1/jobs?array=1-500", bundle(), key)
        self.assertEqual(status, 503, problem)
        self.assertIn("are waiting, as many as are taken", problem["detail"])
        jobs = eventually(lambda: (rows := self.lab.ask_json("GET", "/api/v1/jobs")[1]["jobs"])[0]["state"] == "cancelled" and rows)
        self.assertEqual((len(jobs), jobs[0]["array"]["counts"]["cancelled"], jobs[0]["array"]["missing"]), (1, 100, 400))
        status, headers, content = self.lab.ask("POST", "/api/v1/jobs?array=1-500", bundle(), key)
        self.assertEqual((status, json.loads(content)), (503, problem), "a repeat is told what the first was told")
        self.assertEqual(headers["Idempotency-Repeated"], "true")
        self.assertNotIn("Retry-After", headers, "sending it with this key again is of no use")
        self.lab.stop("httpfront")
        self.lab.start_front()
        self.assertEqual(self.lab.ask_json("POST", "/api/v1/jobs?array=1-500", bundle(), key), (503, problem))
        for kept in (self.lab.data / "idempotency").glob("*.refusal"):  # as where the front died before it wrote this down
            kept.unlink()
        status, again = self.lab.ask_json("POST", "/api/v1/jobs?array=1-500", bundle(), key)
        self.assertEqual((status, again["id"], again["array"]["counts"]["cancelled"]), (200, jobs[0]["id"], 100))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
