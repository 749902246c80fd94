"""The figures of the front, read by a real Prometheus, and the document and the alerts that name them.

    metrics_test.py BIN_DIR [unittest arguments]
"""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
ROOT = pathlib.Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "alerts.yml"
HAS_PROMETHEUS = shutil.which("promtool") is not None


def chapter():
    """What operating.md says of the figures."""
    return (ROOT / "docs" / "operating.md").read_text().partition("\n## Figures\n")[2].partition("\n## ")[0]


def rows_of(heading):
    """The rows of the table of the chapter that begins with this heading."""
    lines = chapter().splitlines()
    rows = lines[lines.index(heading) + 2:]
    return [row.split(" | ") for row in rows[:next(i for i, row in enumerate([*rows, ""]) if not row.startswith("|"))]]


class Prometheus:
    """A server of its own that scrapes the lab each second."""

    def __init__(self, lab):
        self.folder = lab.folder / "prometheus"
        self.folder.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        (self.folder / "prometheus.yml").write_text(
            f"global: {{scrape_interval: 1s}}\nrule_files: ['{ALERTS}']\nscrape_configs:\n  - job_name: nias\n    static_configs:\n"
            f"      - targets: ['127.0.0.1:{lab.port}']\n")
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, expression):
        """What it knows of an expression; nothing while it starts. One that it does not understand is an error."""
        query = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=5) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as refused:
            if refused.code != 503:
                raise AssertionError(f"{expression}: {refused.read().decode()}") from refused
            return []
        except OSError:
            if self.process.poll() is not None:
                raise AssertionError((self.folder / "log").read_text())
            return []


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        try:
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start("worker", "--slots", "3", "--name", "lab-one")
            cls.lab.start_front()
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.lab.close()

    def figures(self):
        """Name with labels: value."""
        status, headers, content = self.lab.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", headers["Content-Type"])
        lines = [line for line in content.decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def run_job(self, program):
        job = self.lab.send(make_zip({"code.py": program}))[1]
        ended = ("succeeded", "failed")
        eventually(lambda: self.lab.ask_json("GET", f"/api/v1/jobs/{job['id']}")[1]["state"] in ended, within=60)
        return job

    def test_requests_jobs_and_workers_are_counted(self):
        job = self.run_job("print(1)")
        none = 'nias_http_requests_total{method="GET",route="none",status="404"}'
        before = self.figures().get(none, 0)
        self.lab.ask("GET", "/api/v1/jobs/" + "0" * 32)
        self.lab.ask("GET", "/api/v1/none")
        figures = self.figures()
        self.assertGreaterEqual(figures['nias_jobs{state="ended"}'], 1)
        self.assertEqual(figures['nias_worker_slots{worker="lab-one"}'], 3)
        self.assertEqual(figures['nias_worker_up{state="ready",worker="lab-one"}'], 1)
        self.assertEqual(figures['nias_worker_credit{worker="lab-one"}'], 3)
        self.assertGreater(figures["nias_disk_size_bytes"], figures["nias_disk_free_bytes"])
        self.assertGreaterEqual(figures['nias_http_requests_total{method="POST",route="/api/v1/jobs",status="201"}'], 1)
        self.assertEqual(figures['nias_http_requests_total{method="GET",route="/api/v1/jobs/{id}",status="404"}'], 1)
        self.assertEqual(figures[none], before + 1)
        self.assertGreater(figures["nias_http_received_bytes_total"], 100)
        self.assertEqual([name for name in figures if job["id"] in name], [], "an id makes no series of its own")

    def test_the_times_of_a_job_are_in_the_histograms_once_it_has_ended(self):
        names = ("nias_job_wait_seconds", 'nias_job_run_seconds_{}{{state="failed"}}', "nias_job_settle_seconds")

        def of(figures, what):
            return [figures[name.format(what) if "{" in name else f"{name}_{what}"] for name in names]
        before = self.figures()
        self.run_job("import select\nselect.select([], [], [], 0.3)\nraise SystemExit(3)\n")
        ended = 'nias_jobs_ended_total{state="failed"}'
        after = eventually(lambda: (lambda f: f[ended] == before[ended] + 1 and f)(self.figures()), within=10)
        self.assertEqual(of(after, "count"), [count + 1 for count in of(before, "count")])
        waited, ran, settled = (now - then for now, then in zip(of(after, "sum"), of(before, "sum")))
        self.assertTrue(0 < waited < 60, waited)
        self.assertTrue(0.3 <= ran < 60, ran)
        self.assertTrue(0 <= settled < 60, settled)

    def test_the_age_of_the_oldest_job_grows_while_it_waits_and_ends_with_it(self):
        age = lambda: self.figures()["nias_queue_oldest_seconds"]  # noqa: E731
        eventually(lambda: age() == 0, within=20)
        job = self.lab.send(make_zip({"code.py": "print(1)", "nias.toml": "cpus = 4096\n"}))[1]
        first = eventually(age, within=20)
        self.assertGreater(eventually(lambda: age() > first + 0.1 and age(), within=10), first)
        self.assertEqual(self.figures()['nias_jobs{state="queued"}'], 1)
        self.lab.ask("POST", f"/api/v1/jobs/{job['id']}/cancel", b"")
        eventually(lambda: age() == 0, within=20)

    def test_paths_that_are_made_up_make_no_series(self):
        def make_up(name, count):
            for i in range(count):
                self.lab.ask("GET", f"/{name}-{i}.html")
                self.lab.ask("GET", f"/{name}-{i}")
                self.lab.ask(f"{name}{i}".upper(), "/api/v1/jobs")
                self.lab.ask(f"{name}{i}".upper(), f"/api/v1/{name}-{i}")
            return set(self.figures())
        make_up("warm", 1)  # the figures themselves are a route too, once they were asked for
        before = make_up("warm", 1)
        self.assertEqual(make_up("other", 50) - before, set())

    def test_the_document_names_what_is_told_and_nothing_else(self):
        told = {line.split()[2] for line in self.lab.ask("GET", "/metrics")[2].decode().splitlines() if line.startswith("# TYPE ")}
        named = re.findall(r"`(nias_\w+)", "".join(row[0] for row in rows_of("| series | is |")))
        self.assertEqual(sorted(named), sorted(told))

    @unittest.skipUnless(HAS_PROMETHEUS, "prometheus is missing: scripts/install-deps installs it")
    def test_prometheus_finds_no_fault_and_reads_them(self):
        content = self.lab.ask("GET", "/metrics")[2]
        checked = subprocess.run(["promtool", "check", "metrics"], input=content, capture_output=True, timeout=30, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr.decode() + checked.stdout.decode())
        panels = re.findall(r"`([^`]+)`", "".join(row[1] for row in rows_of("| panel | expression |")))
        self.assertGreaterEqual(len(panels), 6)
        with Prometheus(self.lab) as prometheus:
            slots = eventually(lambda: prometheus.ask('nias_worker_slots{worker="lab-one"}'), within=40)
            self.assertEqual(slots[0]["value"][1], "3")
            for expression in (panel.replace("\\|", "|") for panel in panels):
                with self.subTest(expression):
                    self.assertTrue(eventually(lambda: prometheus.ask(expression), within=20))

    @unittest.skipUnless(HAS_PROMETHEUS, "prometheus is missing: scripts/install-deps installs it")
    def test_each_alert_of_the_document_fires_for_what_it_is_said_to(self):
        cases = pathlib.Path(__file__).with_name("alerts.yml").read_text().replace("[ALERTS]", f"[{ALERTS}]")
        (self.lab.folder / "alerts.yml").write_text(cases)
        tested = subprocess.run(["promtool", "test", "rules", "alerts.yml"], cwd=self.lab.folder, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(tested.returncode, 0, tested.stderr + tested.stdout)
        named = [row[0].strip("| `") for row in rows_of("| alert | fires when |")]
        self.assertEqual(named, re.findall(r"- alert: (\w+)", ALERTS.read_text()))
        self.assertEqual(set(named), set(re.findall(r"alertname=\"(\w+)\"", cases)), "each has its case")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
