"""Files that a job shows while it runs, as a page sees them: a real front, ventilator, sink and worker.

    live_test.py BIN_DIR
"""
import http.client
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
PROGRAM = """
import os
os.makedirs("output/fits", exist_ok=True)
open("output/fits/loss.csv", "w").write("step,loss\\n1,0.5\\n")
open("output/half.svg", "w").write("<svg>")
while True: pass
"""


class LiveTest(unittest.TestCase):
    def test_a_table_is_told_and_shown_while_the_job_runs_and_gone_with_it(self):
        lab = Lab(BIN)
        self.addCleanup(lab.close)
        for name in ("ventilator", "sink"):
            lab.start(name)
        lab.start("worker", "--slots", "1")
        lab.start_front()
        stream = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=60)
        self.addCleanup(stream.close)
        stream.request("GET", "/api/v1/events")
        events = stream.getresponse()
        self.assertEqual(events.status, 200)
        job = lab.send(make_zip({"code.py": PROGRAM}))[1]["id"]
        base = f"/api/v1/jobs/{job}"
        while (line := events.readline()).strip() != b"event: file":
            self.assertTrue(line, "the stream ended before a file was told")
        told = events.readline().decode()
        self.assertIn(f'"id":"{job}"', told)
        self.assertIn('"path":"fits/loss.csv"', told)
        _, listing = lab.ask_json("GET", base + "/live")
        self.assertEqual([(file["path"], file["size_bytes"]) for file in listing["files"]], [("fits/loss.csv", 16)])
        status, headers, content = lab.ask("GET", base + "/live/fits/loss.csv")
        self.assertEqual((status, content), (200, b"step,loss\n1,0.5\n"))
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        self.assertEqual(headers["Cache-Control"], "no-store")
        for path in ("half.svg", "none.csv", "..%2Floss.csv"):
            self.assertEqual(lab.ask("GET", f"{base}/live/{path}")[0] // 100, 4, path)
        lab.ask("POST", base + "/cancel")
        eventually(lambda: lab.ask_json("GET", base)[1]["state"] == "cancelled")
        self.assertEqual(lab.ask_json("GET", base + "/live")[1]["files"], [])
        self.assertEqual(lab.ask("GET", base + "/live/fits/loss.csv")[0], 404)
        eventually(lambda: not list((lab.data / "live").iterdir()))


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
