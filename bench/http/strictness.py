"""Why NIAS parses HTTP itself: malformed requests, and heads that drip, at the front and at Poco's HTTPServer, which reads the
body and answers 200.

    strictness.py BIN_DIR
"""
import pathlib
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "http"))
from lab import Lab  # noqa: E402

HOST = b"Host: localhost\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"
POST = b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: application/zip\r\n"
DRIPPING = 100
WITHIN = 3

MALFORMED = {
    "two lengths that differ": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "two lengths alike": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "a length and chunks": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length with a plus": POST + b"Content-Length: +1\r\n\r\nx",
    "a length in hex": POST + b"Content-Length: 0x1\r\n\r\nx",
    "a chunk without a length": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n0\r\n\r\n",
    "a chunk of negative length": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n",
    "a folded field": GET + HOST + b"A: b\r\n c\r\n\r\n",
    "bare line feeds": b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
    "a bare carriage return": GET + HOST + b"A: b\rc\r\n\r\n",
    "a zero byte in a field": GET + HOST + b"A: \0\r\n\r\n",
    "a control byte in a field": GET + HOST + b"A: \x01\r\n\r\n",
    "a blank before the colon": GET + b"Host : localhost\r\n\r\n",
    "a field without a colon": GET + HOST + b"abc\r\n\r\n",
    "a field without a name": GET + HOST + b": b\r\n\r\n",
    "no host": GET + b"\r\n",
    "two hosts": GET + HOST + HOST + b"\r\n",
    "a host with a path": GET + b"Host: a/b\r\n\r\n",
    "no version": b"GET /healthz\r\n" + HOST + b"\r\n",
    "version 2.0": b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n",
    "a method that is no word": b"G(T /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "an address that climbs": b"GET /../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
}


def ask(port, data, within=WITHIN):
    """The status of the answer; «closed», or «silent» where none came in time."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(data)
        said = b""
        deadline = time.monotonic() + within
        while b"\r\n" not in said:
            readable, _, _ = select.select([link], [], [], max(0, deadline - time.monotonic()))
            if not readable:
                return "silent"
            try:
                piece = link.recv(4096)
            except ConnectionError:
                piece = b""
            if not piece:
                return "closed"
            said += piece
    return said.split(b" ")[1].decode()


def beside_dripping(port):
    """How an honest request fares beside heads that drip."""
    links = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(DRIPPING)]
    try:
        for link in links:
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
        began = time.monotonic()
        status = ask(port, GET + HOST + b"\r\n", within=5)
        return f"{status} after {(time.monotonic() - began) * 1000:.0f} ms"
    finally:
        for link in links:
            link.close()


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    lab = Lab(folder)
    poco = subprocess.Popen([folder / "nias-bench-poco"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        lab.start("ventilator")
        lab.start("sink")
        lab.start_front()
        theirs = int(poco.stdout.readline())
        taken = {"ours": 0, "theirs": 0}
        print(f"{'malformed':30} {'nias':>8} {'Poco':>8}")
        for name, data in MALFORMED.items():
            ours, poco_says = ask(lab.port, data), ask(theirs, data)
            taken["ours"] += ours == "200"
            taken["theirs"] += poco_says == "200"
            print(f"{name:30} {ours:>8} {poco_says:>8}")
        print(f"{'taken for good':30} {taken['ours']:>5}/{len(MALFORMED)} {taken['theirs']:>5}/{len(MALFORMED)}")
        print(f"an honest request beside {DRIPPING} dripping heads: nias {beside_dripping(lab.port)}; Poco with 16 threads "
              f"{beside_dripping(theirs)}")
    finally:
        poco.stdin.close()
        poco.wait(20)
        lab.close()


if __name__ == "__main__":
    main()
