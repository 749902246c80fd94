"""Files to a real sink and back: killed and stopped in the middle, offered by several peers, damaged on its disk."""
import hashlib
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from harness import BIN, eventually, holds, resident_bytes
from relay import Link

MIB = 1 << 20
WINDOW_MAX = 10 * MIB    # wire::kBulkWindowBytesMax
ON_THE_WAY = 2 * MIB     # what sockets and the relay hold besides
OVERHEAD = 1.01          # names and frames around the bytes


class Sink:
    """A nias-sink alone, in a folder of its own, that can be killed and started again."""

    def __init__(self, folder):
        self.data, self.log = folder / "data", open(folder / "log", "w+b")
        self.start()

    def start(self):
        self.process = subprocess.Popen([BIN / "nias-sink", "--data", self.data], stderr=self.log)
        eventually((self.data / "run" / "bulk").exists)

    def kill(self):
        self.process.kill()
        self.process.wait()
        (self.data / "run" / "bulk").unlink()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def partials(self):
        return list((self.data / "blobs" / "partial").iterdir())

    def kept(self):
        """Bytes of the one upload that would be there after a kill."""
        return sum(path.stat().st_size for path in self.partials())

    def blob(self, blob):
        return self.data / "blobs" / blob[:2] / blob[2:]


class BulkTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nias-bulk-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.sink = Sink(self.folder)
        self.addCleanup(self.sink.close)

    def file_of(self, size, seed=b"seed"):
        """Noise, and its hash."""
        path = self.folder / hashlib.sha256(seed).hexdigest()[:8]
        data = hashlib.shake_128(seed).digest(size)
        path.write_bytes(data)
        return path, hashlib.sha256(data).hexdigest()

    def link(self, name="link"):
        link = Link(self.folder / name, self.sink.data / "run" / "bulk")
        self.addCleanup(link.close)
        return link

    def peer(self, link, *words):
        """Has done what comes before its first message, when this returns."""
        peer = subprocess.Popen([BIN / "bulk_peer", words[0], f"ipc://{link.own}", *map(str, words[1:])], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, peer)
        self.assertEqual(peer.stdout.readline(), "asks\n")
        return peer

    @staticmethod
    def end(peer):
        if peer.poll() is None:
            peer.kill()
        peer.wait()
        peer.stdout.close()

    def assert_said(self, peer, blob):
        self.assertEqual(peer.wait(60), 0)
        self.assertEqual(peer.stdout.readline(), blob + "\n")

    def assert_stored(self, blob):
        with open(self.sink.blob(blob), "rb") as stored:
            self.assertEqual(hashlib.file_digest(stored, "sha256").hexdigest(), blob)
        self.assertEqual(self.sink.partials(), [])
        self.assertEqual(list((self.sink.data / "blobs" / "tmp").iterdir()), [])


class ResumeTest(BulkTest):
    """A file that the sink is to name."""
    SIZE = 64 * MIB

    def upload_to_the_middle(self):
        """The link stands still after half; then the sink is killed. What it has, and the peer that goes on."""
        path, blob = self.file_of(self.SIZE)
        link = self.link()
        link.stall_past = {"to daemon": self.SIZE // 2}
        peer = self.peer(link, "put", path)
        eventually(lambda: self.sink.kept() > self.SIZE // 2 - 2 * MIB)
        self.sink.kill()
        kept = self.sink.kept()
        self.assertGreater(kept, self.SIZE // 2 - 2 * MIB)
        return link, peer, blob, kept

    def test_an_upload_goes_on_where_it_was_when_the_sink_was_killed(self):
        link, peer, blob, kept = self.upload_to_the_middle()
        self.sink.start()
        link.heal()
        self.assert_said(peer, blob)
        self.assert_stored(blob)
        sent = link.carried["to daemon"]
        self.assertLess(sent, OVERHEAD * (2 * self.SIZE - kept))
        self.assertLess(sent, OVERHEAD * self.SIZE + WINDOW_MAX, "no more is sent again than what was under way")

    def test_an_upload_goes_on_after_its_connection_was_cut(self):
        path, blob = self.file_of(self.SIZE)
        link = self.link()
        link.stall_past = {"to daemon": self.SIZE // 2}
        peer = self.peer(link, "put", path)
        eventually(lambda: self.sink.kept() > self.SIZE // 2 - 2 * MIB)
        link.cut()
        link.heal()
        self.assert_said(peer, blob)
        self.assert_stored(blob)
        self.assertLess(link.carried["to daemon"], OVERHEAD * self.SIZE + WINDOW_MAX)

    def test_a_partial_file_that_was_damaged_meanwhile_is_sent_again(self):
        link, peer, blob, kept = self.upload_to_the_middle()
        with open(self.sink.partials()[0], "r+b") as damaged:
            damaged.seek(kept // 2)
            damaged.write(bytes(4096))
        self.sink.start()
        link.heal()
        self.assert_said(peer, blob)
        self.assert_stored(blob)
        self.assertGreater(link.carried["to daemon"], self.SIZE + kept, "it was found out, and all was sent again")

    def test_a_download_goes_on_where_it_was_when_the_sink_was_killed(self):
        path, blob = self.file_of(self.SIZE)
        self.assert_said(self.peer(self.link("put"), "put", path), blob)
        link = self.link("get")
        link.stall_past = {"to worker": self.SIZE // 2}
        peer = self.peer(link, "get", blob, self.SIZE, self.folder / "got")
        eventually(lambda: link.carried["to worker"] >= self.SIZE // 2)
        self.sink.kill()
        self.sink.start()
        link.heal()
        self.assert_said(peer, blob)
        self.assertEqual((self.folder / "got").read_bytes(), path.read_bytes())
        self.assertLess(link.carried["to worker"], OVERHEAD * self.SIZE + WINDOW_MAX)


class ResumeByNameTest(ResumeTest):
    """A file whose hash is known when it is offered."""
    SIZE = 7 * MIB


class ManyPeersTest(BulkTest):
    def test_two_peers_with_the_same_blob_do_not_disturb_each_other(self):
        path, blob = self.file_of(8 * MIB)
        links = [self.link("one"), self.link("two")]
        for link in links:
            link.stall_past = {"to daemon": 3 * MIB}
        dies, lives = [self.peer(link, "put", path) for link in links]
        eventually(lambda: all(link.carried["to daemon"] >= 3 * MIB for link in links))
        dies.kill()
        links[1].heal()
        self.assert_said(lives, blob)
        eventually(lambda: not list((self.sink.data / "blobs" / "tmp").iterdir()))
        self.assert_stored(blob)

    def test_many_uploads_share_the_link_and_none_starves(self):
        size, count = 24 * MIB, 6
        files = [self.file_of(size, bytes([n])) for n in range(count)]
        links = [self.link(f"link{n}") for n in range(count)]
        for link in links:
            link.stall("to daemon")
        peers = [self.peer(link, "put", path) for link, (path, _) in zip(links, files)]
        for link in links:
            link.heal()
        eventually(lambda: any(self.sink.blob(blob).exists() for _, blob in files),
                   moves=lambda: [link.carried["to daemon"] for link in links])
        there = [size if self.sink.blob(blob).exists() else link.carried["to daemon"] for link, (_, blob) in zip(links, files)]
        for peer, (_, blob) in zip(peers, files):
            self.assert_said(peer, blob)
        self.assertGreater(min(there), size // 4, f"when the first was stored, of {size} bytes each had come: {there}")


class StoppedPeersTest(BulkTest):
    SIZE = 96 * MIB

    def test_a_stopped_sink_stops_who_sends_at_its_credit(self):
        path, blob = self.file_of(self.SIZE)
        link = self.link()
        link.stall_past = {"to daemon": self.SIZE // 3}
        peer = self.peer(link, "put", path)
        eventually(lambda: link.carried["to daemon"] >= self.SIZE // 3)
        self.sink.process.send_signal(signal.SIGSTOP)
        before = resident_bytes(peer.pid)
        there = self.sink.kept()
        link.heal()

        def within_its_credit():
            self.assertLess(link.carried["to daemon"], OVERHEAD * there + WINDOW_MAX + ON_THE_WAY)
            self.assertLess(resident_bytes(peer.pid) - before, WINDOW_MAX + ON_THE_WAY)
            return True
        holds(within_its_credit, 3)
        self.sink.process.send_signal(signal.SIGCONT)
        self.assert_said(peer, blob)
        self.assert_stored(blob)

    def test_a_stopped_receiver_costs_the_sink_a_window_and_others_nothing(self):
        path, blob = self.file_of(self.SIZE)
        self.assert_said(self.peer(self.link("put"), "put", path), blob)
        links = [self.link("stopped"), self.link("other")]
        links[0].stall_past = {"to worker": self.SIZE // 3}
        stopped = self.peer(links[0], "get", blob, self.SIZE, self.folder / "got late")
        eventually(lambda: links[0].carried["to worker"] >= self.SIZE // 3)
        stopped.send_signal(signal.SIGSTOP)
        before = resident_bytes(self.sink.process.pid)
        links[0].heal()
        other = self.peer(links[1], "get", blob, self.SIZE, self.folder / "got")
        self.assert_said(other, blob)
        # Two windows: the other's chunks were in the sink's memory too.
        self.assertLess(resident_bytes(self.sink.process.pid) - before, 2 * WINDOW_MAX + ON_THE_WAY)
        stopped.send_signal(signal.SIGCONT)
        self.assert_said(stopped, blob)
        self.assertEqual((self.folder / "got late").read_bytes(), path.read_bytes())


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
