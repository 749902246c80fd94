"""Disks of the server and of a worker that fail or are full: no attempt is burnt, and nobody is blamed who has no part in it."""
import pathlib
import shutil
import sys
import tempfile
import unittest

from harness import ROOT, Server, ServerTest, eventually

sys.path.insert(0, str(ROOT / "tests/support"))
import small_disk  # noqa: E402

HOLD = "import time\nprint('on', flush=True)\ntime.sleep(300)\n"


class DamagedBundleTest(ServerTest):
    slots = 1

    def test_a_job_whose_bundle_was_damaged_on_the_servers_disk_is_not_told_that_its_zip_is_broken(self):
        server = self.server
        first = server.submit(server.job_folder("first", HOLD))
        server.wait_state(first, ["running"])
        before = set((server.data / "blobs").rglob("*"))
        second = server.submit(server.job_folder("second", "print(1)\n"))
        (bundle,) = [path for path in set((server.data / "blobs").rglob("*")) - before if path.is_file()]
        content = bundle.read_bytes()
        bundle.write_bytes(bytes(len(content)))  # of its size, and nothing of it is right
        server.nias("cancel", first)
        job = server.wait_ended(second)
        self.assertEqual(job["state"], "lost", job)
        self.assertIn("not the one that was sent", job["reason"])

    def test_a_job_whose_bundle_was_cut_short_says_what_to_look_at(self):
        server = self.server
        first = server.submit(server.job_folder("first", HOLD))
        server.wait_state(first, ["running"])
        before = set((server.data / "blobs").rglob("*"))
        second = server.submit(server.job_folder("second", "print(1)\n"))
        (bundle,) = [path for path in set((server.data / "blobs").rglob("*")) - before if path.is_file()]
        bundle.write_bytes(bundle.read_bytes()[:-20])
        server.nias("cancel", first)
        job = server.wait_ended(second)
        self.assertEqual(job["state"], "lost", job)
        self.assertIn("check this disk", job["reason"])


class SmallDiskTest(unittest.TestCase):
    """The folder of running jobs lies on a small disk of its own."""

    def begin(self, options):
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="nias-small-"))
        self.addCleanup(shutil.rmtree, self.disk, ignore_errors=True)
        small_disk.mount(self, self.disk, options)
        self.server = Server(slots=2, extra=("--work", self.disk / "work"))
        self.addCleanup(self.server.close)

    def row(self):
        return self.server.nias("workers").stdout.splitlines()[1]

    def assert_rests_until(self, make_room, words):
        server = self.server
        ids = [server.submit(server.job_folder(f"n{n}", "print('ran')\n")) for n in range(4)]
        eventually(lambda: words in self.row())
        self.assertIn(" ready ", self.row(), "it is not paused")
        eventually(lambda: words in server.nias("explain", ids[0]).stdout)
        eventually(lambda: "this machine rests" in server.words())
        self.assertEqual({server.job(job_id)["state"] for job_id in ids} - {"queued", "assigned"}, set())
        make_room()
        jobs = [server.wait_ended(job_id) for job_id in ids]
        self.assertEqual([(job["state"], job["reason"]) for job in jobs], [("succeeded", "")] * 4)
        eventually(lambda: "rests" not in self.row())
        self.assertIn("this machine can run tasks again", server.words())

    def test_a_worker_without_room_rests_and_no_job_loses_an_attempt(self):
        self.begin("size=200m")
        filler = small_disk.fill(self.disk / "filler")
        self.assert_rests_until(filler.unlink, "no room on the disk")

    def test_a_worker_without_inodes_rests_and_no_job_loses_an_attempt(self):
        self.begin("size=200m,nr_inodes=3000")
        folder = self.disk / "many"
        folder.mkdir()
        try:
            for number in range(4000):
                (folder / str(number)).touch()
        except OSError:
            pass
        self.assert_rests_until(lambda: shutil.rmtree(folder), "no inodes on the disk")

    def test_a_job_that_needs_more_room_than_is_left_waits_for_it(self):
        self.begin("size=300m")
        filler = self.disk / "filler"
        filler.write_bytes(bytes(180 << 20))
        folder = self.server.job_folder("large", "print(len(open('data.bin', 'rb').read()))\n")
        (folder / "data.bin").write_bytes(bytes(150 << 20))
        job_id = self.server.submit(folder)
        eventually(lambda: "no room on the disk" in self.server.nias("explain", job_id).stdout)
        self.assertEqual(self.server.job(job_id)["state"], "queued")
        filler.unlink()
        job = self.server.wait_ended(job_id)
        self.assertEqual((job["state"], job["reason"]), ("succeeded", ""), job)

    def test_a_job_that_fills_its_disk_ends_as_that(self):
        self.begin("size=200m")
        server = self.server
        code = "with open('scratch.bin', 'wb') as out:\n    while True:\n        out.write(bytes(1 << 20))\n"
        job = server.wait_ended(server.submit(server.job_folder("hungry", code)))
        self.assertEqual((job["state"], job["outcome"]["cause"]), ("failed", "disk_quota"), job)
        self.assertIn("filled the disk of its machine", job["reason"])
        after = server.wait_ended(server.submit(server.job_folder("after", "print('ran')\n")))
        self.assertEqual(after["state"], "succeeded", after)

    def test_a_job_whose_outputs_leave_no_room_to_pack_them_ends_as_that(self):
        self.begin("size=300m")
        code = "import os\nwith open('output/noise.bin', 'wb') as out:\n    for _ in range(200):\n        out.write(os.urandom(1 << 20))\n"
        job = self.server.wait_ended(self.server.submit(self.server.job_folder("large", code)))
        self.assertEqual((job["state"], job["outcome"]["cause"]), ("failed", "disk_quota"), job)
        self.assertIn("could not be packed", job["reason"])
