"""The next job is made ready while the present one runs, on a real server of one slot."""
from harness import ServerTest, eventually

LONG = "import time\nprint('on', flush=True)\ntime.sleep(100)\n"
SHORT = "print(open('data.txt').read())\n"


class ReadyTest(ServerTest):
    slots = 1

    def ready(self, *given):
        """The jobs that wait here, ready. One that was given keeps the folder that was made ready for it."""
        folders = (self.server.data / "worker" / "work").glob("*/*-ahead")
        return sorted({path.name.split("-")[0] for path in folders} - set(given))

    def send(self, name, code):
        return self.server.submit(self.server.job_folder(name, code, **{"data.txt": name}))

    def test_the_next_job_is_ready_before_it_is_given_and_removed_when_it_is_not_to_come(self):
        server = self.server
        long = self.send("long", LONG)
        server.wait_state(long, ["running"])
        second, third = self.send("second", SHORT), self.send("third", SHORT)
        eventually(lambda: f"job {second} is ready before it is given" in server.words())
        self.assertEqual(self.ready(long), [second], "one job a slot")
        self.assertEqual(server.job(second)["state"], "queued", "it is still nobody's")
        self.assertIn("next in line", server.nias("explain", second).stdout)

        server.nias("cancel", second)
        self.assertEqual(server.wait_ended(second)["state"], "cancelled")
        eventually(lambda: self.ready(long) == [third])
        eventually(lambda: f"job {third} is ready before it is given" in server.words())

        server.nias("cancel", long)
        first, last = server.wait_ended(long), server.wait_ended(third)
        self.assertEqual((last["state"], last["attempt"]), ("succeeded", 1), last)
        self.assertIn(f"job {third} begins with what was made ready for it", server.words())
        self.assertGreaterEqual(last["started_ms"], first["ended_ms"], "its time is that of its program")
        self.assertEqual(server.nias("log", third).stdout, "third\n")
        eventually(lambda: self.ready() == [])

        again = self.send("long again", LONG)
        server.wait_state(again, ["running"])
        fourth = self.send("fourth", SHORT)
        eventually(lambda: self.ready(again) == [fourth])
        server.nias("pause", server.nias("workers").stdout.splitlines()[1].split()[0])
        eventually(lambda: self.ready(again) == [])  # a machine that gets nothing more keeps nothing ready
