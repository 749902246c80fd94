"""The front behind a real nginx with the configuration of deploy/nginx.conf.

    proxy_test.py BIN_DIR [unittest arguments]
"""
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
from people import accept, set_up_secret  # noqa: E402
from tls_test import make_certificate  # noqa: E402

BIN = pathlib.Path()
CONFIGURATION = pathlib.Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@unittest.skipIf(NGINX is None, "nginx is missing: scripts/install-deps installs it")
class BehindNginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        cls.nginx = None
        try:
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start_front("--log-level", "debug", "--allow-host", "lab.example", "--trusted-proxy", "127.0.0.1")
            root = accept(cls.lab, set_up_secret(cls.lab), "root")
            status, made = root.json("POST", "/api/v1/tokens", {"label": "test", "scopes": ["read", "submit"], "days": 1})
            assert status == 201, made
            cls.token = made["token"].encode()
            cls.certificate, key = make_certificate(cls.lab.folder / "keys", "proxy")
            cls.port, plain = free_port(), free_port()
            cls.start_nginx(key, plain)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def start_nginx(cls, key, plain):
        folder = cls.lab.folder / "nginx"
        folder.mkdir()
        server = CONFIGURATION.read_text()
        for what, instead in ((r"127\.0\.0\.1:8080", f"127.0.0.1:{cls.lab.port}"), (r"listen 443", f"listen 127.0.0.1:{cls.port}"),
                              (r"listen 80;", f"listen 127.0.0.1:{plain};"), (r"nias\.example\.org", "lab.example"),
                              (r"/etc/nginx/nias/fullchain\.pem", str(cls.certificate)), (r"/etc/nginx/nias/privkey\.pem", str(key))):
            server, count = re.subn(what, instead, server)
            if count == 0:
                raise AssertionError(f"deploy/nginx.conf has no {what}")
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off;\nworker_processes 1;\nuser root;\npid {folder}/pid;\nerror_log stderr warn;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{server}\n}}\n" if os.geteuid() == 0 else
            f"daemon off;\npid {folder}/pid;\nerror_log stderr warn;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{server}\n}}\n")
        with open(folder / "log", "ab") as log:
            cls.nginx = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"], stdout=log, stderr=log)

        def listens():
            if cls.nginx.poll() is not None:
                raise AssertionError((folder / "log").read_text())
            try:
                socket.create_connection(("127.0.0.1", cls.port), timeout=1).close()
                return True
            except OSError:
                return False
        eventually(listens, within=10)

    @classmethod
    def tearDownClass(cls):
        if cls.nginx is not None:
            cls.nginx.terminate()
            cls.nginx.wait(15)
        cls.lab.close()

    def connect(self, source="127.0.0.1"):
        context = ssl.create_default_context(cafile=str(self.certificate))
        link = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(source, 0))
        return context.wrap_socket(link, server_hostname="lab.example")

    def ask(self, head, body=b"", source="127.0.0.1"):
        """(head, body) of the answer, both as bytes."""
        with self.connect(source) as link:
            link.sendall(head + b"\r\nAuthorization: Bearer " + self.token + b"\r\nHost: lab.example\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            said = b"".join(iter(lambda: link.recv(65536), b""))
        head, _, body = said.partition(b"\r\n\r\n")
        return head, body

    def logged(self, what):
        return eventually(lambda: next((line for line in self.lab.log("httpfront").splitlines() if what in line), None), within=10)

    def test_a_request_has_one_id_at_the_proxy_in_the_answer_and_in_the_log(self):
        head, _ = self.ask(b"GET /api/v1/queue HTTP/1.1\r\nX-Request-Id: mine")
        request = re.search(rb"X-Request-Id: ([0-9a-f]{32})", head)
        self.assertTrue(request, head)
        self.assertIn("GET /api/v1/queue 200", self.logged(f"request {request[1].decode()}"))

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


class WithoutAProxy(unittest.TestCase):
    def test_an_id_that_is_a_word_is_kept_and_another_is_made(self):
        lab = Lab(BIN)
        try:
            lab.start_front("--log-level", "debug")
            headers = lab.ask("GET", "/", headers={"X-Request-Id": "mine-1"})[1]
            self.assertEqual(headers["X-Request-Id"], "mine-1")
            eventually(lambda: "from 127.0.0.1, request mine-1" in lab.log("httpfront"), within=10)
            for odd in ("a b", "x" * 65, "é", "a\"b"):
                given = lab.ask("GET", "/", headers={"X-Request-Id": odd.encode()})[1]["X-Request-Id"]
                self.assertRegex(given, "^[0-9a-f]{1,16}$")
        finally:
            lab.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
