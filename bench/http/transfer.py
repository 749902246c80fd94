"""Bytes and small requests through the front, beside nginx on the same disk in the same run, by the same clients (curl, wrk).

    transfer.py BIN_DIR

Uploads end when the job is accepted: hashed, synced, committed. nginx's PUT ends when the file has its name, unsynced.
"""
import json
import os
import pathlib
import re
import select
import shutil
import socket
import statistics
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "http"))
from lab import eventually, make_zip  # noqa: E402
from people import accept, set_up_secret  # noqa: E402
from tls_test import TlsLab, make_certificate  # noqa: E402

BYTES = 1 << 30
ROUNDS = 5
WATCHERS, CHANGES = 1000, 200
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def start_nginx(folder):
    """(process, port) of an nginx that takes PUT and gives files of `folder`/files."""
    (folder / "files").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off;\nworker_processes 1;\n{user}pid {folder}/pid;\nerror_log stderr warn;\nevents {{}}\nhttp {{\naccess_log off;\nsendfile on;\n{temporary}"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/files; dav_methods PUT DELETE; client_max_body_size 0; }}\n}}\n")
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"], stdout=log, stderr=log)

    def listens():
        if process.poll() is not None:
            raise AssertionError((folder / "log").read_text())
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            return False
    eventually(listens, within=10)
    return process, port


def write_zip(path):
    """A stored zip of noise, whose bytes no compression makes fewer."""
    noise = os.urandom(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("large/code.py", "print(1)")
        with archive.open("large/data.bin", "w") as member:
            for _ in range((BYTES >> 20) - 1):
                member.write(noise)


class Bench:
    def __init__(self, bin_dir):
        self.lab = TlsLab(bin_dir)
        self.folder = self.lab.folder
        self.nginx = None

    def start(self):
        lab = self.lab
        lab.certificate, key = make_certificate(self.folder / "keys", "bench")
        lab.start("ventilator")
        lab.start("sink")
        lab.start_front("--tls-cert", lab.certificate, "--tls-key", key, "--accounts", "on", "--log-level", "warn")
        root = accept(lab, set_up_secret(lab), "root")
        self.token = root.json("POST", "/api/v1/tokens", {"label": "bench", "scopes": ["read", "submit"], "days": 1})[1]["token"]
        self.nginx, self.nginx_port = start_nginx(self.folder / "nginx")
        self.zip = self.folder / "large.zip"
        write_zip(self.zip)
        self.size = self.zip.stat().st_size

    def close(self):
        if self.nginx is not None:
            self.nginx.terminate()
            self.nginx.wait(15)
        self.lab.close()

    def curl(self, *words):
        done = subprocess.run(["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "300", "--cacert", self.lab.certificate,
                               "-H", f"Authorization: Bearer {self.token}", "-H", "Expect:", *words], capture_output=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"curl {words}: {done.stderr.decode()} {done.stdout[:300].decode()}")
        return done.stdout.decode()

    def url(self, scheme, path):
        return f"{scheme}://127.0.0.1:{self.lab.port}{path}"

    def delete(self, job):
        """The job's zip goes too, so that the next upload finds the disk as this one did."""
        self.curl("-X", "POST", self.url("http", f"/api/v1/jobs/{job['id']}/cancel"))
        blob = max((path for path in (self.lab.data / "blobs").glob("??/*")), key=lambda path: path.stat().st_size)
        blob.unlink()

    def put(self):
        began = time.monotonic()
        self.curl("-T", self.zip, f"http://127.0.0.1:{self.nginx_port}/large.zip")
        took = time.monotonic() - began
        self.curl("-X", "DELETE", f"http://127.0.0.1:{self.nginx_port}/large.zip")
        return took

    def post(self, scheme):
        began = time.monotonic()
        job = json.loads(self.curl("-X", "POST", "-T", self.zip, "-H", "Content-Type: application/zip", self.url(scheme, "/api/v1/jobs")))
        took = time.monotonic() - began
        self.delete(job)
        return took

    def tus(self):
        began = time.monotonic()
        head = self.curl("-D", "-", "-X", "POST", "-H", "Tus-Resumable: 1.0.0", "-H", f"Upload-Length: {self.size}", self.url("http", "/api/v1/uploads"))
        where = re.search(r"(?i)^location: (\S+)", head, re.M)[1]
        self.curl("-X", "PATCH", "-T", self.zip, "-H", "Tus-Resumable: 1.0.0", "-H", "Content-Type: application/offset+octet-stream",
                  "-H", "Upload-Offset: 0", self.url("http", where))
        job = json.loads(self.curl("-H", "Content-Type: application/json", "-d", json.dumps({"upload": where.rsplit("/", 1)[1]}), self.url("http", "/api/v1/jobs")))
        took = time.monotonic() - began
        self.delete(job)
        return took

    def get(self, url):
        began = time.monotonic()
        self.curl("-o", "/dev/null", url)
        return time.monotonic() - began

    def compare(self, what, kinds):
        """Medians of runs in turns; the first kind is the baseline."""
        times = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, run in kinds.items():
                times[name].append(run())
        medians = {name: statistics.median(values) for name, values in times.items()}
        base = next(iter(medians))
        for name, took in medians.items():
            print(f"{what}: {name} {self.size / took / 1e6:.0f} MB/s, {medians[base] / took:.2f} of {base}", flush=True)
        return medians

    def transfers(self):
        medians = self.compare("upload of 1 GiB", {"nginx PUT": self.put, "POST": lambda: self.post("http"), "tus": self.tus,
                                                   "POST over TLS": lambda: self.post("https")})
        print(f"upload of 1 GiB: over TLS {medians['POST'] / medians['POST over TLS']:.2f} of in clear")
        job = json.loads(self.curl("-X", "POST", "-T", self.zip, "-H", "Content-Type: application/zip", self.url("http", "/api/v1/jobs")))
        shutil.copyfile(self.zip, self.folder / "nginx" / "files" / "get.zip")
        path = f"/api/v1/jobs/{job['id']}/bundle"
        self.compare("download of 1 GiB", {"nginx": lambda: self.get(f"http://127.0.0.1:{self.nginx_port}/get.zip"),
                                           "GET": lambda: self.get(self.url("http", path)), "GET over TLS": lambda: self.get(self.url("https", path))})

    def small_requests(self):
        (self.folder / "nginx" / "files" / "small.json").write_text("x" * 300)
        urls = {"nginx, a file": f"http://127.0.0.1:{self.nginx_port}/small.json", "GET /healthz": self.url("http", "/healthz"),
                "GET /api/v1/session, signed in": self.url("http", "/api/v1/session"), "the same over TLS": self.url("https", "/api/v1/session")}
        rates = {name: [] for name in urls}
        for _ in range(3):
            for name, url in urls.items():
                said = subprocess.run(["wrk", "-t", "2", "-c", "16", "-d", "2s", "--latency", "-H", f"Authorization: Bearer {self.token}", url],
                                      capture_output=True, text=True, timeout=60, check=True).stdout
                if "Non-2xx" in said or "Socket errors" in said:
                    raise SystemExit(said)
                rates[name].append(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]))
        for name, of in rates.items():
            print(f"small requests on 16 connections: {name} {statistics.median(of):.0f} a second", flush=True)

    def watchers(self):
        links = []
        for i in range(WATCHERS):
            link = socket.create_connection(("127.0.0.1", self.lab.port), timeout=30, source_address=(f"127.0.1.{1 + i // 250}", 0))
            link.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())
            links.append(link)
        for link in links:
            said = b""
            while b"\n\n" not in said.partition(b"\r\n\r\n")[2]:
                said += link.recv(4096)
        late, whole = [], []
        watched = links[WATCHERS // 2]
        for number in range(CHANGES):
            content = make_zip({"code.py": f"print({number})"})
            began = time.monotonic()
            job = self.lab.send(content, Authorization=f"Bearer {self.token}")[1]
            answered = time.monotonic()
            said = b""
            while job["id"].encode() not in said:
                said += watched.recv(65536)
            whole.append(time.monotonic() - began)
            late.append(time.monotonic() - answered)
            for link in links:
                while link is not watched and select.select([link], [], [], 0)[0]:
                    link.recv(65536)
        cut = lambda times: sorted(times)[int(len(times) * 0.99)] * 1000  # noqa: E731
        print(f"{WATCHERS} watching pages: a change reaches one {cut(late):.1f} ms (p99) after its sender is answered, {cut(whole):.1f} ms after it was sent")
        print(f"{WATCHERS} watching pages: the front has {self.lab.memory('httpfront', 'VmRSS') / (1 << 20):.0f} MiB; the limit is 64 MiB", flush=True)
        for link in links:
            link.close()


def main():
    bench = Bench(sys.argv[1])
    try:
        bench.start()
        bench.transfers()
        bench.small_requests()
        bench.watchers()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
