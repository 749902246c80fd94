"""Requests that are wrong by name, by chance, or by their pace, in clear and over TLS: the answers are the same.

    requests_test.py BIN_DIR [unittest arguments]
"""
import pathlib
import random
import select
import socket
import ssl
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from lab import eventually, make_zip  # noqa: E402
from tls_test import TlsLab, make_certificate  # noqa: E402

BIN = pathlib.Path()
HOST = b"Host: localhost\r\n"
POST = b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: application/zip\r\n"
# name: (bytes, status, code)
NAMED = {
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400, b"bad_request"),
    "length and coding": (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, b"bad_request"),
    "other coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, b"transfer_encoding"),
    "negative length": (POST + b"Content-Length: -1\r\n\r\n", 400, b"bad_request"),
    "length in words": (POST + b"Content-Length: ten\r\n\r\n", 400, b"bad_request"),
    "length past 64 bits": (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400, b"bad_request"),
    "folded line": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", 400, b"bad_request"),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: localhost\n\n", 400, b"bad_request"),
    "bare return": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\rc\r\n\r\n", 400, b"bad_request"),
    "zero byte": (b"GET / HTTP/1.1\r\n" + HOST + b"A: \0\r\n\r\n", 400, b"bad_request"),
    "blank before colon": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400, b"bad_request"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, b"bad_request"),
    "two hosts": (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400, b"bad_request"),
    "no version": (b"GET /\r\n" + HOST + b"\r\n", 400, b"bad_request"),
    "HTTP/2 in words": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505, b""),
    "preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, b""),
    "huge header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 40000 + b"\r\n\r\n", 431, b"head_too_large"),
    "many fields": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 200 + b"\r\n", 431, b""),
    "long address": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, b""),
    "climbing address": (b"GET /../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", 400, b"bad_request"),
    "hidden climb": (b"GET /%2e%2e/etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", 400, b"bad_request"),
    "no length": (POST + b"\r\n", 411, b""),
    "odd chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, b"bad_chunk"),
    "over the limit": (POST + b"Content-Length: 99999999999\r\n\r\n", 413, b""),
    "other site": (POST + b"Origin: http://evil.example\r\nContent-Length: 5\r\n\r\n12345", 403, b"cross_origin"),
    "page of no site": (POST + b"Origin: null\r\nContent-Length: 5\r\n\r\n12345", 403, b"cross_origin"),
    "other name": (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, b"wrong_host"),
    "other type": (b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: text/html\r\nContent-Length: 1\r\n\r\nx", 415, b""),
    "method that is none": (b"BREW /api/v1/jobs HTTP/1.1\r\n" + HOST + b"\r\n", 405, b"method"),
    "expectation": (POST + b"Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 417, b"expectation"),
}
VALID = (
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /api/v1/jobs?limit=3 HTTP/1.1\r\n" + HOST + b"Accept-Language: pt-BR\r\nAccept-Encoding: gzip\r\n\r\n",
    b"HEAD / HTTP/1.1\r\n" + HOST + b"If-None-Match: \"1\"\r\nRange: bytes=0-4\r\n\r\n",
    b"GET /api/v1/openapi.yaml HTTP/1.1\r\n" + HOST + b"Range: bytes=1-2\r\nCookie: nias=abc; b=c\r\n\r\n",
    b"POST /api/v1/jobs/0/cancel HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nOrigin: http://localhost\r\n\r\n{}",
    b"POST /api/v1/jobs/validate HTTP/1.1\r\n" + HOST + b"Content-Type: application/zip\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nPK\x03\x04\r\n0\r\n\r\n",
    b"POST /api/v1/uploads HTTP/1.1\r\n" + HOST + b"Tus-Resumable: 1.0.0\r\nUpload-Length: 7\r\nContent-Length: 0\r\n\r\n",
    b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9\r\n\r\n--b\r\n--b--",
)


def mutated(chance):
    """One of the valid requests, with one to three places changed."""
    data = bytearray(chance.choice(VALID))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data))
        chance.choice((
            lambda: data.__setitem__(at, chance.randrange(256)), lambda: data.__delitem__(slice(at, at + chance.randint(1, 9))),
            lambda: data.insert(at, chance.choice(b"\0\r\n :;,%/\\\"\x80\xff")), lambda: data.__setitem__(slice(at, at), data[at:at + chance.randint(1, 60)]),
            lambda: data.__delitem__(slice(at, None))))()
        data = data or bytearray(b"\r")
    return bytes(data)


class Requests(unittest.TestCase):
    """One front that takes both: on the loopback it speaks TLS to whoever begins with a handshake."""

    @classmethod
    def setUpClass(cls):
        cls.lab = TlsLab(BIN)
        try:
            cls.lab.certificate, key = make_certificate(cls.lab.folder / "keys", "first")
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start_front("--threads", "4", "--tls-cert", cls.lab.certificate, "--tls-key", key, "--accounts", "off")
            context = ssl.create_default_context(cafile=str(cls.lab.certificate))
            cls.channels = {"in clear": cls.connect_plain, "over TLS": lambda: cls.lab.connect(context)}
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

    @classmethod
    def connect_plain(cls):
        return socket.create_connection(("127.0.0.1", cls.lab.port), timeout=20)

    @staticmethod
    def answer(connect, data):
        """What comes back for these bytes after which the client sends no more."""
        with connect() as link:
            said = b""
            try:
                link.sendall(data)
                socket.socket.shutdown(link, socket.SHUT_WR)
                while piece := link.recv(65536):
                    said += piece
            except (ConnectionError, ssl.SSLError):  # it had said all that it would
                pass
        return said

    def test_each_wrong_request_is_refused_by_its_name_in_clear_and_over_tls(self):
        for name, (data, status, code) in NAMED.items():
            for channel, connect in self.channels.items():
                with self.subTest(name, channel=channel):
                    said = self.answer(connect, data)
                    self.assertEqual(said.split(b" ")[1:2], [b"%d" % status], said)
                    self.assertEqual(said.count(b"HTTP/1.1 "), 1, "nothing that follows a wrong request is one")
                    self.assertIn(b'"code":"%b' % code, said)
                    if status in (400, 413, 414, 431, 501, 505):  # where the next request begins cannot be known
                        self.assertIn(b"Connection: close", said)
        self.assertEqual(self.lab.ask("GET", "/healthz")[0], 200)
        self.assertEqual(self.lab.ask_tls("GET", "/healthz")[0], 200)

    def test_a_refused_request_is_not_followed_by_a_smuggled_one(self):
        inner = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        for connect in self.channels.values():
            said = self.answer(connect, b"POST /api/v1/queue HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner)
            self.assertEqual(said.count(b"HTTP/1.1 "), 1)

    def test_requests_changed_by_chance_are_answered_alike_on_both_and_none_is_a_fault(self):
        chance = random.Random(20_261_130)
        seen = set()
        for number in range(250):
            data = mutated(chance)
            with self.subTest(number, data=data):
                answers = {channel: self.answer(connect, data) for channel, connect in self.channels.items() if data[:1] != b"\x16"}
                told = [[int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]] for said in answers.values()]
                self.assertEqual(told[0], told[-1], answers)
                self.assertTrue(all(status < 500 or status in (501, 505) for status in told[0]), answers)
                seen.update(told[0])
        self.assertLessEqual({200, 400, 404}, seen, "the changes reach more than the parser")
        self.assertEqual(self.lab.ask_tls("GET", "/healthz")[0], 200)
        self.assertNotIn("internal", self.lab.log("httpfront"))

    def test_slow_heads_and_bodies_hold_nobody_up_and_are_ended_on_both(self):
        """All of them at once, so that their ten seconds are waited for once."""
        head = b"GET / HTTP/1.1\r\nHost: loc"
        body = POST + b"Content-Length: 60000\r\n\r\nP"
        cancel = b"POST /api/v1/jobs/" + b"0" * 32 + b"/cancel HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\nP"
        links = []
        try:
            for connect in self.channels.values():
                for data in (head, body, cancel):
                    for _ in range(30):
                        links.append(connect())
                        links[-1].sendall(data)
            began = time.monotonic()
            for _ in range(10):
                self.assertEqual((self.lab.ask("GET", "/")[0], self.lab.ask_tls("GET", "/api/v1/jobs")[0]), (200, 200))
            self.assertEqual(self.lab.ask_tls("POST", "/api/v1/jobs", make_zip({"code.py": "print(1)"}), {"Content-Type": "application/zip"})[0], 201)
            self.assertLess(time.monotonic() - began, 5)
            for at, (what, statuses) in enumerate((("head", {408}), ("body", {408}), ("cancel", {404, 408})) * 2):
                link = links[at * 30]
                with self.subTest(what, channel=at // 3):
                    self.assertTrue(select.select([link], [], [], 25)[0], "it is ended")
                    self.assertIn(int(link.recv(4096).split(b" ")[1]), statuses)
        finally:
            for link in links:
                link.close()
        eventually(lambda: not list((self.lab.data / "blobs" / "tmp").iterdir()), within=10)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
