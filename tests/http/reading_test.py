"""How a client follows a job without the page: waits, logs, refusals of what it misspelt. Real daemons.

    reading_test.py BIN_DIR [unittest arguments]
"""
import json
import pathlib
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
LINES = 200_000  # more than the MiB that one call with an offset gives
PRINTS = f"""for i in range({LINES}): print('line', i)
import os
os.makedirs('output/a', exist_ok=True)
open('output/a/numbers.csv', 'w').write(''.join(f'{{i}},{{i * i}}\\n' for i in range(50_000)))
open('output/tone.wav', 'wb').write(b'RIFF....WAVE')
"""
EXPECTED = "".join(f"line {i}\n" for i in range(LINES)).encode()


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        try:
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start("worker", "--slots", "2")
            cls.lab.start_front("--threads", "2")
            cls.job = cls.lab.send(make_zip({"code.py": PRINTS}))[1]["id"]
            eventually(lambda: cls.lab.ask_json("GET", f"/api/v1/jobs/{cls.job}")[1]["state"] == "succeeded", within=60)
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.lab.close()

    def log(self, query="", **headers):
        status, fields, content = self.lab.ask("GET", f"/api/v1/jobs/{self.job}/log{query}", headers=headers)
        return status, fields, content

    def test_a_log_is_read_whole(self):
        status, fields, content = self.log()
        self.assertEqual((status, len(content), content == EXPECTED), (200, len(EXPECTED), True))
        self.assertEqual(fields["X-Log-Size"], str(len(EXPECTED)))
        self.assertEqual(self.lab.ask("HEAD", f"/api/v1/jobs/{self.job}/log")[1]["Content-Length"], str(len(EXPECTED)))

    def test_a_log_is_read_in_ranges(self):
        size = len(EXPECTED)
        for field, begin, end in (("bytes=0-9", 0, 10), ("bytes=100-", 100, size), ("bytes=-7", size - 7, size), (f"bytes=5-{size * 2}", 5, size)):
            status, fields, content = self.log(Range=field)
            self.assertEqual((status, content == EXPECTED[begin:end]), (206, True), field)
            self.assertEqual(fields["Content-Range"], f"bytes {begin}-{end - 1}/{size}")
        status, fields, _ = self.log(Range=f"bytes={size}-")
        self.assertEqual((status, fields["Content-Range"]), (416, f"bytes */{size}"))

    def test_the_tail_begins_with_a_whole_line(self):
        last = EXPECTED.splitlines(keepends=True)
        for tail, expected in ((0, b""), (len(last[-1]), last[-1]), (len(last[-1]) + 1, last[-1]), (len(last[-1]) * 2 - 1, last[-1]),
                               (len(last[-1]) * 2, last[-2] + last[-1]), (len(EXPECTED), EXPECTED), (10 ** 12, EXPECTED)):
            self.assertEqual(self.log(f"?tail={tail}")[2], expected, tail)

    def test_an_offset_gives_a_piece(self):
        self.assertEqual(self.log("?offset=0")[2], EXPECTED[:1 << 20])
        self.assertEqual(self.log(f"?offset={len(EXPECTED) - 5}")[2], EXPECTED[-5:])
        self.assertEqual(self.log(f"?offset={10 ** 15}")[2], b"")

    def test_a_search_goes_through_the_whole_log(self):
        status, _, content = self.log("?search=LINE%20199999")
        self.assertEqual(status, 200)
        at = EXPECTED.index(b"line 199999")
        self.assertEqual(json.loads(content), {"lines": LINES, "total": 1, "hits": [{"line": LINES, "offset": at, "text": "line 199999"}]})
        found = json.loads(self.log("?search=line")[2])
        self.assertEqual((found["total"], len(found["hits"])), (LINES, 1000))
        self.assertEqual(json.loads(self.log("?search=nothing&attempt=1")[2])["hits"], [])
        self.assertEqual(json.loads(self.log("?search=line&attempt=7")[2])["lines"], 0)

    def test_a_file_out_of_the_zip_is_read_in_ranges_and_not_sent_twice(self):
        path = f"/api/v1/jobs/{self.job}/files/a/numbers.csv"
        status, fields, whole = self.lab.ask("GET", path)
        self.assertEqual((status, fields["Content-Type"], fields["Accept-Ranges"]), (200, "text/csv; charset=utf-8", "bytes"))
        for field, begin, end in (("bytes=0-9", 0, 10), ("bytes=300000-300099", 300_000, 300_100), ("bytes=-7", len(whole) - 7, len(whole))):
            status, part_fields, part = self.lab.ask("GET", path, headers={"Range": field, "If-Range": fields["ETag"]})
            self.assertEqual((status, part == whole[begin:end]), (206, True), field)
            self.assertEqual(part_fields["Content-Range"], f"bytes {begin}-{end - 1}/{len(whole)}")
        self.assertEqual(self.lab.ask("GET", path, headers={"If-None-Match": fields["ETag"]})[0], 304)
        self.assertEqual(self.lab.ask("GET", path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})[2], whole)
        status, gone, _ = self.lab.ask("GET", path, headers={"Range": f"bytes={len(whole)}-"})
        self.assertEqual((status, gone["Content-Range"]), (416, f"bytes */{len(whole)}"))
        status, sound, _ = self.lab.ask("HEAD", f"/api/v1/jobs/{self.job}/files/tone.wav")
        self.assertEqual((status, sound["Content-Type"], sound["Content-Length"]), (200, "audio/wav", "12"))
        self.assertNotEqual(sound["ETag"], fields["ETag"])

    def test_what_cannot_be_meant_is_refused_in_words(self):
        for path, words in ((f"/api/v1/jobs/{self.job}/log?offset=1&tail=2", "give one"), (f"/api/v1/jobs/{self.job}/log?tail=-1", "numbers"),
                            (f"/api/v1/jobs/{self.job}/log?search=x&tail=5", "whole log"), (f"/api/v1/jobs/{self.job}/log?search={'x' * 201}", "at most 200"),
                            (f"/api/v1/jobs/{self.job}/log?ofset=1", 'no parameter "ofset"'), ("/api/v1/jobs?limt=5", "state, q, limit, before"),
                            ("/api/v1/queue?x", "taken are: none"), ("/api/v1/jobs?limit=1&limit=2", "twice"),
                            (f"/api/v1/jobs/{self.job}?wait=61", "0 to 60"), (f"/api/v1/jobs/{self.job}?wait=soon", "0 to 60")):
            status, problem = self.lab.ask_json("GET", path)
            self.assertEqual(status, 400, path)
            self.assertIn(words, problem["detail"])
        self.assertEqual(self.lab.ask("GET", "/results?state=failed&anything=1")[0], 200, "pages have their own")

    def test_a_client_may_wait_for_the_end_and_hears_of_it_at_once(self):
        sent = self.lab.send(make_zip({"code.py": "import time; time.sleep(2)"}))[1]["id"]
        began = time.monotonic()
        status, job = self.lab.ask_json("GET", f"/api/v1/jobs/{sent}?wait=30")
        took = time.monotonic() - began
        self.assertEqual((status, job["state"]), (200, "succeeded"))
        self.assertEqual(job["outcome"]["status"], "succeeded")
        self.assertTrue(1 < took < 25, took)
        began = time.monotonic()
        self.assertEqual(self.lab.ask_json("GET", f"/api/v1/jobs/{sent}?wait=30")[1]["state"], "succeeded")
        self.assertLess(time.monotonic() - began, 2, "it has ended: there is nothing to wait for")
        self.assertEqual(self.lab.ask("GET", "/api/v1/jobs/" + "0" * 32 + "?wait=30")[0], 404)

    def test_those_who_wait_hold_nobody_up_and_come_back_in_time(self):
        sent = self.lab.send(make_zip({"code.py": "import time; time.sleep(60)"}))[1]["id"]
        answers = []
        waiting = [threading.Thread(target=lambda: answers.append(self.lab.ask_json("GET", f"/api/v1/jobs/{sent}?wait=4"))) for _ in range(40)]
        began = time.monotonic()
        for thread in waiting:
            thread.start()
        for _ in range(20):
            self.assertEqual(self.lab.ask("GET", "/api/v1/queue")[0], 200)
        self.assertLess(time.monotonic() - began, 3)
        for thread in waiting:
            thread.join(20)
        self.assertLess(time.monotonic() - began, 12)
        self.assertEqual([status for status, _ in answers], [200] * 40)
        self.assertEqual(self.lab.ask("POST", f"/api/v1/jobs/{sent}/cancel")[0], 202)

    def test_a_head_that_is_too_large_is_refused_and_the_client_reads_it(self):
        for head in (b"A: " + b"a" * 40_000 + b"\r\n\r\n", b"A: b\r\n" * 20_000 + b"\r\n", b"A: " + b"a" * 4_000_000):
            with socket.create_connection(("127.0.0.1", self.lab.port), timeout=20) as link:
                link.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + head)
                said = b"".join(iter(lambda: link.recv(65536), b""))
            self.assertIn(b"HTTP/1.1 431 ", said)
            self.assertEqual(json.loads(said.partition(b"\r\n\r\n")[2])["status"], 431)

    def test_a_repeated_key_is_answered_as_a_repeat(self):
        content = make_zip({"code.py": "print('once')"})
        first = self.lab.ask("POST", "/api/v1/jobs", content, {"Content-Type": "application/zip", "Idempotency-Key": "k1"})
        again = self.lab.ask("POST", "/api/v1/jobs", content, {"Content-Type": "application/zip", "Idempotency-Key": "k1"})
        self.assertEqual((first[0], first[1]["Idempotency-Repeated"]), (201, None))
        self.assertEqual((again[0], again[1]["Idempotency-Repeated"]), (200, "true"))
        self.assertEqual(first[1]["Location"], again[1]["Location"])


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
