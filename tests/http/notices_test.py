"""Told when done: webhooks at a real web server and mail at a real mail server, with accounts, refusals and restarts.

    notices_test.py BIN_DIR [unittest arguments]
"""
import email
import email.header
import email.utils
import hashlib
import hmac
import http.server
import json
import pathlib
import os
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
import unittest

from aiosmtpd.controller import Controller

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import people  # noqa: E402
from lab import Lab, eventually, make_zip  # noqa: E402
from people import Person  # noqa: E402

BIN = pathlib.Path()


class Receiver:
    """A web server that keeps what it is told. `answers` are the statuses of the next calls, then 204."""

    def __init__(self, certificate=None):
        self.calls, self.answers = queue.Queue(), []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.end_headers()
                receiver.calls.put((self.path, self.headers, body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/hook", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def next(self, within=20):
        return self.calls.get(timeout=within)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Mailbox:
    def __init__(self):
        self.mails = queue.Queue()
        self.controller = Controller(self, hostname="127.0.0.1", port=0)
        sock = socket.create_server(("127.0.0.1", 0))
        self.port = sock.getsockname()[1]
        sock.close()
        self.controller.port = self.port
        self.controller.start()

    async def handle_DATA(self, server, session, envelope):
        self.mails.put((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"

    def close(self):
        self.controller.stop()


def subject_of(message):
    return "".join(part.decode(charset or "ascii") if isinstance(part, bytes) else part
                   for part, charset in email.header.decode_header(message["Subject"]))


class Notices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab, cls.mailbox, cls.people = Lab(BIN), Mailbox(), {}
        try:
            cls.known, cls.unknown = (cls.certificate(name) for name in ("known", "unknown"))
            os.environ["SSL_CERT_FILE"] = str(cls.known[0])  # the authorities of this machine
            for name in ("ventilator", "sink"):
                cls.lab.start(name)
            cls.lab.start("worker", "--slots", "2")
            cls.front = ("--accounts", "on", "--notice-network", "127.0.0.1/32", "--smtp", f"127.0.0.1:{cls.mailbox.port}", "--smtp-from", "nias@lab.example")
            cls.lab.start_front(*cls.front)
            cls.root = people.accept(cls.lab, people.set_up_secret(cls.lab), "root")
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        died = [name for name, process in cls.lab.processes.items() if process.poll() is not None]
        cls.lab.close()
        cls.mailbox.close()
        assert not died, f"died unnoticed: {died}"

    @classmethod
    def certificate(cls, name):
        """(certificate, key) for localhost."""
        made, key = cls.lab.folder / f"{name}.pem", cls.lab.folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30", "-nodes", "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", made], check=True, capture_output=True)
        return made, key

    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    def person(self):
        """One whom nobody has told anything yet."""
        name = f"p{len(self.people)}"
        self.people[name] = people.join(self.lab, self.root, name)
        return self.people[name]

    def restart(self, how=signal.SIGTERM, *front):
        self.lab.stop("httpfront", how)
        self.lab.start("httpfront", "--port", str(self.lab.port), "--web", str(self.lab.web), *(front or self.front))

    def set(self, person, expected=200, language="en", **fields):
        status, said = person.json("PUT", "/api/v1/notices", fields, headers={"Accept-Language": language})
        self.assertEqual(status, expected, said)
        return said

    def confirm(self, person, address, language="en"):
        """Sets an address, and types in the code that it was sent. The mail with the code."""
        said = self.set(person, mail=address, language=language)
        self.assertEqual((said["mail"], said["mail_asked"]), ("", address))
        _, to, content = self.mailbox.mails.get(timeout=30)
        self.assertEqual(to, [address])
        message = email.message_from_bytes(content)
        code = next(line.strip() for line in message.get_payload(decode=True).decode().splitlines() if line.startswith("    "))
        status, said = person.json("POST", "/api/v1/notices/confirm", {"code": code})
        self.assertEqual((status, said["mail"], said["mail_asked"]), (200, address, ""), said)
        return message

    def submit(self, person, name="estudo", program="print('said')\n"):
        status, job = person.json("POST", "/api/v1/jobs", body=make_zip({f"{name}/code.py": program}), headers={"Content-Type": "application/zip"})
        self.assertEqual(status, 201, job)
        return job["id"]

    def said(self, person, words):
        """Waits until the last try came to this."""
        def told():
            self.last = person.json("GET", "/api/v1/notices")[1]
            return words in self.last["last_said"]
        try:
            eventually(told, within=20)
        except AssertionError:
            self.fail(f"{words!r} is not in {self.last}")

    def test_a_webhook_is_called_and_signed_when_a_job_ends(self):
        ana = self.person()
        secret = self.set(ana, webhook=self.receiver.url("/hook?lab=1"))["secret"]
        job = self.submit(ana)
        path, headers, body = self.receiver.next()
        told = json.loads(body)
        self.assertEqual((path, headers["X-NIAS-Event"], headers["X-NIAS-Delivery"], headers["Content-Type"]), ("/hook?lab=1", "job.ended", job, "application/json"))
        self.assertEqual((told["event"], told["job"]["id"], told["job"]["state"]), ("job.ended", job, "succeeded"))
        wanted = hmac.new(secret.encode(), headers["X-NIAS-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-NIAS-Signature"], "sha256=" + wanted)
        eventually(lambda: ana.json("GET", "/api/v1/notices")[1]["last_ms"] > 0)
        eventually(lambda: not (self.lab.data / "notices" / "pending" / job).exists(), within=10)
        self.set(ana)
        self.submit(ana)
        failing = self.submit(self.person())
        self.root.json("GET", f"/api/v1/jobs/{failing}?wait=30")
        self.assertTrue(self.receiver.calls.empty(), "who wants to be told of nothing is told of nothing")

    def test_a_call_that_failed_is_made_again_also_after_the_server_was_killed(self):
        ana = self.person()
        self.set(ana, webhook=self.receiver.url())
        self.receiver.answers = [500]
        job = self.submit(ana, program="import sys\nsys.exit('no electrode')\n")
        self.assertEqual(json.loads(self.receiver.next()[2])["job"]["state"], "failed")
        pending = self.lab.data / "notices" / "pending" / job
        eventually(lambda: pending.exists() and json.loads(pending.read_text())["tries"] == 1)
        self.restart(signal.SIGKILL)
        _, headers, body = self.receiver.next()
        self.assertEqual((headers["X-NIAS-Delivery"], json.loads(body)["job"]["id"]), (job, job))
        eventually(lambda: not pending.exists())

    def test_a_job_that_ended_while_the_server_was_away_is_told_of_when_it_is_back(self):
        ana = self.person()
        self.set(ana, webhook=self.receiver.url())
        job = self.submit(ana, program="import time\ntime.sleep(1)\n")
        self.lab.stop("httpfront")

        def ended():
            import sqlite3
            with sqlite3.connect(f"file:{self.lab.data}/ledger.db?mode=ro", uri=True) as ledger:
                return ledger.execute("SELECT count(*) FROM living WHERE id = ?", (bytes.fromhex(job),)).fetchone()[0] == 0
        eventually(ended, within=30)
        self.assertTrue(self.receiver.calls.empty())
        self.lab.start("httpfront", "--port", str(self.lab.port), "--web", str(self.lab.web), *self.front)
        self.assertEqual(self.receiver.next()[1]["X-NIAS-Delivery"], job)

    def test_mail_comes_in_the_language_of_its_reader(self):
        ana = self.person()
        asked = self.confirm(ana, "ana@lab.example", "pt-BR")
        self.assertEqual(subject_of(asked), "NIAS: confirme este endereço")
        self.submit(ana, name="açúcar", program="import sys\nsys.exit('sem eletrodo')\n")
        sender, to, content = self.mailbox.mails.get(timeout=30)
        message = email.message_from_bytes(content)
        self.assertEqual((sender, to, email.utils.parseaddr(message["From"])[1], email.utils.parseaddr(message["To"])[1]),
                         ("nias@lab.example", ["ana@lab.example"], "nias@lab.example", "ana@lab.example"))
        self.assertEqual(subject_of(message), "NIAS: açúcar não terminou bem")
        text = message.get_payload(decode=True).decode()
        self.assertIn("O trabalho açúcar não terminou bem", text)
        self.assertIn("sem eletrodo", text)
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.set(ana, mail="ana@lab.example", language="en")
        self.submit(ana, name="two")
        message = email.message_from_bytes(self.mailbox.mails.get(timeout=30)[2])
        self.assertEqual(subject_of(message), "NIAS: two has ended")

    def test_an_address_is_mailed_nothing_but_a_code_before_it_is_confirmed(self):
        ana, bob = self.person(), self.person()
        self.set(ana, mail="stranger@lab.example")
        code = self.mailbox.mails.get(timeout=30)[2].decode().split("    ")[1].splitlines()[0].strip()
        self.root.json("GET", f"/api/v1/jobs/{self.submit(ana)}?wait=30")
        status, refused = ana.json("POST", "/api/v1/notices/confirm", {"code": "guess"}, headers={"Accept-Language": "pt"})
        self.assertEqual((status, refused["code"]), (422, "mail_code"))
        self.assertIn("código", refused["detail"])
        self.assertEqual(bob.json("POST", "/api/v1/notices/confirm", {"code": code})[0], 422, "the code is of another account")
        self.assertEqual(Person(self.lab).status("POST", "/api/v1/notices/confirm"), 401)
        self.restart()  # the code outlives it
        self.confirm(bob, "bob@lab.example")
        self.root.json("GET", f"/api/v1/jobs/{self.submit(bob, name='bobs')}?wait=30")
        self.assertEqual(self.mailbox.mails.get(timeout=30)[1], ["bob@lab.example"], "nothing came to the stranger before")
        self.assertEqual(ana.json("POST", "/api/v1/notices/confirm", {"code": code})[1]["mail"], "stranger@lab.example")
        for n in range(4):
            self.set(ana, mail=f"n{n}@lab.example")
        status, refused = ana.json("PUT", "/api/v1/notices", {"mail": "more@lab.example"})
        self.assertEqual((status, refused["code"]), (429, "slow_down"))
        for _ in range(4):
            self.mailbox.mails.get(timeout=30)

    def test_closed_networks_are_not_called_whatever_stands_for_them(self):
        ana = self.person()
        for url in ("http://127.0.0.2/", "http://10.0.0.1/", "https://192.168.0.1:8443/x", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest/",
                    "http://2130706434/", "http://0177.0.0.2/", "http://0x7f000002/"):
            with self.subTest(url=url):
                status, said = ana.json("PUT", "/api/v1/notices", {"webhook": url})
                if status == 200:  # a name, by its looks: it is found out when it is looked up
                    self.submit(ana)
                    eventually(lambda: ana.json("GET", "/api/v1/notices")[1]["last_said"] != "", within=20)
                else:
                    self.assertEqual((status, said["code"]), (422, "webhook"))
        self.restart(signal.SIGTERM, "--accounts", "on")
        try:
            self.set(ana, 422, webhook=self.receiver.url())
            self.set(ana, 422, webhook=self.receiver.url(host="localhost"))
            self.set(ana, 409, mail="ana@lab.example")
        finally:
            self.restart()
        self.assertTrue(self.receiver.calls.empty())

    def test_an_address_that_is_no_longer_allowed_is_not_called(self):
        ana = self.person()
        self.set(ana, webhook=self.receiver.url())
        self.restart(signal.SIGTERM, "--accounts", "on")
        try:  # it was allowed when it was set
            self.submit(ana)
            self.said(ana, "does not call")
        finally:
            self.restart()
        self.set(ana)
        self.assertTrue(self.receiver.calls.empty())

    def test_a_redirect_is_not_followed_and_an_account_that_drips_holds_up_nobody_for_long(self):
        ana, bob = self.person(), self.person()
        self.receiver.answers = [302]
        self.set(ana, webhook=self.receiver.url())
        self.submit(ana)
        self.assertEqual(self.receiver.next()[0], "/hook")
        self.said(ana, "302")
        self.set(ana)
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.set(ana, webhook=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        self.set(bob, webhook=self.receiver.url("/bob"))
        self.submit(ana)
        self.submit(bob)
        self.assertEqual(self.receiver.next(within=30)[0], "/bob")
        self.said(ana, "no answer within 10 s")
        self.set(ana)

    def test_over_https_only_a_server_whose_certificate_holds_is_told(self):
        for certificate, host, taken in ((self.known, "localhost", True), (self.unknown, "localhost", False), (self.known, "127.0.0.1", False)):
            with self.subTest(certificate=certificate[0].name, host=host):
                ana, receiver = self.person(), Receiver(certificate)
                self.addCleanup(receiver.close)
                self.set(ana, webhook=receiver.url(host=host).replace("http:", "https:"))
                job = self.submit(ana)
                if taken:
                    self.assertEqual(receiver.next()[1]["X-NIAS-Delivery"], job)
                else:
                    self.said(ana, "ertificate")
                    self.assertTrue(receiver.calls.empty())
                self.set(ana)

    def test_what_is_set_is_ones_own_and_its_secret_is_shown_once(self):
        ana, bob = self.person(), self.person()
        first = self.set(ana, webhook=self.receiver.url())
        self.assertGreater(len(first["secret"]), 40)
        self.assertNotIn("secret", ana.json("GET", "/api/v1/notices")[1])
        self.assertNotIn("secret", self.set(ana, webhook=self.receiver.url()), "the same URL keeps its secret")
        self.assertNotEqual(self.set(ana, webhook=self.receiver.url("/other"))["secret"], first["secret"])
        self.assertEqual(bob.json("GET", "/api/v1/notices")[1]["webhook"], "")
        status, made = ana.json("POST", "/api/v1/tokens", {"label": "t", "scopes": ["read", "submit"], "days": 1})
        self.assertEqual(Person(self.lab, token=made["token"]).status("GET", "/api/v1/notices"), 403)
        self.assertEqual(Person(self.lab).status("GET", "/api/v1/notices"), 401)
        for fields in ({"webhook": "ftp://lab.example"}, {"webhook": "https://a:b@lab.example/"}, {"webhook": "x" * 3000}, {"mail": "a@b\r\nBcc: c@d"}, {"mail": "ana"}):
            self.set(bob, 422, **fields)
        self.set(bob, 400, webhok="https://lab.example")
        self.assertEqual(status, 201)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
