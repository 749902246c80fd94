"""The HTTP API on disks that fail and disks that are full: what is promised is kept, and nobody is blamed for a disk.

    disk_test.py BIN_DIR [unittest arguments]
"""
import http.client
import io
import json
import os
import pathlib
import shutil
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import small_disk  # noqa: E402
from headers import header_faults  # noqa: E402
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
PROGRAM = """
open("output/a.txt", "w").write("1" * 5000)
open("output/big.bin", "wb").write(bytes(range(256)) * 4096)
print("printed")
"""


class DiskTest(unittest.TestCase):
    def begin(self, lab, *daemons):
        self.lab = lab
        self.addCleanup(lab.close)
        for name in daemons:
            lab.start(name)
        lab.start_front()

    def problem(self, path, status=503):
        got, headers, content = self.lab.ask("GET", path)
        self.assertEqual(got, status, content[:300])
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        self.assertEqual(header_faults("/api", got, headers), [])
        return json.loads(content)

    def ended(self, job_id):
        def end():
            job = self.lab.ask_json("GET", f"/api/v1/jobs/{job_id}")[1]
            return job if job["ended_ms"] else None
        return eventually(end, within=90)


class FailingDisk(DiskTest):
    """Files of the data directory that cannot be read, or do not hold what was stored."""

    def setUp(self):
        self.begin(Lab(BIN), "ventilator", "sink", "worker")
        status, job = self.lab.send(make_zip({"study/code.py": PROGRAM}))
        self.assertEqual(status, 201, job)
        self.job = self.ended(job["id"])
        self.assertEqual(self.job["state"], "succeeded", self.job)
        self.base = "/api/v1/jobs/" + self.job["id"]
        self.output = max((path for path in (self.lab.data / "blobs").rglob("*") if path.is_file()), key=lambda path: path.stat().st_mtime_ns)
        self.whole = self.output.read_bytes()
        self.assertEqual(self.lab.ask("GET", self.base + "/output")[2], self.whole)

    def test_outputs_that_are_cut_short_are_the_servers_trouble(self):
        self.output.write_bytes(self.whole[:-100])
        for path in ("/output", "/files", "/files/a.txt"):
            problem = self.problem(self.base + path)
            self.assertEqual(problem["code"], "corrupt")
            self.assertIn("tell its administrator", problem["detail"])

    def test_outputs_that_cannot_be_read_are_the_servers_trouble(self):
        self.output.unlink()
        self.output.mkdir()
        for path in ("/output", "/files", "/files/a.txt"):
            self.assertIn(self.problem(self.base + path)["code"], ("corrupt", "unavailable"))
        shutil.rmtree(self.output.parent)
        self.output.parent.write_text("a file where a folder was")
        for path in ("/output", "/files", "/files/a.txt"):
            self.assertEqual(self.problem(self.base + path)["code"], "unavailable")

    def test_a_file_that_was_changed_on_the_disk_is_never_sent_as_whole(self):
        for name, size in (("a.txt", 5000), ("big.bin", 1 << 20)):
            with zipfile.ZipFile(io.BytesIO(self.whole)) as archive:
                entry = archive.getinfo(name)
            changed = bytearray(self.whole)
            changed[entry.header_offset + 30 + len(name) + entry.compress_size - 3] ^= 0xFF  # seen by the checksum alone, or at the end
            self.output.write_bytes(changed)
            try:
                status, _, content = self.lab.ask("GET", f"{self.base}/files/{name}")
                self.assertEqual((status, size < 65536), (503, True), content[:200])
            except http.client.HTTPException as cut:
                self.assertIsInstance(cut, http.client.IncompleteRead)
        self.assertIn("cut off", self.lab.log("httpfront"))

    def test_outputs_that_somebody_took_away_are_not_there(self):
        self.output.unlink()
        self.assertEqual(self.problem(self.base + "/output", 404)["code"], "no_output")
        self.assertEqual(self.lab.ask_json("GET", self.base + "/files"), (200, {"files": []}))

    def test_a_log_that_cannot_be_read_is_not_empty(self):
        log = next((self.lab.data / "logs").rglob("*.log"))
        text = log.read_text()
        self.assertEqual(text, "printed\n")
        log.unlink()
        log.mkdir()
        self.assertEqual(self.problem(self.base + "/log")["code"], "unavailable")
        log.rmdir()
        log.parent.rmdir()
        log.parent.write_text("a file where a folder was")
        self.assertEqual(self.problem(self.base + "/log")["code"], "unavailable")

    def test_a_ledger_that_cannot_be_read_is_the_servers_trouble(self):
        self.lab.stop("ventilator")
        self.lab.stop("httpfront")
        ledger = self.lab.data / "ledger.db"
        for part in self.lab.data.glob("ledger.db*"):
            part.unlink()
        ledger.mkdir()
        self.lab.start_front()
        for path in ("/api/v1/jobs", self.base, "/api/v1/queue"):
            self.assertIn("ledger.db", self.problem(path)["detail"])
        status, answer = self.lab.ask_json("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertNotEqual(answer["checks"]["ledger"], "ok")
        ledger.rmdir()
        ledger.write_bytes(os.urandom(8192))
        self.assertEqual(self.problem("/api/v1/jobs")["code"], "corrupt")


class FullDisk(DiskTest):
    """The data directory lies on a small disk of its own, which somebody fills: with bytes, or with files."""

    def begin_on(self, options):
        lab = Lab(BIN)
        disk = lab.folder / "disk"
        disk.mkdir()
        self.addCleanup(shutil.rmtree, lab.folder, ignore_errors=True)
        small_disk.mount(self, disk, options)
        lab.data = disk / "data"
        self.begin(lab, "ventilator", "sink")
        return disk

    def files_in_store(self):
        return [path for path in (self.lab.data / "blobs").rglob("*") if path.is_file()]

    def assert_refused_until(self, make_room, words):
        content = make_zip({"study/code.py": PROGRAM})
        before = self.files_in_store()
        status, problem = self.lab.send(content)
        self.assertEqual((status, problem["code"]), (507, "disk_full"), problem)
        self.assertIn(words, problem["detail"])
        said = self.lab.raw(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/zip\r\n"
                            b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n")
        self.assertTrue(said.startswith(b"HTTP/1.1 507"), "no byte is asked for")
        status, answer = self.lab.ask_json("GET", "/readyz")
        self.assertEqual(status, 503, answer)
        self.assertIn(words, answer["checks"]["disk"])
        self.assertEqual(self.files_in_store(), before)
        make_room()
        self.assertEqual(self.lab.ask_json("GET", "/readyz")[0], 200)
        status, job = self.lab.send(content)
        self.assertEqual(status, 201, job)

    def test_no_upload_is_taken_by_a_disk_without_room(self):
        disk = self.begin_on("size=128m")
        filler = small_disk.fill(disk / "filler")
        self.assert_refused_until(filler.unlink, "is nearly full")

    def test_no_upload_is_taken_by_a_disk_without_inodes(self):
        disk = self.begin_on("size=128m,nr_inodes=600")
        folder = disk / "many"
        folder.mkdir()
        try:
            for number in range(1000):
                (folder / str(number)).touch()
        except OSError:
            pass
        self.assert_refused_until(lambda: shutil.rmtree(folder), "inodes")

    def test_a_disk_that_becomes_full_under_an_upload_ends_it_with_507(self):
        disk = self.begin_on("size=128m")
        room = os.statvfs(disk)
        free = room.f_bavail * room.f_frsize
        # Announced, it would fit below the mark; it is sent in chunks, so that nobody knows how much comes.
        piece = os.urandom(1 << 20)
        parts = [b"100000\r\n" + piece + b"\r\n"] * (free // len(piece) + 2)
        said = self.lab.raw(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/zip\r\n"
                            b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(parts) + b"0\r\n\r\n")
        self.assertIn(b"507", said[:30], said[:300])
        self.assertIn(b"disk_full", said)
        self.assertEqual(self.files_in_store(), [])


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    del DiskTest  # the base has no tests of its own
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
