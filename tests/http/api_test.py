"""The HTTP API as a browser, a script and an attacker see it: real front, ventilator, sink and worker.

    api_test.py BIN_DIR [--large] [unittest arguments]
"""
import hashlib
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
LARGE_BYTES = 300 << 20
PROGRAM = """
import os, sys
os.makedirs("output", exist_ok=True)
open("output/a.txt", "w").write("h\\u00e9llo")
open("output/page.html", "w").write("<script>alert(1)</script>")
open("output/big.bin", "wb").write(bytes(range(256)) * 4096)
print("first line", flush=True)
print("last line", flush=True)
"""


def bundle(name="project", program=PROGRAM, **extra):
    return make_zip({f"{name}/code.py": program, **{f"{name}/{path}": content for path, content in extra.items()}})


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        try:
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.has_worker = (BIN / "nias-worker").exists()
            if cls.has_worker:
                cls.lab.start("worker", "--slots", "1")
            cls.lab.start_front("--threads", "4")
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        died = [name for name, process in cls.lab.processes.items() if process.poll() is not None]
        logs = "".join(cls.lab.log(name) for name in died)
        cls.lab.close()
        if died:
            raise AssertionError(f"died unnoticed: {died}\n{logs}")

    def assert_problem(self, answer, status, words=""):
        got, headers, content = answer
        self.assertEqual(got, status, content)
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        problem = json.loads(content)
        self.assertEqual(problem["status"], status)
        self.assertGreater(len(problem["detail"]), 10)
        self.assertIn(words, problem["detail"])
        return problem

    def post_zip(self, content, **headers):
        fields = {"Content-Type": "application/zip", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.lab.ask("POST", "/api/v1/jobs", content, fields)

    def assert_nothing_half_done(self):
        left = lambda: list((self.lab.data / "blobs" / "tmp").iterdir())  # noqa: E731
        eventually(lambda: not left(), within=10)

    def finished(self, job_id):
        def ended():
            status, job = self.lab.ask_json("GET", f"/api/v1/jobs/{job_id}")
            self.assertEqual(status, 200)
            return job if job["outcome"] or job["state"] in ("cancelled", "lost") else None
        return eventually(ended, within=90)


class Uploads(ApiTest):
    def test_a_good_bundle_is_accepted_runs_and_gives_its_output_back(self):
        status, headers, content = self.post_zip(bundle("espectro"), X_Filename=urllib.parse.quote("espéctro.zip"))
        self.assertEqual(status, 201, content)
        job = json.loads(content)
        self.assertEqual(headers["Location"], f"/api/v1/jobs/{job['id']}")
        self.assertEqual((job["name"], job["owner"], job["runtime"]), ("espectro", "lab", "python"))
        self.assertEqual(set(job) - {"mended", "mended_words"}, {
            "id", "name", "owner", "state", "attempt", "runtime", "worker", "reason", "reason_words", "asked", "submitted_ms", "started_ms",
            "ended_ms", "bundle_bytes", "place_in_line", "outcome", "attempts", "trial", "member", "array", "deleted_ms", "gone_ms"})
        if not self.has_worker:
            self.skipTest("nias-worker is not built: the job was not followed to its end")
        job = self.finished(job["id"])
        self.assertEqual(job["state"], "succeeded", job)
        base = f"/api/v1/jobs/{job['id']}"
        self.check_output(base, job)
        self.check_files(base)
        self.check_log(base)

    def check_output(self, base, job):
        status, headers, whole = self.lab.ask("GET", base + "/output")
        self.assertEqual(status, 200)
        self.assertEqual(len(whole), job["outcome"]["output_bytes"])
        self.assertEqual(headers["ETag"], f'"{hashlib.sha256(whole).hexdigest()}"')
        self.assertIn('attachment; filename="espectro-output.zip"', headers["Content-Disposition"])
        status, head, nothing = self.lab.ask("HEAD", base + "/output")
        self.assertEqual((status, head["Content-Length"], nothing), (200, str(len(whole)), b""))
        status, part_headers, part = self.lab.ask("GET", base + "/output", headers={"Range": "bytes=10-19"})
        self.assertEqual((status, part), (206, whole[10:20]))
        self.assertEqual(part_headers["Content-Range"], f"bytes 10-19/{len(whole)}")
        status, _, rest = self.lab.ask("GET", base + "/output", headers={"Range": "bytes=-5", "If-Range": headers["ETag"]})
        self.assertEqual((status, rest), (206, whole[-5:]))
        status, _, all_of_it = self.lab.ask("GET", base + "/output", headers={"Range": "bytes=-5", "If-Range": '"other"'})
        self.assertEqual((status, all_of_it), (200, whole))
        self.assert_problem(self.lab.ask("GET", base + "/output", headers={"Range": f"bytes={len(whole)}-"}), 416)
        self.assertEqual(self.lab.ask("GET", base + "/output", headers={"If-None-Match": headers["ETag"]})[0], 304)

    def check_files(self, base):
        _, listing = self.lab.ask_json("GET", base + "/files")
        sizes = {entry["path"]: entry["size_bytes"] for entry in listing["files"]}
        self.assertEqual(sizes["big.bin"], 1 << 20)
        status, headers, content = self.lab.ask("GET", base + "/files/a.txt")
        self.assertEqual((status, content.decode()), (200, "héllo"))
        self.assertTrue(headers["Content-Disposition"].startswith("inline"))
        status, headers, content = self.lab.ask("GET", base + "/files/page.html")
        self.assertTrue(headers["Content-Disposition"].startswith("attachment"))
        self.assertNotIn("html", headers["Content-Type"])
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        _, _, content = self.lab.ask("GET", base + "/files/big.bin")
        self.assertEqual(content, bytes(range(256)) * 4096)
        self.assert_problem(self.lab.ask("GET", base + "/files/none.txt"), 404)
        self.assert_problem(self.lab.ask("GET", base + "/files/%2e%2e/a.txt"), 400)

    def check_log(self, base):
        status, headers, whole = self.lab.ask("GET", base + "/log")
        self.assertEqual((status, whole), (200, b"first line\nlast line\n"))
        self.assertEqual(headers["X-Log-Size"], str(len(whole)))
        self.assertEqual(self.lab.ask("GET", base + "/log?offset=6")[2], whole[6:])
        self.assertEqual(self.lab.ask("GET", base + "/log?offset=9999")[2], b"")
        self.assertEqual(self.lab.ask("GET", base + "/log?attempt=77")[2], b"")
        self.assert_problem(self.lab.ask("GET", base + "/log?offset=x"), 400)

    def test_a_form_is_an_upload_too(self):
        body = (b'--bound\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n'
                b"Content-Type: application/zip\r\n\r\n" + bundle("formed") + b"\r\n--bound--\r\n")
        status, job = self.lab.ask_json("POST", "/api/v1/jobs", body, {"Content-Type": "multipart/form-data; boundary=bound"})
        self.assertEqual((status, job.get("name")), (201, "formed"), job)

    def test_a_chunked_upload_is_taken(self):
        pieces = bundle("chunked")
        body = iter([pieces[:7], pieces[7:]])
        status, job = self.lab.ask_json("POST", "/api/v1/jobs", body, {"Content-Type": "application/zip"})
        self.assertEqual((status, job.get("name")), (201, "chunked"), job)

    def test_a_verdict_queues_nothing(self):
        before = self.lab.ask_json("GET", "/api/v1/jobs?q=judged")[1]["jobs"]
        status, verdict = self.lab.ask_json("POST", "/api/v1/jobs/validate", bundle("judged"), {"Content-Type": "application/zip"})
        self.assertEqual((status, verdict["ok"], verdict["layout"]["entry"]), (200, True, "code.py"))
        self.assertEqual(self.lab.ask_json("GET", "/api/v1/jobs?q=judged")[1]["jobs"], before)
        self.assert_nothing_half_done()

    def test_bad_bundles_are_refused_with_a_sentence_and_leave_nothing(self):
        count = lambda: sum(1 for path in (self.lab.data / "blobs").rglob("*") if path.is_file())  # noqa: E731
        before = count()
        good = bundle()
        for name, content, words in (
                ("no zip", b"this is not a zip at all", ""), ("cut off", good[:-30], ""), ("no program", make_zip({"p/readme.txt": "x"}), "code"),
                ("climbing", make_zip({"p/code.py": "1", "p/../../x.py": "1"}), ""), ("absolute", make_zip({"/etc/code.py": "1"}), ""),
                ("two programs", make_zip({"p/code.py": "1", "p/code.m": "1"}), "code")):
            with self.subTest(name):
                problem = self.assert_problem(self.post_zip(content), 422, words)
                self.assertTrue(problem["code"])
        self.assert_problem(self.post_zip(b""), 400)
        self.assert_problem(self.lab.ask("POST", "/api/v1/jobs", b"x", {"Content-Type": "text/plain"}), 415)
        self.assert_nothing_half_done()
        self.assertEqual(count(), before)

    def test_a_key_sent_again_is_the_same_job(self):
        content = bundle("keyed")
        first = self.lab.send(content, Idempotency_Key="key-1")
        again = self.lab.send(content, Idempotency_Key="key-1")
        self.assertEqual((first[0], again[0]), (201, 200))
        self.assertEqual(first[1]["id"], again[1]["id"])
        self.assertEqual(len(self.lab.ask_json("GET", "/api/v1/jobs?q=keyed")[1]["jobs"]), 1)
        self.assert_problem(self.post_zip(bundle("other"), Idempotency_Key="key-1"), 422, "key")
        self.assertNotEqual(self.lab.send(content, Idempotency_Key="key-2")[1]["id"], first[1]["id"])

    def test_jobs_are_listed_newest_first_page_by_page(self):
        sent = [self.lab.send(bundle(f"paged{i}"))[1]["id"] for i in range(3)]
        _, page = self.lab.ask_json("GET", "/api/v1/jobs?q=paged&limit=2")
        self.assertEqual([job["id"] for job in page["jobs"]], sent[:0:-1])
        _, rest = self.lab.ask_json("GET", f"/api/v1/jobs?q=paged&limit=2&before={page['next']}")
        self.assertEqual([job["id"] for job in rest["jobs"]], sent[:1])
        self.assertIsNone(rest["next"])
        for query in ("limit=0", "limit=x", "limit=1001", "state=odd", "before=zz"):
            self.assert_problem(self.lab.ask("GET", "/api/v1/jobs?" + query), 400)

    def test_a_cancelled_job_ends_cancelled(self):
        if not self.has_worker:
            self.skipTest("nias-worker is not built")
        _, job = self.lab.send(bundle("endless", "import select\nselect.select([], [], [], 600)\n"))
        status, _ = self.lab.ask_json("POST", f"/api/v1/jobs/{job['id']}/cancel")
        self.assertEqual(status, 202)
        self.assertEqual(self.finished(job["id"])["state"], "cancelled")
        self.assert_problem(self.lab.ask("POST", f"/api/v1/jobs/{job['id']}/cancel"), 409)

    def test_a_large_upload_costs_little_memory(self):
        before = self.lab.memory("httpfront", "VmRSS")
        path = self.lab.folder / "large.zip"
        self.write_large(path)
        with open(path, "rb") as content:
            status, headers, answer = self.lab.ask("POST", "/api/v1/jobs/validate", content, {
                "Content-Type": "application/zip", "Content-Length": str(path.stat().st_size)}, timeout=240)
        self.assertEqual(status, 200, answer)
        grown = self.lab.memory("httpfront", "VmHWM") - before
        print(f"\n  {path.stat().st_size >> 20} MiB sent, {grown / (1 << 20):.1f} MiB grown")
        self.assertLessEqual(grown, 64 << 20)
        self.assert_nothing_half_done()

    @staticmethod
    def write_large(path):
        piece = os.urandom(1 << 20)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("large/code.py", "print(1)")
            with archive.open("large/data.bin", "w", force_zip64=False) as member:
                for _ in range(LARGE_BYTES >> 20):
                    member.write(piece)


class Requests(ApiTest):
    HOST = b"Host: localhost\r\n"

    def raw_status(self, data):
        answer = self.lab.raw(data)
        self.assertTrue(answer.startswith(b"HTTP/1.1 "), answer[:80])
        return int(answer[9:12])

    def test_requests_may_follow_each_other_on_a_connection(self):
        one = b"GET /healthz HTTP/1.1\r\n" + self.HOST + b"\r\n"
        self.assertEqual(self.lab.raw(one + one + one).count(b"HTTP/1.1 200"), 3)

    def test_other_sites_may_not_change_anything(self):
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            self.assert_problem(self.post_zip(bundle(), **headers), 403)
        own = f"http://127.0.0.1:{self.lab.port}"
        self.assertEqual(self.lab.send(bundle("own"), Origin=own)[0], 201)
        self.assert_nothing_half_done()

    def test_other_names_are_not_answered_to(self):
        for path in ("/", "/api/v1/jobs", "/healthz"):
            self.assertEqual(self.raw_status(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421)

    def test_unknown_paths_and_methods_say_so(self):
        self.assert_problem(self.lab.ask("GET", "/api/v1/nothing"), 404)
        self.assert_problem(self.lab.ask("GET", "/api/v1/jobs/" + "0" * 32), 404)
        self.assert_problem(self.lab.ask("GET", "/api/v1/jobs/odd"), 404)
        answer = self.lab.ask("DELETE", "/api/v1/jobs")
        self.assert_problem(answer, 405)
        self.assertEqual(answer[1]["Allow"], "POST, GET, HEAD")
        self.assertEqual(self.lab.ask("POST", "/upload")[1]["Allow"], "GET, HEAD")

    def test_pages_come_with_their_policy(self):
        for path in ("/", "/upload", "/jobs/0123"):
            status, headers, content = self.lab.ask("GET", path)
            self.assertEqual((status, content), (200, b"<!doctype html><title>NIAS</title>"))
            self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
        self.assert_problem(self.lab.ask("GET", "/missing.js"), 404)

    def test_the_document_is_served(self):
        status, headers, content = self.lab.ask("GET", "/api/v1/openapi.yaml")
        self.assertEqual((status, content[:14]), (200, b"openapi: 3.1.0"))


class Events(ApiTest):
    def listen(self, query="", headers=b""):
        link = socket.create_connection(("127.0.0.1", self.lab.port), timeout=30)
        link.sendall(b"GET /api/v1/events" + query.encode() + b" HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
        return link.makefile("rb"), link

    @staticmethod
    def frames(stream):
        """(id, event, data) of each frame."""
        fields = {}
        for line in stream:
            line = line.rstrip(b"\r\n").decode()
            if not line and "data" in fields:
                yield fields.get("id"), fields["event"], json.loads(fields["data"])
            if not line:
                fields = {}
            elif ": " in line and not line.startswith(":"):
                name, value = line.split(": ", 1)
                fields[name] = value

    def test_each_change_of_a_job_is_told_and_the_last_one_has_its_outcome(self):
        if not self.has_worker:
            self.skipTest("nias-worker is not built")
        stream, link = self.listen()
        _, sent = self.lab.send(bundle("told"))
        states = []
        for name, event, job in self.frames(stream):
            if event == "job" and job["id"] == sent["id"]:
                states.append(job["state"])
                if job["state"] == "succeeded":
                    break
        link.close()
        self.assertEqual(job["outcome"]["status"], "succeeded")
        self.assertEqual(states, [state for state in ("queued", "assigned", "running", "succeeded") if state in states])
        self.assertIn("running", states)
        # A listener that comes back is told what it missed.
        stream, link = self.listen(headers=b"Last-Event-ID: " + name.encode() + b"\r\n")
        _, later = self.lab.send(bundle("missed"))
        self.assertEqual(next(self.frames(stream))[2]["id"], later["id"], "nothing was missed, so nothing is repeated")
        link.close()
        stream, link = self.listen(headers=b"Last-Event-ID: 1-1\r\n")
        self.assertEqual({later["id"], sent["id"]}, {job["id"] for _, _, job in itertools.islice(self.frames(stream), 2)})
        link.close()

    def test_a_log_comes_as_it_is_written_and_whole(self):
        if not self.has_worker:
            self.skipTest("nias-worker is not built")
        program = "for i in range(2000): print('line', i, '\\u00e9', flush=True)\n"
        _, sent = self.lab.send(bundle("logged", program))
        stream, link = self.listen(f"?log={sent['id']}&offset=0")
        text, ended, expected = "", False, "".join(f"line {i} é\n" for i in range(2000))
        for _, event, data in self.frames(stream):
            if event == "log":
                self.assertEqual(data["offset"], len(text.encode()))
                text += data["text"]
                self.assertEqual(data["next"], len(text.encode()))
            if text == expected:
                break
        link.close()
        self.assertEqual(text, expected)

    def test_a_log_of_no_job_is_refused(self):
        self.assertEqual(self.lab.ask("GET", "/api/v1/events?log=odd")[0], 400)


class Daemon(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(BIN)

    def tearDown(self):
        self.lab.close()

    def run_front(self, *args):
        return subprocess.run([BIN / "nias-httpfront", "--data", self.lab.data, *args], capture_output=True, text=True, timeout=30)

    def test_it_is_ready_only_when_the_others_answer_and_ends_in_time(self):
        self.lab.start_front()
        self.assertEqual(self.lab.ask("GET", "/healthz")[0], 200)
        status, said = self.lab.ask_json("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertNotEqual(said["checks"]["ventilator"], "ok")
        self.assertEqual(self.lab.ask("GET", "/api/v1/jobs")[0], 503)
        self.lab.start("ventilator")
        self.lab.start("sink")
        self.assertEqual(self.lab.ask_json("GET", "/readyz")[0], 200)
        stream = socket.create_connection(("127.0.0.1", self.lab.port))
        stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b"200", stream.recv(200))
        started = time.monotonic()
        self.assertEqual(self.lab.stop("httpfront"), 0)
        self.assertLess(time.monotonic() - started, 5)
        self.assertFalse((self.lab.data / "run" / "url").exists())
        stream.close()

    def test_a_silent_ventilator_is_said_and_the_key_makes_the_repeat_safe(self):
        self.lab.start("ventilator")
        self.lab.start("sink")
        self.lab.start_front()
        self.lab.stop("ventilator")
        content = bundle("later")
        status, problem = self.lab.send(content, Idempotency_Key="once")
        self.assertEqual(status, 503, problem)
        self.assertIn("ventilator", problem["detail"])
        self.lab.stop("httpfront", signal.SIGKILL)
        self.lab.start("ventilator")
        self.lab.start_front()
        status, job = self.lab.send(content, Idempotency_Key="once")
        self.assertEqual(status, 201, job)
        self.assertEqual(self.lab.send(content, Idempotency_Key="once")[1]["id"], job["id"])
        self.assertEqual(len(self.lab.ask_json("GET", "/api/v1/jobs?q=later")[1]["jobs"]), 1)

    def test_it_refuses_in_words(self):
        self.lab.start_front()
        port = str(self.lab.port)
        busy = subprocess.run([BIN / "nias-httpfront", "--data", self.lab.folder / "other", "--port", port], capture_output=True, text=True, timeout=30)
        self.assertEqual(busy.returncode, 1)
        self.assertIn(f"port {port} on 127.0.0.1 is in use", busy.stderr)
        second = self.run_front("--port", "0")
        self.assertEqual(second.returncode, 1)
        self.assertIn("httpfront.lock", second.stderr)
        self.assertEqual(self.run_front("--listen", "nowhere").returncode, 2)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    if "--large" in arguments:
        arguments.remove("--large")
        LARGE_BYTES = 1 << 30
    del ApiTest  # the base has no tests of its own
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
