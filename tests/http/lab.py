"""A lab of its own for a test: real daemons in a temporary folder, ended by their own pids."""
import http.client
import io
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import zipfile


def make_zip(files, compress=zipfile.ZIP_DEFLATED):
    """The same files are the same bytes, whenever they are zipped."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = compress
            member.external_attr = 0o600 << 16
            archive.writestr(member, content)
    return out.getvalue()


def eventually(check, within=30, every=0.05):
    """The first true value of check(); fails after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {check.__name__}")
        select.select([], [], [], every)


class Lab:
    def __init__(self, bin_dir):
        self.bin = pathlib.Path(bin_dir)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-http-"))
        self.data = self.folder / "data"
        self.web = self.folder / "web"
        self.web.mkdir()
        (self.web / "index.html").write_text("<!doctype html><title>NIAS</title>")
        self.processes = {}

    def start(self, name, *args):
        ready, write_end = os.pipe()
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [self.bin / f"nias-{name}", "--data", self.data, *args], stdout=log, stderr=log,
                pass_fds=[write_end], env={**os.environ, "NIAS_READY_FD": str(write_end)})
        os.close(write_end)
        self.processes[name] = process
        readable, _, _ = select.select([ready], [], [], 30)
        said = os.read(ready, 16) if readable else b""
        os.close(ready)
        if said != b"ready\n":
            raise AssertionError(f"nias-{name} did not become ready:\n{self.log(name)}")
        return process

    def start_front(self, *args):
        process = self.start("httpfront", "--port", "0", "--web", str(self.web), *args)
        url = (self.data / "run" / "url").read_text().strip()
        self.port = int(url.rstrip("/").rsplit(":", 1)[1])
        return process

    def stop(self, name, how=signal.SIGTERM, within=30):
        process = self.processes.pop(name)
        process.send_signal(how)
        return process.wait(within)

    def close(self, keep=False):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        if keep:
            print("logs are kept in", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """(status, headers, bytes) of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def ask_json(self, method, path, body=None, headers=None):
        status, _, content = self.ask(method, path, body, headers)
        return status, json.loads(content)

    def send(self, content, **headers):
        """POST of a zip; answers as ask_json()."""
        fields = {"Content-Type": "application/zip"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.ask_json("POST", "/api/v1/jobs", content, fields)

    def raw(self, data, within=20):
        """Everything that comes back for these bytes until the server closes or is silent for a second."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=within) as link:
            link.sendall(data)
            out = b""
            while True:
                readable, _, _ = select.select([link], [], [], 1 if out else within)
                if not readable:
                    return out
                try:
                    piece = link.recv(65536)
                except ConnectionResetError:
                    return out
                if not piece:
                    return out
                out += piece

    def memory(self, name, field):
        """VmRSS or VmHWM of a daemon, in bytes."""
        for line in pathlib.Path(f"/proc/{self.processes[name].pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field}")
