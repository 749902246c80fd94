"""A link between a worker and a daemon that a test can stall in either direction, cut, or read the meter of: a relay of
local sockets. Used by tests/process and tests/crash.

It carries bytes from connections at its own address to the daemon's, one for one. Stalled bytes wait in the sockets, as
they do behind a switch that is gone; a cut resets the connections.
"""
import os
import selectors
import socket
import threading

PIECE = 1 << 16


class Link:
    """Listens at `own`, a path, for what is meant for the socket at `target`. One thread."""

    def __init__(self, own, target):
        self.own, self.target = str(own), str(target)
        self.ways = {}      # socket: (where its bytes go, which way that is)
        self.stalled = set()  # "to daemon", "to worker"
        self.carried = {"to daemon": 0, "to worker": 0}  # bytes
        self.stall_past = {}  # way: bytes after which it stalls by itself, at most a piece too late; until a stall() or heal()
        self.stalling = threading.Lock()  # of the two above
        self.asked_to_cut = False
        self.closing = False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.own)
        self.listener.listen(64)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        self.selector.register(self.wake_read, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def stall(self, *ways):
        with self.stalling:
            self.stalled, self.stall_past = set(ways), {}
        self._wake()

    def heal(self):
        self.stall()

    def cut(self):
        self.asked_to_cut = True
        self._wake()

    def close(self):
        self.closing = True
        self._wake()
        self.thread.join()
        for end in list(self.ways):
            self._drop(end)
        self.listener.close()
        self.selector.close()
        os.close(self.wake_read)
        os.close(self.wake_write)

    def _wake(self):
        os.write(self.wake_write, b"x")

    def _run(self):
        while not self.closing:
            for key, _ in self.selector.select(1.0):
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj == self.wake_read:
                    os.read(self.wake_read, PIECE)
                elif key.fileobj in self.ways:
                    self._carry(key.fileobj)
            if self.asked_to_cut:
                self.asked_to_cut = False
                for end in list(self.ways):
                    self._drop(end)
            for end, (_, way) in list(self.ways.items()):
                self._listen_to(end, way not in self.stalled)

    def _accept(self):
        near, _ = self.listener.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self.target)
        except OSError:  # the daemon is down: the worker tries again
            near.close()
            far.close()
            return
        self.ways[near] = (far, "to daemon")
        self.ways[far] = (near, "to worker")

    def _listen_to(self, end, wanted):
        listened = end.fileno() in self.selector.get_map()
        if wanted and not listened:
            self.selector.register(end, selectors.EVENT_READ)
        if listened and not wanted:
            self.selector.unregister(end)

    def _carry(self, end):
        other = self.ways[end][0]
        try:
            data = end.recv(PIECE)
            if data:
                other.sendall(data)
                self._count(self.ways[end][1], len(data))
        except OSError:
            data = b""
        if not data:
            self._drop(end)

    def _count(self, way, length):
        self.carried[way] += length
        with self.stalling:
            if self.carried[way] >= self.stall_past.get(way, float("inf")):
                del self.stall_past[way]
                self.stalled = self.stalled | {way}

    def _drop(self, end):
        if end not in self.ways:
            return
        other, _ = self.ways.pop(end)
        self.ways.pop(other, None)
        for one in (end, other):
            self._listen_to(one, False)
            one.close()
