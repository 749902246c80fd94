"""The front behind a real nginx and a real Caddy, with the configurations of deploy/, and without a proxy.

    proxy_test.py BIN_DIR [unittest arguments]
"""
import itertools
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, eventually, make_zip  # noqa: E402
from people import PASSWORD, accept, set_up_secret  # noqa: E402
from tls_test import make_certificate  # noqa: E402

BIN = pathlib.Path()
DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CADDY = shutil.which("caddy")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def fill_in(template, *pairs):
    """The configuration with names, ports and files of a test; each must be there to be replaced."""
    text = (DEPLOY / template).read_text()
    for what, instead in pairs:
        text, count = re.subn(what, lambda _, instead=instead: instead, text)
        if count == 0:
            raise AssertionError(f"deploy/{template} has no {what}")
    return text


class BehindAProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        cls.proxy = None
        try:
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start_front("--log-level", "debug", "--allow-host", "lab.example", "--trusted-proxy", "127.0.0.1")
            root = accept(cls.lab, set_up_secret(cls.lab), "root")
            status, made = root.json("POST", "/api/v1/tokens", {"label": "test", "scopes": ["read", "submit"], "days": 1})
            assert status == 201, made
            cls.token = made["token"].encode()
            cls.certificate, cls.key = make_certificate(cls.lab.folder / "keys", "proxy")
            cls.port = free_port()
            cls.folder = cls.lab.folder / "proxy"
            cls.folder.mkdir()
            with open(cls.folder / "log", "ab") as log:
                cls.proxy = subprocess.Popen(cls.command(), stdout=log, stderr=log,
                                             env={**os.environ, "HOME": str(cls.folder), "XDG_DATA_HOME": str(cls.folder), "XDG_CONFIG_HOME": str(cls.folder)})
            eventually(cls.listens, within=20)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def listens(cls):
        if cls.proxy.poll() is not None:
            raise AssertionError((cls.folder / "log").read_text())
        try:
            socket.create_connection(("127.0.0.1", cls.port), timeout=1).close()
            return True
        except OSError:
            return False

    @classmethod
    def tearDownClass(cls):
        if cls.proxy is not None:
            cls.proxy.terminate()
            cls.proxy.wait(15)
        cls.lab.close()

    def connect(self, source="127.0.0.1"):
        context = ssl.create_default_context(cafile=str(self.certificate))
        link = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(source, 0))
        return context.wrap_socket(link, server_hostname="lab.example")

    def ask(self, head, body=b"", source="127.0.0.1", token=True):
        """(head, body) of the answer, both as bytes."""
        with self.connect(source) as link:
            signed = b"\r\nAuthorization: Bearer " + self.token if token else b""
            link.sendall(head + signed + b"\r\nHost: lab.example\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            said = b"".join(iter(lambda: link.recv(65536), b""))
        head, _, body = said.partition(b"\r\n\r\n")
        return head, body

    def logged(self, what):
        return eventually(lambda: next((line for line in self.lab.log("httpfront").splitlines() if what in line), None), within=10)

    def test_a_request_has_one_id_at_the_proxy_in_the_answer_and_in_the_log(self):
        head, _ = self.ask(b"GET /api/v1/queue HTTP/1.1\r\nX-Request-Id: mine", source="127.0.0.5")
        request = re.search(rb"X-Request-Id: ([0-9a-f-]{32,36})(?:\r|$)", head, re.I)
        self.assertTrue(request, head)
        self.assertIn("GET /api/v1/queue 200 from 127.0.0.5,", self.logged(f"request {request[1].decode()}"))

    def test_what_a_client_says_of_itself_in_the_words_of_a_proxy_is_not_believed(self):
        forged = b"\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: localhost"
        head, _ = self.ask(b"GET /api/v1/machines HTTP/1.1" + forged, source="127.0.0.6")
        self.assertIn(b" 200 ", head.split(b"\r\n")[0])
        self.assertIn(b"strict-transport-security: max-age=31536000", head.lower(), "neither scheme nor host are the client's word")
        self.assertIn("from 127.0.0.6,", self.logged("GET /api/v1/machines 200"))

    def test_a_browser_over_https_signs_in_with_a_secure_cookie_from_its_own_address(self):
        fields = json.dumps({"name": "root", "password": PASSWORD}).encode()
        head, body = self.ask(b"POST /api/v1/session HTTP/1.1\r\nContent-Type: application/json\r\nOrigin: https://lab.example", fields,
                              source="127.0.0.7", token=False)
        self.assertIn(b" 200 ", head.split(b"\r\n")[0], body)
        cookie = re.search(rb"Set-Cookie: (__Host-nias=[\w-]+); Path=/; [^\r]*; Secure\r", head, re.I)
        self.assertTrue(cookie, head)
        _, body = self.ask(b"GET /api/v1/sessions HTTP/1.1\r\nCookie: " + cookie[1], token=False)
        self.assertIn("127.0.0.7", [session["address"] for session in json.loads(body)["sessions"]])

    def test_a_page_that_came_in_clear_and_other_sites_change_nothing(self):
        for origin, status in ((b"http://lab.example", b" 403 "), (b"https://evil.example", b" 403 "), (b"https://lab.example", b" 404 ")):
            head, _ = self.ask(b"POST /api/v1/jobs/0/cancel HTTP/1.1\r\nOrigin: " + origin)
            self.assertIn(status, head.split(b"\r\n")[0], origin)

    def test_guessing_is_slowed_by_the_address_of_the_browser(self):
        names = itertools.count()

        def guess(source):
            fields = json.dumps({"name": f"nobody-{next(names)}", "password": "a wrong password"}).encode()
            head, _ = self.ask(b"POST /api/v1/session HTTP/1.1\r\nContent-Type: application/json", fields, source=source, token=False)
            return int(head.split(b" ")[1])
        answers = []
        while 429 not in answers:
            answers.append(guess("127.0.0.8"))
            self.assertLess(len(answers), 60)
        self.assertEqual(guess("127.0.0.9"), 401, "another browser behind the same proxy is not slowed")

    def test_pages_uploads_and_cancels_pass(self):
        head, body = self.ask(b"GET / HTTP/1.1")
        self.assertIn(b"<title>NIAS", body)
        content = make_zip({"code.py": "print(1)", "noise.bin": os.urandom(8 << 20)})
        head, body = self.ask(b"POST /api/v1/jobs HTTP/1.1\r\nContent-Type: application/zip\r\nOrigin: https://lab.example", content)
        self.assertIn(b" 201 ", head.split(b"\r\n")[0])
        job = json.loads(body)
        head, _ = self.ask(b"POST /api/v1/jobs/" + job["id"].encode() + b"/cancel HTTP/1.1\r\nOrigin: https://lab.example")
        self.assertIn(b" 202 ", head.split(b"\r\n")[0])

    def test_events_are_not_held_back(self):
        with self.connect() as link:
            link.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: lab.example\r\nAuthorization: Bearer " + self.token + b"\r\n\r\n")
            said = b""
            while b"retry:" not in said:
                said += link.recv(4096)
            job = self.lab.send(make_zip({"code.py": "print(1)"}), Authorization=f"Bearer {self.token.decode()}")[1]
            link.settimeout(5)
            while job["id"].encode() not in said:
                said += link.recv(4096)

    def test_many_clients_of_a_proxy_are_not_taken_for_one(self):
        links = []
        try:
            for _ in range(300):
                link = socket.create_connection(("127.0.0.1", self.lab.port), timeout=30)
                link.sendall(b"GET / HTTP/1.1\r\nHost: loc")
                links.append(link)
            head, _ = self.ask(b"GET / HTTP/1.1")
            self.assertIn(b" 200 ", head.split(b"\r\n")[0])
        finally:
            for link in links:
                link.close()


@unittest.skipIf(NGINX is None, "nginx is missing: scripts/install-deps installs it")
class BehindNginx(BehindAProxy):
    @classmethod
    def command(cls):
        server = fill_in("nginx.conf", (r"127\.0\.0\.1:8080", f"127.0.0.1:{cls.lab.port}"), (r"listen 443", f"listen 127.0.0.1:{cls.port}"),
                         (r"listen 80;", f"listen 127.0.0.1:{free_port()};"), (r"nias\.example\.org", "lab.example"),
                         (r"/etc/nginx/nias/fullchain\.pem", str(cls.certificate)), (r"/etc/nginx/nias/privkey\.pem", str(cls.key)))
        temporary = "".join(f"{kind}_temp_path {cls.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if os.geteuid() == 0 else ""
        (cls.folder / "nginx.conf").write_text(
            f"daemon off;\nworker_processes 1;\n{user}pid {cls.folder}/pid;\nerror_log stderr warn;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{server}\n}}\n")
        return [NGINX, "-p", cls.folder, "-c", cls.folder / "nginx.conf"]


@unittest.skipIf(CADDY is None, "caddy is missing: scripts/install-deps installs it")
class BehindCaddy(BehindAProxy):
    @classmethod
    def command(cls):
        site = fill_in("Caddyfile", (r"127\.0\.0\.1:8080", f"127.0.0.1:{cls.lab.port}"), (r"(?m)^nias\.example\.org \{", f"https://lab.example:{cls.port} {{"),
                       (r"nias\.example\.org", "lab.example"), (r"/etc/caddy/nias/fullchain\.pem", str(cls.certificate)),
                       (r"/etc/caddy/nias/privkey\.pem", str(cls.key)))
        (cls.folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}}\n{site}")
        return [CADDY, "run", "--adapter", "caddyfile", "--config", cls.folder / "Caddyfile"]


class WithoutAProxy(unittest.TestCase):
    def test_nobody_is_believed_in_the_words_of_a_proxy(self):
        lab = Lab(BIN)
        try:
            lab.start_front("--log-level", "debug", "--accounts", "on", "--trusted-proxy", "127.0.0.99")
            said = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Request-Id": "mine-1"}
            status, headers, _ = lab.ask("GET", "/", headers=said)
            self.assertEqual((status, headers["Strict-Transport-Security"]), (200, None))
            self.assertRegex(headers["X-Request-Id"], "^[0-9a-f]{1,16}$")
            eventually(lambda: f"from 127.0.0.1, request {headers['X-Request-Id']}" in lab.log("httpfront"), within=10)
            self.assertNotIn("mine-1", lab.log("httpfront"))
            self.assertNotEqual(lab.ask("GET", "/")[1]["X-Request-Id"], headers["X-Request-Id"])
        finally:
            lab.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    del BehindAProxy  # the base has no tests of its own
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
