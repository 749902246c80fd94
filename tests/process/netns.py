"""Machines that a test makes for itself: network namespaces, one of the server and one for each other machine, each with a
link of its own to the server that can be cut, in both directions or in one.

Needs the right to make namespaces (root, or CAP_SYS_ADMIN and CAP_NET_ADMIN) and iproute2. Where the kernel refuses,
`refusal()` says why and the test is skipped. What a killed test left behind is removed by the next one.
"""
import os
import pathlib
import subprocess
import unittest

NAMES = pathlib.Path("/run/netns")
PREFIX = "nias-test-"
NOBODY = "02:00:00:00:00:fe"  # a hardware address that no machine has


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def remove_orphans():
    """Of test processes that are gone."""
    for name in NAMES.glob(PREFIX + "*") if NAMES.is_dir() else ():
        pid = name.name.removeprefix(PREFIX).split("-")[0]
        if not pathlib.Path("/proc", pid).exists():
            subprocess.run(["ip", "netns", "del", name.name], capture_output=True, check=False)


def refusal():
    """Why no network can be made here; empty: one can."""
    try:
        remove_orphans()
        Network(1).close()
    except (OSError, FileNotFoundError) as error:
        return f"network namespaces cannot be made here: {error}"
    return ""


class Network:
    """A server's machine and `machines` others, numbered from 0."""

    made = 0

    def __init__(self, machines):
        Network.made += 1
        self.prefix = f"{PREFIX}{os.getpid()}-{Network.made}-"
        self.machines = machines
        self.names = []
        try:
            self._make("server")
            for i in range(machines):
                self._make(f"m{i}")
                ip("link", "add", "name", f"to{i}", "netns", self.prefix + "server", "type", "veth",
                   "peer", "name", "up0", "netns", self.prefix + f"m{i}")
                self._up("server", f"to{i}", self.server_at(i))
                self._up(f"m{i}", "up0", self.machine_at(i))
        except BaseException:
            self.close()
            raise

    def _make(self, name):
        ip("netns", "add", self.prefix + name)
        self.names.append(self.prefix + name)
        ip("-n", self.prefix + name, "link", "set", "lo", "up")

    def _up(self, name, link, address):
        ip("-n", self.prefix + name, "address", "add", address + "/24", "dev", link)
        ip("-n", self.prefix + name, "link", "set", link, "up")

    def server_at(self, machine):
        """The server's address, as this machine reaches it."""
        return f"10.77.{machine + 1}.1"

    def machine_at(self, machine):
        return f"10.77.{machine + 1}.2"

    def on_server(self, *words):
        """The command that runs `words` on the server's machine."""
        return self._inside("server", words)

    def on(self, machine, *words):
        return self._inside(f"m{machine}", words)

    def _inside(self, name, words):
        return ["nsenter", f"--net={NAMES / (self.prefix + name)}", "--", *[str(word) for word in words]]

    def cut(self, machine):
        """Both directions: the link is down at the machine's end."""
        ip("-n", self.prefix + f"m{machine}", "link", "set", "up0", "down")

    def cut_towards_server(self, machine):
        """Half open: what the machine sends goes to a hardware address that nobody has."""
        ip("-n", self.prefix + f"m{machine}", "neigh", "replace", self.server_at(machine), "lladdr", NOBODY, "dev", "up0", "nud", "permanent")

    def cut_towards_machine(self, machine):
        ip("-n", self.prefix + "server", "neigh", "replace", self.machine_at(machine), "lladdr", NOBODY, "dev", f"to{machine}", "nud", "permanent")

    def heal(self, machine):
        for name, link, far in ((f"m{machine}", "up0", self.server_at(machine)), ("server", f"to{machine}", self.machine_at(machine))):
            subprocess.run(["ip", "-n", self.prefix + name, "neigh", "del", far, "dev", link], capture_output=True, check=False)
        ip("-n", self.prefix + f"m{machine}", "link", "set", "up0", "up")

    def close(self):
        while self.names:
            subprocess.run(["ip", "netns", "del", self.names.pop()], capture_output=True, check=False)


class NetworkTest(unittest.TestCase):
    """Skipped, with the reason, where no network can be made."""

    machines = 1

    def setUp(self):
        reason = refusal()
        if reason:
            self.skipTest(reason)
        self.network = Network(self.machines)
        self.addCleanup(self.network.close)
