"""A server as a lab opens it to its people, for the tests of clients: HTTPS, accounts, a worker, and a personal token.
Between client and server there may be a line that a test cuts after so many bytes."""
import hashlib
import os
import pathlib
import selectors
import socket
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "http"))
import people  # noqa: E402
from lab import Lab, eventually, make_zip  # noqa: E402,F401

PROGRAM = """import os, sys
os.makedirs('output/plots', exist_ok=True)
print('begun', flush=True)
open('output/sum.txt', 'w').write(str(sum(os.path.getsize(os.path.join(w, n)) for w, _, names in os.walk('.') for n in names if n.endswith('.bin'))))
open('output/plots/a b.csv', 'w').write('1,2\\n')
print('açúcar')
sys.exit(int(os.path.exists('fail')))
"""


class SecureLab(Lab):
    """`url`, `token`, `fingerprint` and `ca_file` are what a client needs; `reader` is a token that may only read."""

    def __init__(self, bin_dir, slots=2):
        super().__init__(bin_dir)
        try:
            keys = self.folder / "keys"
            keys.mkdir()
            self.ca_file, key = keys / "certificate.pem", keys / "key.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30", "-nodes",
                            "-subj", "/CN=lab", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", self.ca_file],
                           check=True, capture_output=True)
            key.chmod(0o600)
            self.front = ("--tls-cert", str(self.ca_file), "--tls-key", str(key), "--accounts", "on")
            self.start("ventilator")
            self.start("sink")
            self.start("worker", "--slots", str(slots))
            self.start_front(*self.front)
            self.url = f"https://127.0.0.1:{self.port}"
            self.fingerprint = (self.data / "run" / "fingerprint").read_text().strip()
            self.root = people.accept(self, people.set_up_secret(self), "root")
            self.ana = people.join(self, self.root, "ana")
            self.token = self.token_of(self.ana, "read", "submit")
            self.reader = self.token_of(self.ana, "read")
        except BaseException:
            self.close(keep=True)
            raise

    def token_of(self, person, *scopes):
        status, made = person.json("POST", "/api/v1/tokens", {"label": "test", "scopes": list(scopes), "days": 1})
        assert status == 201, made
        return made["token"]

    def ask(self, method, path, body=None, headers=None, timeout=60):
        import http.client
        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def uploads(self):
        """Bytes of uploads that have not become a job."""
        return [path for folder in ("blobs/tmp", "blobs/partial") for path in (self.data / folder).iterdir()]

    def holds(self, content):
        digest = hashlib.sha256(content).hexdigest()
        return (self.data / "blobs" / digest[:2] / digest[2:]).exists()


class CutLine:
    """Listens at `port` and carries bytes to the server. Each number of `cuts` ends one connection after so many bytes
    of one way; when all are used up, every connection lasts. `way`: "up" or "down". `carried` counts its bytes; past
    `dead_after` of them, nothing is carried any more."""

    def __init__(self, target_port, cuts, way="up"):
        self.cuts, self.way, self.made = list(cuts), way, 0
        self.carried, self.dead_after = 0, float("inf")
        self._target, self._closing = target_port, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake, self._woken = os.pipe()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._pairs = {}  # socket: (the other one, "up" or "down", a list with the bytes that were carried)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self):
        self._closing = True
        os.write(self._woken, b"x")
        self._thread.join()
        for end in list(self._pairs):
            self._drop(end)
        self._listener.close()
        self._selector.close()
        os.close(self._wake)
        os.close(self._woken)

    def _run(self):
        while not self._closing:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj in self._pairs:
                    self._carry(key.fileobj)

    def _accept(self):
        near, _ = self._listener.accept()
        far = socket.create_connection(("127.0.0.1", self._target))
        carried = [0]
        for end, other, way in ((near, far, "up"), (far, near, "down")):
            self._pairs[end] = (other, way, carried)
            self._selector.register(end, selectors.EVENT_READ)

    def _carry(self, end):
        other, way, carried = self._pairs[end]
        try:
            piece = end.recv(16384)
            if way == self.way:
                self.carried += len(piece)
            if self.carried > self.dead_after:
                piece = b""
            if way == self.way and self.cuts:
                carried[0] += len(piece)
                if carried[0] > self.cuts[0]:
                    self.cuts.pop(0)
                    self.made += 1
                    piece = b""
            if piece:
                other.sendall(piece)
        except OSError:
            piece = b""
        if not piece:
            self._drop(end)

    def _drop(self, end):
        if end not in self._pairs:
            return
        other = self._pairs[end][0]
        for one in (end, other):
            del self._pairs[one]
            self._selector.unregister(one)
            one.close()
