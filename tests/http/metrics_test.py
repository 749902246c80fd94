"""The figures of the front, read by a real Prometheus.

    metrics_test.py BIN_DIR [unittest arguments]
"""
import json
import pathlib
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

    def test_requests_jobs_and_workers_are_counted(self):
        job = self.lab.send(make_zip({"code.py": "print(1)"}))[1]
        eventually(lambda: self.lab.ask_json("GET", f"/api/v1/jobs/{job['id']}")[1]["state"] == "succeeded", within=60)
        none = 'nias_http_requests_total{method="GET",route="none",status="404"}'
        before = self.figures().get(none, 0)
        self.lab.ask("GET", "/api/v1/jobs/" + "0" * 32)
        self.lab.ask("GET", "/api/v1/none")
        figures = self.figures()
        self.assertGreaterEqual(figures['nias_jobs{state="ended"}'], 1)
        self.assertEqual(figures['nias_worker_slots{worker="lab-one"}'], 3)
        self.assertEqual(figures['nias_worker_up{state="ready",worker="lab-one"}'], 1)
        self.assertGreaterEqual(figures['nias_http_requests_total{method="POST",route="/api/v1/jobs",status="201"}'], 1)
        self.assertEqual(figures['nias_http_requests_total{method="GET",route="/api/v1/jobs/{id}",status="404"}'], 1)
        self.assertEqual(figures[none], before + 1)
        self.assertGreater(figures["nias_http_received_bytes_total"], 100)
        self.assertEqual([name for name in figures if job["id"] in name], [], "an id makes no series of its own")

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

    @unittest.skipIf(shutil.which("promtool") is None, "prometheus is missing: scripts/install-deps installs it")
    def test_prometheus_finds_no_fault_and_reads_them(self):
        content = self.lab.ask("GET", "/metrics")[2]
        checked = subprocess.run(["promtool", "check", "metrics"], input=content, capture_output=True, timeout=30, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr.decode() + checked.stdout.decode())
        folder = self.lab.folder / "prometheus"
        folder.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: nias\n    static_configs:\n"
            f"      - targets: ['127.0.0.1:{self.lab.port}']\n")
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            def value():
                query = urllib.parse.urlencode({"query": 'nias_worker_slots{worker="lab-one"}'})
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}", timeout=5) as answer:
                        result = json.load(answer)["data"]["result"]
                except OSError:
                    return None
                return result and result[0]["value"][1]
            self.assertEqual(eventually(value, within=40), "3", (folder / "log").read_text())
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
