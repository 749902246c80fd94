"""What slow clients cost an honest one: an upload, a log and a preview, alone and beside 64 readers at 4 kB/s, 200 heads
and 100 uploads that drip. Real daemons; the slow ones are a process and addresses of their own.

    slow_clients.py BIN_DIR
"""
import http.client
import multiprocessing
import os
import pathlib
import select
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "http"))
from lab import Lab, eventually, make_zip  # noqa: E402

READERS, HEADS, UPLOADS = 64, 200, 100
READ_BYTES_A_SECOND = 4096
DRIP_BYTES_A_SECOND = 1200  # just above the least that is allowed
ROUNDS = 200
HOST = b"Host: localhost\r\n"
PROGRAM = """
import os
os.makedirs("output", exist_ok=True)
open("output/figure.png", "wb").write(os.urandom(40_000))
for i in range(2000): print("line", i)
"""


def be_slow(port, ready, stop):
    """Holds all slow clients, and starts again each that was let go. In a process of its own."""
    kinds = {"reader": READERS, "head": HEADS, "upload": UPLOADS}
    begin = {
        "reader": b"GET /large.bin HTTP/1.1\r\n" + HOST + b"\r\n",
        "head": b"GET / HTTP/1.1\r\nX-Slow: ",
        "upload": b"POST /api/v1/jobs HTTP/1.1\r\n" + HOST + b"Content-Type: application/zip\r\nContent-Length: 100000000\r\n\r\nPK\x03\x04",
    }
    links = []

    def connect(kind):
        link = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(f"127.0.0.{10 + len(kind)}", 0))
        if kind == "reader":
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.sendall(begin[kind])
        link.setblocking(False)
        return link
    for kind, count in kinds.items():
        links += [[kind, connect(kind)] for _ in range(count)]
    ready.set()
    while not stop.wait(1):
        for entry in links:
            kind, link = entry
            try:
                if kind == "reader":
                    gone = link.recv(READ_BYTES_A_SECOND) == b""
                else:
                    link.send(b"x" if kind == "head" else b"x" * DRIP_BYTES_A_SECOND)
                    gone = bool(select.select([link], [], [], 0)[0])  # a refusal or the end
            except BlockingIOError:
                gone = False
            except OSError:
                gone = True
            if gone:
                link.close()
                entry[1] = connect(kind)
    for _, link in links:
        link.close()


class Honest:
    """One user with a connection of its own that stays open."""

    def __init__(self, port, job):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.job = job
        self.count = 0

    def ask(self, method, path, status, body=None, headers=None):
        began = time.perf_counter()
        self.connection.request(method, path, body=body, headers=headers or {})
        response = self.connection.getresponse()
        response.read()
        if response.status != status:
            raise SystemExit(f"{method} {path}: {response.status}, not {status}")
        return (time.perf_counter() - began) * 1000

    def upload(self):
        self.count += 1
        return self.ask("POST", "/api/v1/jobs", 201, make_zip({"code.py": f"print({os.getpid()}, {self.count})"}), {"Content-Type": "application/zip"})

    def log(self):
        return self.ask("GET", f"/api/v1/jobs/{self.job}/log", 200)

    def preview(self):
        return self.ask("GET", f"/api/v1/jobs/{self.job}/files/figure.png", 200)

    def measure(self):
        times = {"an upload": [], "a log": [], "a preview": []}
        for _ in range(ROUNDS):
            for name, act in zip(times, (self.upload, self.log, self.preview)):
                times[name].append(act())
        return times


def main():
    lab = Lab(pathlib.Path(sys.argv[1]).resolve())
    slow = None
    stop = multiprocessing.Event()
    try:
        (lab.web / "large.bin").write_bytes(os.urandom(24 << 20))
        for name in ("ventilator", "sink"):
            lab.start(name)
        lab.start("worker", "--slots", "1")
        lab.start_front()
        job = lab.send(make_zip({"code.py": PROGRAM}))[1]["id"]
        eventually(lambda: lab.ask_json("GET", f"/api/v1/jobs/{job}")[1]["state"] == "succeeded", within=60)
        lab.stop("worker")  # its jobs would share the processors with what is measured
        honest = Honest(lab.port, job)
        alone = honest.measure()
        ready = multiprocessing.Event()
        slow = multiprocessing.Process(target=be_slow, args=(lab.port, ready, stop))
        slow.start()
        if not ready.wait(60):
            raise SystemExit("the slow clients could not connect")
        beside = honest.measure()
        print(f"beside {READERS} readers at 4 kB/s, {HEADS} heads and {UPLOADS} uploads that drip (ms, {ROUNDS} rounds):")
        for name, times in beside.items():
            p99 = lambda of: statistics.quantiles(of, n=100)[98]  # noqa: E731
            print(f"  {name:10} median {statistics.median(times):6.1f} ({statistics.median(alone[name]):.1f} alone)"
                  f"   p99 {p99(times):6.1f} ({p99(alone[name]):.1f} alone; 50 is the aim)")
        print(f"  the front has {lab.memory('httpfront', 'VmRSS') >> 20} MiB")
    finally:
        stop.set()
        if slow is not None:
            slow.join(20)
        lab.close()


if __name__ == "__main__":
    main()
