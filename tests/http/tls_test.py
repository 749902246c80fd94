"""HTTPS as browsers, scripts and strangers see it: real front, ventilator and sink, real certificates.

    tls_test.py BIN_DIR [unittest arguments]
"""
import hashlib
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "process"))
import netns  # noqa: E402
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
UPLOAD_BYTES = 64 << 20


def make_certificate(folder, name, days=30, *more):
    """(certificate, key): PEM files for localhost, from the openssl program."""
    folder.mkdir(exist_ok=True)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", str(days),
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,DNS:lab.example,IP:127.0.0.1",
                    "-keyout", key, "-out", certificate, *(more or ["-nodes"])], check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key


def fingerprint(certificate):
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pathlib.Path(certificate).read_text())).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))


def bundle(name="secret", **files):
    return make_zip({"code.py": f"print('{name}')", **files})


class TlsLab(Lab):
    certificate = None

    def context(self):
        return ssl.create_default_context(cafile=str(self.certificate))

    def connect(self, context=None, within=20):
        link = socket.create_connection(("127.0.0.1", self.port), timeout=within)
        try:
            return (context or self.context()).wrap_socket(link, server_hostname="localhost")
        except BaseException:
            link.close()
            raise

    def ask_tls(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=self.context())
        connection.connect = lambda: setattr(connection, "sock", self.connect(within=60))
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def curl(self, *words):
        done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "120", "--cacert", self.certificate, "--resolve",
                               f"localhost:{self.port}:127.0.0.1", *words], capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"curl {words}: {done.stderr.decode()}")
        return done.stdout

    def count(self, what):
        """Entries of /proc/PID/fd or /proc/PID/task of the front."""
        return len(os.listdir(f"/proc/{self.processes['httpfront'].pid}/{what}"))


class Encrypted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = TlsLab(BIN)
        try:
            cls.lab.certificate, key = make_certificate(cls.lab.folder / "keys", "first")
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start_front("--threads", "2", "--tls-cert", cls.lab.certificate, "--tls-key", key, "--allow-host", "lab.example",
                               "--accounts", "off")
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

    def test_page_upload_and_listing_travel_encrypted(self):
        lab = self.lab
        self.assertEqual((lab.data / "run" / "url").read_text().strip(), f"https://127.0.0.1:{lab.port}/")
        self.assertIn(b"<title>NIAS", lab.curl(f"https://localhost:{lab.port}/"))
        content = bundle("large", **{"noise.bin": os.urandom(UPLOAD_BYTES)})
        large = lab.folder / "large.zip"
        large.write_bytes(content)
        job = json.loads(lab.curl("-H", "Content-Type: application/zip", "--data-binary", f"@{large}",
                                  f"https://localhost:{lab.port}/api/v1/jobs"))
        self.assertEqual(job["bundle_bytes"], len(content), job)
        digest = hashlib.sha256(content).hexdigest()
        self.assertTrue((lab.data / "blobs" / digest[:2] / digest[2:]).exists(), "each byte is the one that was sent")
        status, _, answer = lab.ask_tls("GET", f"/api/v1/jobs/{job['id']}")
        self.assertEqual((status, json.loads(answer)["id"]), (200, job["id"]))
        chunked = lab.curl("-H", "Content-Type: application/zip", "-H", "Transfer-Encoding: chunked", "--data-binary", f"@{large}",
                           f"https://localhost:{lab.port}/api/v1/jobs/validate")
        self.assertTrue(json.loads(chunked)["ok"])

    def test_events_arrive_over_tls_and_end_in_words_of_tls(self):
        link = self.lab.connect()
        link.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stream = link.makefile("rb")
        self.assertIn(b"200", stream.readline())
        status, _, answer = self.lab.ask_tls("POST", "/api/v1/jobs", bundle("told"), {"Content-Type": "application/zip"})
        self.assertEqual(status, 201, answer)
        line = next(line for line in stream if line.startswith(b"data: "))
        self.assertEqual(json.loads(line[6:])["id"], json.loads(answer)["id"])
        stream.close()
        link.close()

    def test_tls_below_1_2_is_refused_and_1_2_and_1_3_are_taken(self):
        def speak(version):
            context = self.lab.context()
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
            with self.lab.connect(context) as link:
                return link.version()
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.assertRaises(ssl.SSLError) as refused:
                speak(version)
            self.assertIn("PROTOCOL_VERSION", str(refused.exception), "the server says why")
        self.assertEqual(speak(ssl.TLSVersion.TLSv1_2), "TLSv1.2")
        self.assertEqual(speak(ssl.TLSVersion.TLSv1_3), "TLSv1.3")

    def test_requests_that_came_in_one_record_are_all_answered(self):
        with self.lab.connect() as link:
            one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            body = b"POST /api/v1/jobs/0/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n12345"
            link.sendall(one + body + one + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            said = b"".join(iter(lambda: link.recv(65536), b""))
        self.assertEqual((said.count(b"HTTP/1.1 200 "), said.count(b"HTTP/1.1 404 ")), (3, 1), said)

    def test_requests_in_many_small_records_that_come_together_are_all_answered(self):
        """What was received and not yet decrypted is told by no poll."""
        one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        body = b"POST /api/v1/jobs/0/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000\r\n\r\n" + b"x" * 30_000
        last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        channel = self.lab.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", self.lab.port), timeout=8) as link:
            def step(work):
                while True:
                    try:
                        return work()
                    except ssl.SSLWantReadError:
                        link.sendall(outgoing.read())
                        incoming.write(link.recv(65536))
            step(channel.do_handshake)
            for byte in one + one:
                channel.write(bytes([byte]))
            for at in range(0, len(body), 700):
                channel.write(body[at:at + 700])
            for byte in last:
                channel.write(bytes([byte]))
            link.sendall(outgoing.read())
            said = b""
            while piece := step(lambda: channel.read(65536)):
                said += piece
        self.assertEqual((said.count(b"HTTP/1.1 200 "), said.count(b"HTTP/1.1 404 ")), (3, 1), said)

    def test_a_head_in_single_bytes_is_read_and_a_malformed_one_is_refused(self):
        with self.lab.connect() as link:
            for byte in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
                link.sendall(bytes([byte]))
            self.assertIn(b" 200 ", b"".join(iter(lambda: link.recv(65536), b"")))
        for wrong in (b"GET / HTTP/1.1\nHost: localhost\n\n", b"GET / HTTP/1.1\r\n\r\n", b"\x00\x01\r\n\r\n", b"G" * 40000):
            with self.lab.connect() as link:
                try:
                    link.sendall(wrong)
                    said = b"".join(iter(lambda: link.recv(65536), b""))
                except (ConnectionError, ssl.SSLError):
                    continue
                self.assertRegex(said.split(b"\r\n")[0], b"^HTTP/1.1 4")
        self.assertEqual(self.lab.ask_tls("GET", "/healthz")[0], 200)

    def test_handshakes_that_drip_hold_no_thread_and_are_ended(self):
        lab = self.lab
        lab.ask_tls("GET", "/healthz")
        threads = lab.count("task")
        links = [socket.create_connection(("127.0.0.1", lab.port), timeout=30) for _ in range(100)]
        try:
            hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
            for link in links:
                link.sendall(hello[:1])
            started = time.monotonic()
            for byte in hello[1:]:
                for link in links:
                    link.sendall(bytes([byte]))
                asked = time.monotonic()
                self.assertEqual(lab.ask_tls("GET", "/healthz")[0], 200)
                self.assertLess(time.monotonic() - asked, 1)
            self.assertEqual(lab.count("task"), threads, "no thread waits for them")
            for link in links:
                self.assertEqual(link.recv(1), b"", "it is closed")
            self.assertLess(time.monotonic() - started, 20)
        finally:
            for link in links:
                link.close()

    def test_garbage_half_closes_and_resets_harm_nobody(self):
        lab = self.lab
        lab.ask_tls("GET", "/healthz")
        opened = lab.count("fd")
        hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"
        for garbage in (b"\x16", b"\x16\x03\x01\xff\xff" + b"x" * 70000, hello, hello * 20, b"\x16" + os.urandom(500), b"\x15\x03\x01\x00\x02\x02\x28"):
            with socket.create_connection(("127.0.0.1", lab.port), timeout=20) as link:
                try:
                    link.sendall(garbage)
                    link.shutdown(socket.SHUT_WR)
                    while link.recv(65536):
                        pass
                except OSError:  # closed or reset, at one of these calls
                    pass
        for _ in range(20):  # in the middle of what was agreed
            link = lab.connect()
            link.sendall(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/zip\r\nContent-Length: 1000\r\n\r\nPK")
            raw = socket.socket(fileno=link.detach())
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.close()
        self.assertEqual(lab.ask_tls("GET", "/healthz")[0], 200)
        eventually(lambda: lab.count("fd") <= opened, within=30)
        eventually(lambda: not list((lab.data / "blobs" / "tmp").iterdir()), within=10)

    def test_a_half_closed_client_gets_its_answer(self):
        link = self.lab.connect()
        link.sendall(b"GET /api/v1/openapi.yaml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        socket.socket.shutdown(link, socket.SHUT_WR)
        said = b"".join(iter(lambda: link.recv(65536), b""))
        link.close()
        self.assertIn(b"openapi: 3.1.0", said)

    def test_browsers_are_told_to_stay_with_https_but_not_for_every_server_of_a_machine(self):
        told = lambda host: self.lab.ask_tls("GET", "/", headers={"Host": host})[1]["Strict-Transport-Security"]  # noqa: E731
        self.assertEqual(told("lab.example"), "max-age=31536000")
        self.assertIsNone(told(f"localhost:{self.lab.port}"))
        plain = self.lab.ask("GET", "/", headers={"Host": "lab.example"})
        self.assertEqual((plain[0], plain[1]["Strict-Transport-Security"]), (200, None))

    def test_a_page_that_came_in_clear_may_not_change_what_is_asked_over_https(self):
        ask = lambda origin: self.lab.ask_tls("POST", "/api/v1/jobs/0/cancel", headers={  # noqa: E731
            "Host": "lab.example", "Origin": origin})[0]
        self.assertEqual(ask("http://lab.example"), 403)
        self.assertEqual(ask("https://lab.example"), 404)

    def test_a_download_over_tls_is_whole_though_its_reader_is_slow(self):
        page = self.lab.web / "large.txt"
        content = os.urandom(8 << 20)
        page.write_bytes(content)
        with self.lab.connect() as link:
            link.sendall(b"GET /large.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            said = b""
            while piece := link.recv(7000):
                said += piece
        self.assertEqual(said.partition(b"\r\n\r\n")[2], content)


class Certificates(unittest.TestCase):
    def setUp(self):
        self.lab = TlsLab(BIN)
        self.keys = self.lab.folder / "keys"

    def tearDown(self):
        self.lab.close()

    def refusal(self, *args):
        done = subprocess.run([BIN / "nias-httpfront", "--data", self.lab.data, "--port", "0", *args],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def served(self):
        """The fingerprint of what a connection gets."""
        with socket.create_connection(("127.0.0.1", self.lab.port), timeout=20) as link:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(link) as wrapped:
                digest = hashlib.sha256(wrapped.getpeercert(binary_form=True)).hexdigest().upper()
                return ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))

    def test_what_cannot_be_used_is_refused_in_words(self):
        first, first_key = make_certificate(self.keys, "first")
        _, second_key = make_certificate(self.keys, "second")
        _, locked_key = make_certificate(self.keys, "locked", 30, "-passout", "pass:secret")
        refusal = self.refusal
        self.assertIn("go together", refusal("--tls-cert", first))
        self.assertIn("does not fit the certificate", refusal("--tls-cert", first, "--tls-key", second_key))
        self.assertIn("without a password", refusal("--tls-cert", first, "--tls-key", locked_key))
        self.assertIn("No such file", refusal("--tls-cert", self.keys / "none", "--tls-key", first_key))
        self.assertIn("no certificate in PEM form", refusal("--tls-cert", first_key, "--tls-key", first_key))
        first_key.chmod(0o644)
        self.assertIn("every user of this machine can open", refusal("--tls-cert", first, "--tls-key", first_key))

    def test_a_certificate_is_exchanged_while_connections_stand_and_one_that_does_not_fit_is_not(self):
        lab = self.lab
        lab.certificate, key = make_certificate(self.keys, "used")
        second, second_key = make_certificate(self.keys, "second")
        lab.start_front("--tls-cert", lab.certificate, "--tls-key", key)
        first_print = self.served()
        self.assertEqual(first_print, fingerprint(lab.certificate))
        with lab.connect() as standing:
            lab.certificate.write_bytes(second.read_bytes())
            lab.processes["httpfront"].send_signal(signal.SIGHUP)
            eventually(lambda: "used as it was read before" in lab.log("httpfront"), within=10)
            self.assertIn("does not fit the certificate", lab.log("httpfront"))
            self.assertEqual(self.served(), first_print)
            key.write_bytes(second_key.read_bytes())
            lab.processes["httpfront"].send_signal(signal.SIGHUP)
            eventually(lambda: self.served() == fingerprint(second), within=10)
            standing.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b" 200 ", standing.recv(100))

    def test_a_front_in_clear_takes_a_hangup_for_nothing(self):
        process = self.lab.start_front()
        process.send_signal(signal.SIGHUP)
        eventually(lambda: "no certificate to read again" in self.lab.log("httpfront"), within=10)
        self.assertEqual(self.lab.ask("GET", "/healthz")[0], 200)


@unittest.skipIf(netns.refusal(), "network namespaces cannot be made here")
class OverANetwork(unittest.TestCase):
    def setUp(self):
        self.network = netns.Network(1)
        self.lab = TlsLab(BIN)
        self.lab.bin = self.wrapped_bin()
        self.at = self.network.server_at(0)

    def tearDown(self):
        self.lab.close()
        self.network.close()

    def wrapped_bin(self):
        """A folder with a nias-httpfront that runs on the server's machine."""
        folder = self.lab.folder / "bin"
        folder.mkdir()
        program = folder / "nias-httpfront"
        words = " ".join(map(str, self.network.on_server(BIN / "nias-httpfront")))
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
        return folder

    def curl(self, place, *words):
        done = subprocess.run([*place("curl"), "--silent", "--show-error", "--max-time", "30", *words],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def from_afar(self, *words):
        return self.curl(lambda program: self.network.on(0, program), *words)

    def on_the_server(self, *words):
        return self.curl(self.network.on_server, *words)

    def test_a_server_of_a_network_makes_itself_a_certificate_once_and_sends_what_came_in_clear_to_https(self):
        lab, at = self.lab, self.at
        lab.start_front("--listen", "0.0.0.0")
        made = lab.data / "tls" / "certificate.pem"
        own = fingerprint(made)
        self.assertEqual((lab.data / "run" / "fingerprint").read_text().strip(), own)
        self.assertIn(own, lab.log("httpfront"))
        self.assertEqual((lab.data / "run" / "url").read_text().strip(), f"https://{socket.gethostname()}:{lab.port}/")
        self.assertEqual((lab.data / "tls" / "key.pem").stat().st_mode & 0o777, 0o600)
        page = self.from_afar("--cacert", made, f"https://{at}:{lab.port}/")
        self.assertIn("<title>NIAS", page)
        self.assertEqual(self.from_afar("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", f"http://{at}:{lab.port}/jobs/a%20b?q=1"),
                         f"308 https://{at}:{lab.port}/jobs/a%20b?q=1")
        refused = json.loads(self.from_afar("-X", "POST", "-d", "{}", f"http://{at}:{lab.port}/api/v1/jobs/0/cancel"))
        self.assertEqual((refused["status"], refused["code"]), (403, "https_only"))
        elsewhere = json.loads(self.from_afar("-H", "Host: evil.example", f"http://{at}:{lab.port}/"))
        self.assertEqual(elsewhere["code"], "wrong_host", "nobody is sent to another's server")
        self.assertIn("<title>NIAS", self.on_the_server(f"http://127.0.0.1:{lab.port}/"), "no network carries this")
        lab.stop("httpfront")
        self.assertFalse((lab.data / "run" / "fingerprint").exists())
        lab.start_front("--listen", "0.0.0.0")
        self.assertEqual(fingerprint(made), own, "a second start keeps it")
        self.assertIn("<title>NIAS", self.from_afar("--cacert", made, f"https://{at}:{lab.port}/"))

    def test_a_browser_behind_a_proxy_that_speaks_in_clear_is_not_sent_in_a_circle(self):
        self.lab.start_front("--listen", "0.0.0.0", "--trusted-proxy", self.network.machine_at(0))
        ask = ("-o", "/dev/null", "-w", "%{http_code}", f"http://{self.at}:{self.lab.port}/")
        self.assertEqual(self.from_afar("-H", "X-Forwarded-Proto: https", *ask), "403")
        self.assertEqual(self.from_afar("-H", "X-Forwarded-Proto: http", *ask), "308")

    def test_a_certificate_of_its_own_that_ends_soon_is_made_anew(self):
        lab = self.lab
        (lab.data).mkdir()
        short, key = make_certificate(lab.folder / "keys", "short", 5)
        (lab.data / "tls").mkdir()
        (lab.data / "tls" / "certificate.pem").write_bytes(short.read_bytes())
        (lab.data / "tls" / "key.pem").write_bytes(key.read_bytes())
        lab.start_front("--listen", self.at)
        made = lab.data / "tls" / "certificate.pem"
        self.assertNotEqual(fingerprint(made), fingerprint(short))
        self.assertIn("<title>NIAS", self.from_afar("--cacert", made, f"https://{self.at}:{lab.port}/"))

    def test_insecure_http_serves_a_network_in_clear(self):
        lab = self.lab
        lab.start_front("--listen", self.at, "--insecure-http")
        self.assertIn("<title>NIAS", self.from_afar(f"http://{self.at}:{lab.port}/"))
        self.assertEqual((lab.data / "run" / "url").read_text().strip(), f"http://{self.at}:{lab.port}/")
        self.assertFalse((lab.data / "tls").exists())


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
