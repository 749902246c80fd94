"""Disks of the server and of a worker that fail or are full: no attempt is burnt, and nobody is blamed who has no part in it."""
from harness import ServerTest

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
