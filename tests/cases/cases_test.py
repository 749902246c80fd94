"""Sends the cases of this folder, and the examples of the documents, to a server of its own. See README.md."""
import io
import json
import pathlib
import re
import shutil
import sys
import tomllib
import unittest
import urllib.error
import urllib.parse
import urllib.request
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "process"))
from harness import ROOT, Server, eventually  # noqa: E402

ENDED = ("succeeded", "failed", "cancelled", "timed_out", "lost")
DOCUMENTS = ("docs/job.md", "docs/pt/enviar-um-trabalho.md")
PROGRAMS = {"python": "code.py", "matlab": "code.m", "r": "code.R"}  # a fence's language, and the name of what it holds


def content_of(value):
    """The bytes of a file as a case writes it."""
    if isinstance(value, str):
        return value.encode()
    if "hex" in value:
        return bytes.fromhex(value["hex"])
    if "zip" in value:
        return zip_of(value["zip"])
    return value["text"].encode(value["encoding"])


def zip_of(files, names="utf-8"):
    """A zip of these files. zipfile writes names in UTF-8 alone: other bytes take the place of as many letters."""
    out, stand_ins = io.BytesIO(), {}
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, value) in enumerate(files.items()):
            encoded = name.encode(names)
            if names != "utf-8":
                stand_ins[name] = f"{number:02}".ljust(len(encoded), "@")
            info = zipfile.ZipInfo(stand_ins.get(name, "x"))
            info.filename = stand_ins.get(name, name)  # as it is: ZipInfo would make / of a backslash
            archive.writestr(info, content_of(value))
    data = out.getvalue()
    for name, stand_in in stand_ins.items():
        data = data.replace(stand_in.encode(), name.encode(names))
    return data


def is_there(needed):
    if needed == "python3-matplotlib":
        return pathlib.Path("/usr/lib/python3/dist-packages/matplotlib").exists()
    return shutil.which(needed) is not None


class CasesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(extra=("--matlab", "none"))
        cls.addClassCleanup(cls.server.close)

    def post(self, data, name="study.zip", path="/api/v1/jobs"):
        """(status, answer)"""
        ask = urllib.request.Request(self.server.url + path, data, {
            "Content-Type": "application/octet-stream", "X-Filename": urllib.parse.quote(name)})
        try:
            with urllib.request.urlopen(ask, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def outputs_of(self, job_id):
        return zipfile.ZipFile(io.BytesIO(self.server.get(f"/api/v1/jobs/{job_id}/output")))

    def members_of(self, job):
        """The ids of an array's members; of another job its own."""
        if not job["array"]:
            return [job["id"]]
        return [member["id"] for member in json.loads(self.server.get(f"/api/v1/jobs/{job['id']}/members"))["members"]]

    def judge(self, case, status, answer):
        if "refused" in case:
            self.assertEqual((status, answer.get("code")), (422, case["refused"]), answer)
            self.assertRegex(answer["detail"], case["says"])
            return
        self.assertEqual(status, 201, answer)
        job_id, state = answer["id"], case.get("state", "succeeded")
        if state == "queued":
            eventually(lambda: re.search(case["reason"], self.server.job(job_id)["reason"]))
            self.server.nias("cancel", job_id)
            return
        job = self.server.wait_ended(job_id)
        log = self.server.get(f"/api/v1/jobs/{job_id}/log").decode()
        self.assertEqual(job["state"], state, f"{job['reason']}\n{log}")
        for what, said in (("reason", job["reason"]), ("log", log), ("mended", " ".join(answer["mended"])),
                           ("notes", " ".join(job["outcome"]["notes"]))):
            if what in case:
                self.assertTrue(re.search(case[what], said, re.S | re.M), f"{what}: {said!r}")
        if case.get("outputs"):
            with self.outputs_of(job_id) as outputs:
                for name, pattern in case["outputs"].items():
                    text = outputs.read(name).decode(errors="replace")
                    self.assertTrue(text and re.search(pattern, text), f"{name}: {text[:200]!r}")

    def test_every_case_comes_to_what_it_must(self):
        sent = []
        for path in sorted(HERE.glob("*.toml")):
            for case in tomllib.loads(path.read_text())["case"]:
                if not is_there(case.get("needs", "sh")):
                    print(f"skipped, for want of {case['needs']}: {case['name']}", file=sys.stderr)
                    continue
                data = content_of(case["files"][case["send"]]) if "send" in case else zip_of(
                    case["files"], case.get("names", "utf-8"))
                sent.append((f"{path.stem}: {case['name']}", case, self.post(data, case.get("send", "study.zip"))))
        self.assertGreater(len(sent), 40)
        for name, case, answer in sent:
            with self.subTest(name):
                self.judge(case, *answer)

    def test_the_examples_of_the_documents_are_taken_and_run(self):
        seen = set()
        for document in DOCUMENTS:
            text = (ROOT / document).read_text()
            for language, example in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
                if language == "toml":
                    status, answer = self.post(zip_of({"code.py": "print(1)\n", "nias.toml": example}),
                                               path="/api/v1/jobs/validate")
                    self.assertEqual(status, 200, f"{document}: {answer}\n{example}")
                elif language in PROGRAMS:
                    program = PROGRAMS[language]
                    if not is_there({"code.m": "octave-cli", "code.R": "Rscript"}.get(program, "sh")):
                        continue
                    path = "/api/v1/jobs" + "?array=1-3" * ("NIAS_ARRAY_INDEX" in example) + "?trial=1" * ("NIAS_TRIAL" in example)
                    status, answer = self.post(zip_of({program: example, "data/signal.csv": "1\n2\n3\n"}), path=path)
                    self.assertEqual(status, 201, f"{document}: {answer}\n{example}")
                    job = self.server.wait_ended(answer["id"])
                    self.assertEqual(job["state"], "succeeded", f"{document}: {job['reason']}\n{example}")
                    for job_id in self.members_of(answer):
                        with self.outputs_of(job_id) as outputs:
                            self.assertGreater(len(outputs.namelist()), 1, f"{document}: it writes results\n{example}")
                seen.add((document, language))
        for document in DOCUMENTS:
            for language in ("toml", *PROGRAMS):
                self.assertIn((document, language), seen)


if __name__ == "__main__":
    unittest.main()
