"""Handshakes of TLS that are wrong, held, or ask for what is not there: beside them the next one works.

    handshakes_test.py BIN_DIR [unittest arguments]
"""
import pathlib
import socket
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from lab import eventually  # noqa: E402
from tls_test import TlsLab, fingerprint, make_certificate  # noqa: E402

BIN = pathlib.Path()
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # how a handshake begins


class Handshakes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = TlsLab(BIN)
        try:
            cls.lab.certificate, key = make_certificate(cls.lab.folder / "keys", "first")
            cls.lab.start_front("--threads", "2", "--tls-cert", cls.lab.certificate, "--tls-key", key, "--accounts", "off")
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        alive = cls.lab.processes["httpfront"].poll() is None
        log = cls.lab.log("httpfront")
        cls.lab.close()
        assert alive, f"it died unnoticed\n{log}"

    def served(self, context):
        """(what was agreed, the answer) of one request."""
        with self.lab.connect(context) as link:
            link.sendall(REQUEST)
            return link, b"".join(iter(lambda: link.recv(65536), b""))

    def s_client(self, said, *options):
        """Output of `openssl s_client` that is given these bytes."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.lab.port}", "-CAfile", self.lab.certificate, *options],
                              input=said, capture_output=True, timeout=30, check=False)
        return done.stdout + done.stderr

    def assert_serves(self):
        began = time.monotonic()
        self.assertEqual(self.lab.ask_tls("GET", "/healthz")[0], 200)
        self.assertLess(time.monotonic() - began, 2)

    def test_protocols_that_it_does_not_speak_are_not_agreed_to_and_http_1_works(self):
        for offered in (["h2"], ["h2", "http/1.1"], ["spdy/3", "x" * 255], ["http/1.1"]):
            context = self.lab.context()
            context.set_alpn_protocols(offered)
            link, said = self.served(context)
            self.assertIn(link.selected_alpn_protocol(), (None, "http/1.1"))
            self.assertIn(b" 200 ", said)
        self.assertIn("200", self.lab.curl("--http2", "-o", "/dev/null", "-w", "%{http_code}", f"https://localhost:{self.lab.port}/healthz").decode())

    def test_names_that_are_junk_get_the_one_certificate(self):
        for name in ("evil.example", "a" * 250, "..", "*.*", "%00%0a", "' OR 1=1", "127.0.0.1", "xn--\u00e9".encode().decode("latin-1")):
            with self.subTest(name):
                said = self.s_client(REQUEST, "-servername", name, "-quiet", "-ign_eof")
                self.assertIn(b" 200 ", said)
        self.assert_serves()

    def test_a_client_may_not_negotiate_again(self):
        said = self.s_client(b"R\n", "-tls1_2")
        self.assertIn(b"RENEGOTIATING", said)
        self.assertIn(b"no renegotiation", said)
        self.assert_serves()

    def test_nothing_is_taken_before_the_handshake_is_over(self):
        session = self.lab.folder / "session"
        self.s_client(REQUEST, "-tls1_3", "-sess_out", session, "-quiet", "-ign_eof")
        asked = self.lab.folder / "request"
        asked.write_bytes(REQUEST)
        said = self.s_client(b"", "-tls1_3", "-sess_in", session, "-early_data", asked)
        self.assertNotIn(b"HTTP/1.1", said, "a request that can be replayed is not answered")
        self.assert_serves()

    def test_a_certificate_of_the_client_is_not_asked_for_and_harms_nothing(self):
        certificate, key = make_certificate(self.lab.folder / "keys", "client")
        context = self.lab.context()
        context.load_cert_chain(certificate, key)
        self.assertIn(b" 200 ", self.served(context)[1])

    def test_handshakes_that_are_held_are_bounded_by_their_address(self):
        self.assert_serves()
        opened = self.lab.count("fd")
        links = []
        try:
            for _ in range(300):
                links.append(socket.create_connection(("127.0.0.1", self.lab.port), timeout=30, source_address=("127.0.0.81", 0)))
                links[-1].sendall(HELLO)
            self.assert_serves()
            self.assertLessEqual(self.lab.count("fd"), opened + 256 + 2)
            # Whoever asks from the same address takes the place of one that is held.
            with socket.create_connection(("127.0.0.1", self.lab.port), timeout=5, source_address=("127.0.0.81", 0)) as link:
                link.sendall(REQUEST)
                self.assertIn(b" 200 ", link.recv(4096))
        finally:
            for link in links:
                link.close()

    def test_clear_text_on_the_port_is_http_or_a_refusal_in_words(self):
        for data, status in ((REQUEST, 200), (b"\x17\x03\x03\x00\x05hello\r\n\r\n", 400), (b"SSH-2.0-x\r\n\r\n", 400), (b"EHLO lab\r\n\r\n", 400)):
            said = self.lab.raw(data)
            self.assertEqual(said.split(b" ")[1:2], [b"%d" % status], said)
            self.assertIn(b"Content-Type: application/", said)

    def test_a_line_that_is_cut_in_each_step_of_a_handshake_leaves_nothing_open(self):
        self.assert_serves()
        opened = self.lab.count("fd")
        context = self.lab.context()
        for most in (1, 5, 50, 200, 400):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            shake = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            try:
                shake.do_handshake()
            except ssl.SSLWantReadError:
                pass
            with socket.create_connection(("127.0.0.1", self.lab.port), timeout=20) as link:
                link.sendall(outgoing.read()[:most])
                link.shutdown(socket.SHUT_WR)
                link.settimeout(20)
                try:
                    while link.recv(65536):
                        pass
                except ConnectionError:
                    pass
        eventually(lambda: self.lab.count("fd") <= opened, within=20)
        self.assertEqual(fingerprint(self.lab.certificate), (self.lab.data / "run" / "fingerprint").read_text().strip())


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
