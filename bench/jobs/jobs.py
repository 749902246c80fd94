"""What a job costs beyond its program: trivial Python jobs beside the same program in bubblewrap, one job beside its
interpreter alone, and a network of its own beside none. Real servers, started by `nias up`; baselines of the same run.

    jobs.py BIN_DIR
"""
import http.client
import io
import json
import pathlib
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

PYTHON = "/usr/bin/python3"
JOBS, ROUNDS, SINGLES = 50, 5, 30
CODE = "print('hello')\n"
BOX = ["bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
       "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]


class Server:
    def __init__(self, bin_dir, *options):
        self.folder = tempfile.mkdtemp(prefix="nias-bench-")
        self.process = subprocess.Popen([bin_dir / "nias", "up", "--data", self.folder + "/data", "--port", "0", "--slots", "2", "--log-level", "error", *options],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise SystemExit("nias up did not start")
        self.connection = http.client.HTTPConnection(line.split("http://")[1].strip().rstrip("/"), timeout=120)

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def post(self, bundle):
        status, job = self.ask("POST", "/api/v1/jobs", bundle, {"Content-Type": "application/zip"})
        if status != 201:
            raise SystemExit(f"the upload was refused: {job}")
        return job["id"]

    def wait(self, job):
        """Until its outcome is told. Asks seldom: what asks takes time from the job."""
        while True:
            state = self.ask("GET", "/api/v1/jobs/" + job)[1]["state"]
            if state == "succeeded":
                return
            if state in ("failed", "lost", "timed_out", "cancelled"):
                raise SystemExit(f"a job {state}")
            select.select([], [], [], 0.002)

    def one(self, number):
        bundle = bundle_of(number)
        begun = time.perf_counter()
        self.wait(self.post(bundle))
        return (time.perf_counter() - begun) * 1000

    def many(self, first):
        bundles = [bundle_of(first + number) for number in range(JOBS)]
        begun = time.perf_counter()
        for job in [self.post(bundle) for bundle in bundles]:
            self.wait(job)
        return JOBS / (time.perf_counter() - begun)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def bundle_of(number):
    """Each is another zip, as uploads of people are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("code.py", CODE + f"# {number}\n")
    return out.getvalue()


def timed(command):
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - begun) * 1000


def boxed_rate(folder):
    words = BOX + ["--bind", folder, "/job", "--chdir", "/job", PYTHON, "code.py"]
    numbers = "\n".join(str(number) for number in range(JOBS))
    begun = time.perf_counter()
    # xargs gives each run its number as an argument, which the program passes over.
    subprocess.run(["xargs", "-P2", "-I{}", *words, "{}"], input=numbers, text=True, stdout=subprocess.DEVNULL, check=True)
    return JOBS / (time.perf_counter() - begun)


def main():
    bin_dir = pathlib.Path(sys.argv[1]).resolve()
    folder = tempfile.mkdtemp(prefix="nias-bench-")
    (pathlib.Path(folder) / "code.py").write_text(CODE)
    servers = {"none": Server(bin_dir, "--job-network", "none")}
    try:
        plain = servers["none"]
        plain.one(-1)  # warms interpreter and sandbox
        rates, boxed, singles, alone = [], [], [], []
        for round_number in range(ROUNDS):
            rates.append(plain.many(1000 * round_number))
            boxed.append(boxed_rate(folder))
        for number in range(SINGLES):
            singles.append(plain.one(10_000 + number))
            alone.append(timed([PYTHON, folder + "/code.py"]))
        ours, theirs = statistics.median(rates), statistics.median(boxed)
        print(f"{JOBS} trivial jobs, 2 slots: {ours:.1f}/s, ratio {ours / theirs:.2f} of xargs -P2 over bwrap ({theirs:.1f}/s), "
              f"medians of {ROUNDS}; 0.8 is the aim")
        print(f"one trivial job: {statistics.median(singles):.1f} ms from POST to outcome, "
              f"{statistics.median(singles) - statistics.median(alone):.1f} ms over {PYTHON} alone ({statistics.median(alone):.1f} ms); 25 is the aim")
        measure_network(bin_dir, servers, plain)
    finally:
        for server in servers.values():
            server.close()
        shutil.rmtree(folder, ignore_errors=True)


def measure_network(bin_dir, servers, plain):
    try:
        servers["internet"] = Server(bin_dir, "--job-network", "internet")
    except SystemExit:
        return print("a network of its own: not measured, since this machine cannot give jobs the internet")
    connected, without = [], []
    servers["internet"].one(-1)
    for number in range(SINGLES):
        connected.append(servers["internet"].one(20_000 + number))
        without.append(plain.one(20_000 + number))
    more = statistics.median(connected) - statistics.median(without)
    print(f"a network of its own: {more:.1f} ms a job more than none ({statistics.median(without):.1f} ms); 10 is the aim")


if __name__ == "__main__":
    main()
