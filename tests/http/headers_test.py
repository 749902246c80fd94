"""The headers of answers that no client of the API gets by asking rightly: pages, hostile files, refusals of a head.
openapi_test.py looks at those of every route with the same eyes (headers.py).

    headers_test.py BIN_DIR [unittest arguments]
"""
import http.client
import io
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from headers import ACTIVE, SANDBOX, STRICTEST, header_faults  # noqa: E402
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
SCRIPT = "<script>alert(document.cookie)</script>"
HOSTILE = {
    "page.html": SCRIPT, "page.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml">{SCRIPT}</html>', "page.xml": f"<?xml version='1.0'?>{SCRIPT}",
    "figure.svg": f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>', "code.js": "alert(1)", "paper.pdf": "%PDF-1.4", "no-extension": SCRIPT,
    "looks-like.png": SCRIPT, "log.txt": SCRIPT, "<img src=x onerror=alert(1)>.png": "x", "\"; filename=\"evil.html": SCRIPT, "a\u2028b.html": SCRIPT,
    "data.json": f'"{SCRIPT}"',
}
PROGRAM = f"""
import os
os.makedirs("output/deep", exist_ok=True)
for name, text in {HOSTILE!r}.items():
    open("output/" + name, "w").write(text)
open("output/deep/page.html", "w").write({SCRIPT!r})
print({SCRIPT!r})
"""


class Headers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        try:
            (cls.lab.web / "main-0A1B2C3D.js").write_text("1")
            for name in ("ventilator", "sink"):
                cls.lab.start(name)
            cls.lab.start("worker", "--slots", "1")
            cls.lab.start_front()
            status, job = cls.lab.send(make_zip({"code.py": PROGRAM}), X_Filename=urllib.parse.quote("<b>\"x.zip"))
            assert status == 201, job
            cls.base = f"/api/v1/jobs/{job['id']}"
            cls.job = eventually(lambda: (lambda now: now["outcome"] and now)(cls.lab.ask_json("GET", cls.base)[1]), within=60)
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.lab.close()

    def check(self, path, status, headers):
        self.assertEqual(header_faults(path, status, headers), [])

    def get(self, path, expected=200, **headers):
        status, answered, content = self.lab.ask("GET", path, headers=headers)
        self.assertEqual(status, expected, content[:200])
        self.check(path, status, answered)
        return answered, content

    def raw(self, data):
        """(status, headers) of the answer to these bytes; a connection that could go on is closed."""
        head, _, rest = self.lab.raw(data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)).partition(b"\r\n")
        return int(head.split(b" ")[1]), http.client.parse_headers(io.BytesIO(rest))

    def test_pages_are_framed_by_nobody_and_load_from_here_alone(self):
        for path in ("/", "/jobs/none", "/main-0A1B2C3D.js"):
            headers, _ = self.get(path)
            policy = {rule.split()[0]: rule.split()[1:] for rule in headers["Content-Security-Policy"].split(";")}
            self.assertEqual(policy["frame-ancestors"], ["'none'"])
            self.assertEqual(policy["default-src"], ["'self'"])
            self.assertEqual((policy["object-src"], policy["base-uri"]), (["'none'"], ["'none'"]))
            self.assertNotIn("unsafe", headers["Content-Security-Policy"])
            self.get(path, 304, **{"If-None-Match": headers["ETag"]})
        self.assertEqual(self.get("/")[0]["Cache-Control"], "no-cache")
        self.assertIn("immutable", self.get("/main-0A1B2C3D.js")[0]["Cache-Control"])
        self.get("/none.js", 404)

    def test_what_a_researchers_program_wrote_never_acts_as_a_page(self):
        self.assertEqual(self.job["state"], "succeeded", self.job)
        listed = {entry["path"] for entry in self.lab.ask_json("GET", self.base + "/files")[1]["files"]}
        self.assertEqual(listed, {*HOSTILE, "deep/page.html", "nias-job.json"})
        for name in listed:
            with self.subTest(name):
                headers, content = self.get(f"{self.base}/files/{urllib.parse.quote(name)}")
                if name != "nias-job.json":
                    self.assertEqual(content.decode(), HOSTILE.get(name, SCRIPT))
                kind, disposition = headers["Content-Type"].split(";")[0], headers["Content-Disposition"]
                self.assertNotIn(kind, set(ACTIVE) - {"image/svg+xml", "application/pdf"}, "it has no type that a browser would run")
                self.assertRegex(disposition, r"""^(inline|attachment); filename="[^"\\\\%]*"; filename\*=UTF-8''[\w.%~-]+$""")
                self.assertEqual(urllib.parse.unquote(disposition.partition("UTF-8''")[2]), name.rpartition("/")[2])
                part, _ = self.get(f"{self.base}/files/{urllib.parse.quote(name)}", 206, Range="bytes=0-0")
                self.assertEqual(part["Content-Security-Policy"], SANDBOX)
                self.get(f"{self.base}/files/{urllib.parse.quote(name)}", 304, **{"If-None-Match": headers["ETag"]})

    def test_zips_and_logs_are_downloads_in_a_sandbox(self):
        for path in ("/output", "/bundle"):
            headers, _ = self.get(self.base + path)
            self.assertRegex(headers["Content-Disposition"], """^attachment; filename="[^"]+"; filename""")
            self.get(self.base + path, 206, Range="bytes=1-2")
            self.get(self.base + path, 304, **{"If-None-Match": headers["ETag"]})
            self.get(self.base + path, 416, Range="bytes=99999999-")
        self.assertTrue(self.get(f"/api/v1/jobs.zip?ids={self.job['id']}")[0]["Content-Disposition"].startswith("attachment;"))
        self.assertEqual(self.get(self.base + "/log")[0]["Content-Type"], "text/plain; charset=utf-8")

    def test_an_event_stream_has_them_too(self):
        status, headers = self.raw(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual((status, headers["Content-Type"], headers["Cache-Control"]), (200, "text/event-stream", "no-store"))
        self.check("/api/v1/events", status, headers)

    def test_refusals_that_no_handler_made_have_them_too(self):
        host = b"Host: localhost\r\n"
        for name, data, expected in (
                ("bare line ends", b"GET / HTTP/1.1\nHost: localhost\n\n", 400), ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
                ("large head", b"GET / HTTP/1.1\r\n" + host + b"A: " + b"a" * 40000 + b"\r\n\r\n", 431), ("version", b"GET / HTTP/3.0\r\n" + host + b"\r\n", 505),
                ("other host", b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421), ("method", b"BREW /api/v1/jobs HTTP/1.1\r\n" + host + b"\r\n", 405),
                ("nothing there", b"GET /api/v1/none HTTP/1.1\r\n" + host + b"\r\n", 404), ("hidden climb", b"GET /%2e%2e/x HTTP/1.1\r\n" + host + b"\r\n", 400),
                ("other site", b"POST /api/v1/jobs HTTP/1.1\r\n" + host + b"Origin: http://evil.example\r\nContent-Length: 0\r\n\r\n", 403)):
            with self.subTest(name):
                status, headers = self.raw(data)
                self.assertEqual((status, headers["Content-Type"]), (expected, "application/problem+json"))
                self.check("/api", status, headers)

    def test_words_of_a_client_are_no_header_of_the_answer(self):
        status, headers = self.raw(b"GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual((status, headers["Set-Cookie"]), (400, None))
        for path in ("/%3cscript%3ealert(1)%3c/script%3e.js", "//evil.example/", "/\\evil.example/"):
            status, headers = self.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(status, range(300, 400), "nobody is sent elsewhere")
            self.assertIsNone(headers["Location"])
            if headers["Content-Type"].startswith("application/problem+json"):
                self.assertEqual(headers["Content-Security-Policy"], STRICTEST)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
