"""A server and machines of its lab, each in a network of its own: who has a key works, who has none is refused in words and
costs the server nothing that grows (A9)."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import zmq

from harness import BIN, eventually
from netns import NetworkTest

FILE_BYTES = 3_000_000  # more than one window of the bulk channel
CODE = f"""
data = open("data.bin", "rb").read()
print("read", len(data), flush=True)
open("output/back.bin", "wb").write(data[::-1])
"""
STRANGER = """
import sys, zmq
from zmq.utils import monitor
at, server, count = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
context, refused = zmq.Context(), 0
public, secret = zmq.curve_keypair()
for _ in range(count):
    socket = context.socket(zmq.DEALER)
    socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = public, secret, server
    events = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
    socket.connect(at)
    if events.poll(20000) and monitor.recv_monitor_message(events)["value"] == 400:
        refused += 1
    socket.disable_monitor()
    socket.close(0)
print(refused)
"""
NOISE = """
import socket, sys
for i in range(200):
    with socket.create_connection((sys.argv[1], 5556)) as s:
        s.sendall(bytes([i]) * 64 if i % 2 else b"\\xff\\0\\0\\0\\0\\0\\0\\0\\1\\x7f\\3\\0NULL" + bytes(48))
"""


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no memory")


class MachinesTest(NetworkTest):
    machines = 2

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-machines-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"
        self.logs = {}
        # What the address sanitizer keeps of freed memory is not the daemon's.
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
        self.ventilator = self.start("ventilator", self.network.on_server(BIN / "nias-ventilator", "--data", self.data, "--machines", "0.0.0.0"),
                                     {"ASAN_OPTIONS": options})
        self.sink = self.start("sink", self.network.on_server(BIN / "nias-sink", "--data", self.data, "--machines", "0.0.0.0"))
        eventually(lambda: "serving" in self.words("ventilator") and "serving" in self.words("sink"))

    def start(self, name, command, environment=None):
        log = open(self.folder / f"{name}.log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            self.assertEqual(process.wait(30), 0, f"an orderly stop of {process.args}")
        finally:
            process.kill()
            process.wait()

    def words(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def nias(self, verb, *words, check=True):
        done = subprocess.run([BIN / "nias", verb, *words, "--data", self.data], capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"nias {verb}: {done.stderr}\n{self.words('ventilator')}")
        return done

    def enroll(self, role, name, machine):
        path = self.folder / f"{name}.key"
        self.nias("enroll", role, name, "--host", self.network.server_at(machine), "--output", path)
        return path

    def worker(self, name, key, machine, *more):
        return self.start(name, self.network.on(machine, BIN / "nias-worker", "--key", key, "--data", self.folder / name, "--slots", "1",
                                                "--drain-timeout", "5", *more))

    def run_a_job(self, name):
        """A job with a file each way; returns the machine that ran it."""
        job = self.folder / name
        job.mkdir()
        (job / "code.py").write_text(CODE)
        data = os.urandom(FILE_BYTES)
        (job / "data.bin").write_bytes(data)
        output = self.folder / (name + "-output")
        done = self.nias("submit", job, "--wait", "--output", output)
        self.assertEqual((output / "back.bin").read_bytes(), data[::-1])
        job_id = done.stdout.split()[0]
        self.assertIn(f"read {FILE_BYTES}", self.nias("log", job_id).stdout)
        return next(line.split()[-2] for line in self.nias("list").stdout.splitlines() if line.startswith(job_id))

    def test_a_machine_with_an_enrolled_key_fetches_runs_and_stores(self):
        self.worker("lab2", self.enroll("worker", "lab2", 0), 0)
        self.assertEqual(self.run_a_job("job"), "lab2")
        self.assertFalse((self.folder / "lab2" / "blobs").exists(), "files go over the bulk channel")
        self.assertIn("lab2", self.nias("peers").stdout)

    def test_an_unknown_key_is_refused_in_words_and_admitted_once_it_is_on_the_list(self):
        self.worker("lab2", self.enroll("worker", "lab2", 0), 0)
        key = self.enroll("worker", "lab3", 1)
        line = next(row for row in (self.data / "keys" / "peers").read_text().splitlines() if row.startswith("lab3 "))
        self.nias("revoke", "lab3")
        stranger = self.worker("lab3", key, 1)
        eventually(lambda: "refuses the key of worker lab3" in self.words("lab3"))
        eventually(lambda: "its key is not enrolled" in self.words("ventilator"))
        self.assertEqual(self.run_a_job("job"), "lab2")
        self.assertIsNone(stranger.poll(), "it tries again")
        self.assertNotIn("lab3", self.nias("workers").stdout)
        with open(self.data / "keys" / "peers", "a") as peers:
            peers.write(line + "\n")
        eventually(lambda: "lab3" in self.nias("workers").stdout)
        self.assertIn("admits the key of worker lab3", self.words("lab3"))
        self.assertLess(len(self.words("ventilator").splitlines()), 20, "refusals are logged once a minute")

    def test_a_key_of_another_role_is_no_workers(self):
        self.worker("lab2", self.enroll("worker", "lab2", 0), 0)
        key = self.enroll("watcher", "wall", 1)
        honest = self.worker("honest", key, 1)
        self.assertEqual(honest.wait(30), 2)
        self.assertIn("is the key of a watcher, and this is a worker", self.words("honest"))
        key.write_text(key.read_text().replace("role watcher", "role worker"))
        pretends = self.worker("pretends", key, 1)
        self.assertEqual(pretends.wait(60), 77)  # its unit does not restart on it
        self.assertIn("is that of a watcher, not of a worker", self.words("pretends"))
        self.assertEqual(self.run_a_job("job"), "lab2")

    def test_strangers_leave_the_daemons_memory_bounded_and_the_pipeline_working(self):
        self.worker("lab2", self.enroll("worker", "lab2", 0), 0)
        server = next(line.split()[1] for line in (self.data / "keys" / "server.key").read_text().splitlines() if line.startswith("public "))
        at = f"tcp://{self.network.server_at(1)}:5556"

        def knock(count):
            done = subprocess.run(self.network.on(1, sys.executable, "-c", STRANGER, at, server, count), capture_output=True, text=True, check=True)
            self.assertEqual(int(done.stdout), count, "each is refused with status 400")
        knock(100)
        self.assertEqual(self.run_a_job("before"), "lab2")
        before = resident_kib(self.ventilator.pid)
        knock(1000)
        subprocess.run(self.network.on(1, sys.executable, "-c", NOISE, self.network.server_at(1)), check=True)
        self.assertEqual(self.run_a_job("after"), "lab2")
        grown = resident_kib(self.ventilator.pid) - before
        print(f"1000 refused handshakes and 200 connections of noise: the ventilator grew by {grown} KiB")
        self.assertLess(grown, 8 * 1024)
        self.assertIsNone(self.ventilator.poll())

    def test_a_worker_without_a_key_is_refused_an_address_that_leaves_its_host(self):
        plain = subprocess.run(self.network.on(0, BIN / "nias-worker", "--data", self.folder / "plain", "--control",
                                               f"tcp://{self.network.server_at(0)}:5556"), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(plain.returncode, 2)
        self.assertIn("nothing leaves it unencrypted", plain.stderr)

    def test_nias_up_serves_other_machines_at_the_ports_that_it_is_given(self):
        self.data = self.folder / "up"
        self.start("up", self.network.on_server(BIN / "nias", "up", "--data", self.data, "--port", "0", "--slots", "1", "--machines", "0.0.0.0:7000"))
        eventually(lambda: "NIAS is running" in self.words("up"))
        key = self.folder / "lab2.key"
        self.nias("enroll", "worker", "lab2", "--host", self.network.server_at(0) + ":7000", "--output", key)
        self.worker("lab2", key, 0)
        eventually(lambda: "lab2" in self.nias("workers").stdout)


if __name__ == "__main__":
    assert zmq.has("curve")
    unittest.main(argv=sys.argv)
