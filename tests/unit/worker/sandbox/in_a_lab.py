#!/usr/bin/env python3
"""Runs a test program on a machine between an «internet» and a «lab», each a network namespace with a server that says hello at
port 80: in_a_lab.py PROGRAM [ARGUMENT...]. Ends with 77 where no namespaces can be made.

The machine is 203.0.113.1 and 2001:db8:7::1 towards the internet (which has 198.51.100.7, 2001:db8:7::2, and the name server
203.0.113.2), and 192.168.77.1 and fd77::1 towards the lab (192.168.77.2, fd77::2). It has the same server, on every address.
"""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading

SKIPPED = 77
NAMES = {b"internet": ("198.51.100.7", "2001:db8:7::2"), b"lab": ("192.168.77.2", "fd77::2")}  # below .example
A, AAAA = 1, 28  # kinds of records


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def say_hello(ready=lambda: None):
    with socket.create_server(("::", 80), backlog=64, family=socket.AF_INET6, dualstack_ipv6=True) as server:
        ready()
        while True:
            with server.accept()[0] as peer:
                peer.sendall(b"hello")


def answer_names():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("203.0.113.2", 53))
        while True:
            query, peer = server.recvfrom(512)
            label = query[13:13 + query[12]]
            end = query.index(b"\0", 12) + 5
            kind = struct.unpack("!H", query[end - 4:end - 2])[0]
            found = label in NAMES and kind in (A, AAAA)
            head = query[:2] + struct.pack("!HHHHH", 0x8180 if label in NAMES else 0x8183, 1, int(found), 0, 0)
            record = b""
            if found:
                family, address = (socket.AF_INET, NAMES[label][0]) if kind == A else (socket.AF_INET6, NAMES[label][1])
                packed = socket.inet_pton(family, address)
                record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(packed)) + packed
            server.sendto(head + query[12:end] + record, peer)


def be(place):
    """The servers of one place, once its link is there: the parent writes a line then."""
    sys.stdin.readline()
    if place == "internet":
        threading.Thread(target=answer_names, daemon=True).start()
    say_hello(lambda: print("ready", flush=True))


def neighbour(place, ours, theirs, ours6, theirs6, more=()):
    """A namespace with the servers of `place`, joined to this machine by a link."""
    child = subprocess.Popen(["unshare", "--net", "--kill-child", sys.executable, __file__, "--be", place], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    inside = ["nsenter", f"--net=/proc/{child.pid}/ns/net", "ip"]
    own = os.readlink("/proc/self/ns/net")
    while os.readlink(f"/proc/{child.pid}/ns/net") == own:
        if child.poll() is not None:
            raise OSError("a namespace cannot be made")
    run("ip", "link", "add", place, "type", "veth", "peer", "name", "out", "netns", str(child.pid))
    run("ip", "address", "add", ours + "/24", "dev", place)
    run("ip", "address", "add", ours6 + "/64", "dev", place, "nodad")
    run("ip", "link", "set", place, "up")
    for words in (["link", "set", "lo", "up"], ["address", "add", theirs + "/24", "dev", "out"],
                  ["address", "add", theirs6 + "/64", "dev", "out", "nodad"], ["link", "set", "out", "up"],
                  ["route", "add", "default", "via", ours], *more):
        run(*inside, *words)
    child.stdin.write("go\n")
    child.stdin.flush()
    assert child.stdout.readline() == "ready\n"
    return child


def make_machine(folder, tun_mode):
    """What the machine needs beside its links: a resolver, and a /dev/net/tun."""
    (folder / "resolv.conf").write_text("nameserver 203.0.113.2\n")
    run("mount", "--bind", folder / "resolv.conf", os.path.realpath("/etc/resolv.conf"))
    run("mount", "-t", "tmpfs", "-o", "dev", "tmpfs", folder / "dev")
    os.mknod(folder / "dev/tun", 0o20666, os.makedev(10, 200))
    os.chmod(folder / "dev/tun", tun_mode)
    run("mount", "--bind", folder / "dev/tun", "/dev/net/tun")


def main():
    if sys.argv[1] == "--be":
        return be(sys.argv[2])
    if sys.argv[1] != "--inside":
        words = ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, __file__, "--inside", *sys.argv[1:]]
        if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "--mount", "true"], check=False).returncode != 0:
            print("network namespaces cannot be made here")
            return SKIPPED
        os.execvp(words[0], words)
    neighbours = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "dev").mkdir()
        try:
            run("ip", "link", "set", "lo", "up")
            neighbours.append(neighbour("internet", "203.0.113.1", "203.0.113.2", "2001:db8:7::1", "2001:db8:7::2", [["address", "add", "198.51.100.7/32", "dev", "lo"]]))
            neighbours.append(neighbour("lab", "192.168.77.1", "192.168.77.2", "fd77::1", "fd77::2"))
            run("ip", "route", "add", "default", "via", "203.0.113.2")
            # udev opens the device to all. A container often leaves it to root, and root's jobs have a network nevertheless.
            make_machine(folder, 0o666 if "as_ordinary_user" in sys.argv[2] else 0o600)
            ready = threading.Event()
            threading.Thread(target=say_hello, args=(ready.set,), daemon=True).start()
            ready.wait()
            for address in ("198.51.100.7", "2001:db8:7::2", "192.168.77.2", "fd77::2", "fd77::1"):
                with socket.create_connection((address, 80), timeout=10) as peer:  # the machine itself reaches them all
                    assert peer.recv(5) == b"hello", address
            return subprocess.run(sys.argv[2:], check=False, env={**os.environ, "NIAS_TEST_LAB": "1"}).returncode
        finally:
            for child in neighbours:
                child.kill()
                child.wait()
            subprocess.run(["umount", folder / "dev"], check=False, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
