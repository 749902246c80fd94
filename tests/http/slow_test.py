"""Slow, silent and numerous clients beside an honest one: real front, ventilator and sink, on small lanes of threads.

    slow_test.py BIN_DIR [unittest arguments]
"""
import http.client
import io
import json
import os
import pathlib
import select
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from headers import header_faults  # noqa: E402
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
HOST = b"Host: localhost\r\n"
SLOW = "127.0.0.9"  # where the slow ones come from; the honest one comes from 127.0.0.1
PAGE_BYTES = 24 << 20


class SlowTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        try:
            cls.page = os.urandom(PAGE_BYTES)
            (cls.lab.web / "large.bin").write_bytes(cls.page)
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start_front("--threads", "2")
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

    def setUp(self):
        self.links = []

    def tearDown(self):
        for link in self.links:
            link.close()

    def connect(self, source=SLOW):
        link = socket.create_connection(("127.0.0.1", self.lab.port), timeout=30, source_address=(source, 0))
        self.links.append(link)
        return link

    def threads(self):
        return len(os.listdir(f"/proc/{self.lab.processes['httpfront'].pid}/task"))

    def assert_honest_ones_are_served(self, within=2.0):
        """A page, a list, an upload and a file, each within the time."""
        for ask in (lambda: self.lab.ask("GET", "/")[0], lambda: self.lab.ask("GET", "/api/v1/jobs")[0],
                    lambda: self.lab.send(make_zip({"code.py": "print(1)"}))[0] - 1, lambda: len(self.lab.ask("GET", "/large.bin")[2]) - PAGE_BYTES + 200):
            began = time.monotonic()
            self.assertEqual(ask(), 200)
            self.assertLess(time.monotonic() - began, within)

    def test_slow_readers_hold_no_thread(self):
        before = self.threads()
        for _ in range(64):
            link = self.connect()
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.sendall(b"GET /large.bin HTTP/1.1\r\n" + HOST + b"\r\n")
        for link in self.links:
            self.assertIn(b" 200 ", link.recv(64))
        self.assert_honest_ones_are_served()
        self.assertLessEqual(self.threads(), before + 2)
        for link in self.links:
            self.assertTrue(link.recv(4096), "a slow reader is served on")

    def test_a_download_that_is_read_in_fits_is_whole(self):
        link = self.connect()
        link.sendall(b"GET /large.bin HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        said = bytearray()
        while piece := link.recv(1 << 16):
            said += piece
            if len(said) % 7 == 0:
                select.select([], [], [], 0.001)
        self.assertEqual(bytes(said).partition(b"\r\n\r\n")[2], self.page)

    def test_a_reader_that_stops_is_let_go_and_another_request_may_follow_a_download(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=30)
        for _ in range(3):
            connection.request("GET", "/large.bin")
            self.assertEqual(connection.getresponse().read(), self.page)
        connection.close()

    def test_dripping_uploads_leave_room_for_an_honest_one(self):
        head = b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: application/zip\r\nContent-Length: 60000\r\n\r\nPK"
        for _ in range(100):
            self.connect().sendall(head)
        for link in self.links:
            link.sendall(b"\x03")
        self.assert_honest_ones_are_served()
        left = lambda: list((self.lab.data / "blobs" / "tmp").iterdir())  # noqa: E731
        for link in self.links:
            link.close()
        eventually(lambda: not left(), within=20)

    def test_dripping_heads_leave_room_for_an_honest_one(self):
        for _ in range(200):
            self.connect().sendall(b"GET / HTTP/1.1\r\nHost: loc")
        self.assert_honest_ones_are_served()

    def test_a_refusal_that_the_head_decides_comes_before_the_body_and_holds_no_thread(self):
        heads = {
            403: b"Content-Type: application/zip\r\nOrigin: http://evil.example\r\nContent-Length: 1000000\r\n",
            415: b"Content-Type: text/html\r\nContent-Length: 1000000\r\n",
            413: b"Content-Type: application/zip\r\nContent-Length: 99999999999\r\n",
            421: b"Content-Type: application/zip\r\nContent-Length: 1000000\r\n",
            404: b"Content-Length: 50000\r\n",
        }
        self.lab.ask("GET", "/")
        before = self.threads()
        for status, fields in heads.items():
            path = b"/api/v1/none" if status == 404 else b"/api/v1/jobs"
            host = b"Host: evil.example\r\n" if status == 421 else HOST
            links = [self.connect() for _ in range(20)]
            began = time.monotonic()
            for link in links:
                link.sendall(b"POST " + path + b" HTTP/1.1\r\n" + host + fields + b"\r\n")
            for link in links:
                self.assertIn(b"HTTP/1.1 %d " % status, link.recv(4096))
            self.assertLess(time.monotonic() - began, 2, f"{status} waits for the body")
        eventually(lambda: self.threads() <= before + 2, within=15)
        self.assert_honest_ones_are_served()

    def test_a_broken_chunk_is_refused_at_once(self):
        link = self.connect()
        began = time.monotonic()
        link.sendall(b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: application/zip\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        self.assertIn(b" 400 ", link.recv(4096))
        self.assertLess(time.monotonic() - began, 2)

    def test_a_refused_client_that_goes_on_sending_reads_its_refusal(self):
        link = self.connect()
        link.sendall(b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: text/html\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            link.sendall(b"x" * (1 << 16))
        said = b"".join(iter(lambda: link.recv(65536), b""))
        self.assertIn(b" 415 ", said)

    def test_an_address_has_its_bound_and_the_others_their_place(self):
        source = "127.0.0.77"
        for _ in range(256):
            self.connect(source).sendall(b"GET / HTTP/1.1\r\nHost: loc")

        def refusal():
            """Of one more that drips, or nothing: it has found a place."""
            link = self.connect(source)
            readable, _, _ = select.select([link], [], [], 0.5)
            if not readable:
                link.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            return link.recv(4096) if readable else b""
        said = eventually(refusal, within=8)
        self.assertIn(b"too many connections from 127.0.0.77", said)
        self.assertEqual(header_faults("/api", 503, http.client.parse_headers(io.BytesIO(said.partition(b"\r\n")[2]))), [])
        self.assert_honest_ones_are_served()

    def test_an_idle_connection_makes_room_for_a_request_from_its_address(self):
        source = "127.0.0.78"
        for _ in range(256):
            self.connect(source)
        link = self.connect(source)
        link.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        self.assertIn(b" 200 ", link.recv(4096))

    def test_a_thousand_event_streams_hear_of_a_job_and_more_than_the_bound_are_refused(self):
        streams = []
        for i in range(1024):
            link = self.connect(f"127.0.1.{1 + i // 250}")
            link.sendall(b"GET /api/v1/events HTTP/1.1\r\n" + HOST + b"\r\n")
            streams.append(link)
        for link in streams:
            said = b""
            while b"\n\n" not in said.partition(b"\r\n\r\n")[2]:
                said += link.recv(4096)
            self.assertIn(b" 200 ", said)
        link = self.connect("127.0.2.1")
        link.sendall(b"GET /api/v1/events HTTP/1.1\r\n" + HOST + b"\r\n")
        self.assertIn(b" 503 ", link.recv(4096))
        status, job = self.lab.send(make_zip({"code.py": "print(1)"}))
        self.assertEqual(status, 201)
        began = time.monotonic()
        for link in streams:
            said = b""
            while job["id"].encode() not in said:
                said += link.recv(65536)
        self.assertLess(time.monotonic() - began, 5)
        memory = self.lab.memory("httpfront", "VmRSS")
        print(f"\n  1,024 streams: {memory / (1 << 20):.0f} MiB", file=sys.stderr)
        self.assertLess(memory, 96 << 20)
        self.assert_honest_ones_are_served()

        def has_room():
            link = self.connect("127.0.2.1")
            link.sendall(b"GET /api/v1/events HTTP/1.1\r\n" + HOST + b"\r\n")
            return b" 200 " in link.recv(4096)
        for link in streams:
            link.close()
        eventually(has_room, within=10)


class Memory(unittest.TestCase):
    def test_it_is_given_back_after_long_lists(self):
        lab = Lab(BIN)
        try:
            lab.start("ventilator")
            lab.start("sink")
            lab.start_front()
            for i in range(150):
                self.assertEqual(lab.send(make_zip({"code.py": f"print({i})"}), X_Filename="n" * 200 + ".zip")[0], 201)
            path = "/api/v1/jobs?limit=1000"
            size = len(lab.ask("GET", path)[2])
            rest = lab.memory("httpfront", "VmRSS")
            readers = [threading.Thread(target=lambda: [lab.ask("GET", path) for _ in range(20)]) for _ in range(16)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join(60)
            grown = lambda: lab.memory("httpfront", "VmRSS") - rest  # noqa: E731
            eventually(lambda: grown() < 16 << 20, within=10)
            print(f"\n  320 lists of {size >> 10} KiB left {grown() / (1 << 20):.1f} MiB", file=sys.stderr)
        finally:
            lab.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
