"""Uploads that survive a cut line and a restart, by real clients (tuspy, curl) and by hand: tus 1.0.0.

    tus_test.py BIN_DIR [unittest arguments]
"""
import base64
import hashlib
import http.client
import io
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import small_disk  # noqa: E402
from lab import Lab, eventually, make_zip  # noqa: E402

BIN = pathlib.Path()
VERSION = {"Tus-Resumable": "1.0.0"}
PART = {**VERSION, "Content-Type": "application/offset+octet-stream"}
PROGRAM = "open('output/a.txt', 'w').write('done')\n"


def bundle(size=0, name="study"):
    """A good bundle that holds `size` bytes that do not compress."""
    files = {f"{name}/code.py": PROGRAM}
    if size:
        files[f"{name}/data.bin"] = random.Random(size).randbytes(size)
    return make_zip(files, zipfile.ZIP_STORED)


def metadata(name):
    return "filename " + base64.b64encode(name.encode()).decode() + ",filetype YXBwbGljYXRpb24vemlw"


class TusTest(unittest.TestCase):
    def setUp(self):
        self.begin(Lab(BIN))

    def begin(self, lab, *front):
        self.lab = lab
        self.front = front
        self.addCleanup(lab.close)
        for name in ("ventilator", "sink"):
            lab.start(name)
        lab.start_front(*front)

    def restart(self, how=signal.SIGTERM):
        self.lab.stop("httpfront", how)
        self.lab.start_front(*self.front)

    def create(self, length, name="study.zip", **headers):
        status, fields, body = self.lab.ask("POST", "/api/v1/uploads", headers={
            **VERSION, "Upload-Length": str(length), "Upload-Metadata": metadata(name), **headers})
        self.assertEqual(status, 201, body)
        self.assertEqual(fields["Tus-Resumable"], "1.0.0")
        self.assertIn("GMT", fields["Upload-Expires"])
        return fields["Location"]

    def patch(self, location, offset, content, **headers):
        return self.lab.ask("PATCH", location, content, {**PART, "Upload-Offset": str(offset), **headers})

    def offset(self, location):
        status, fields, _ = self.lab.ask("HEAD", location, headers=VERSION)
        self.assertEqual(status, 200)
        return int(fields["Upload-Offset"])

    def job_of(self, location, **headers):
        upload = location.rsplit("/", 1)[1]
        return self.lab.ask_json("POST", "/api/v1/jobs", json.dumps({"upload": upload}), {"Content-Type": "application/json", **headers})

    def assert_problem(self, answer, status, code):
        got, fields, body = answer
        self.assertEqual(got, status, body)
        problem = json.loads(body)
        self.assertEqual(problem["code"], code, problem)
        self.assertEqual(fields["Tus-Resumable"], "1.0.0")
        return problem

    def unfinished(self):
        return [path for folder in ("blobs/tmp", "blobs/partial", "uploads") for path in (self.lab.data / folder).iterdir()]

    def cut_in_the_middle(self, location, offset, content, sent):
        """Sends the first `sent` bytes of a PATCH, and lets the line hang as a lost connection does."""
        link = socket.create_connection(("127.0.0.1", self.lab.port))
        self.addCleanup(link.close)
        link.sendall((f"PATCH {location} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
                      f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(content)}\r\n\r\n").encode() + content[:sent])
        partial = self.lab.data / "blobs" / "partial" / location.rsplit("/", 1)[1]
        eventually(lambda: partial.exists() and partial.stat().st_size >= offset + sent)
        return link


class Protocol(TusTest):
    def test_says_what_it_can(self):
        status, fields, body = self.lab.ask("OPTIONS", "/api/v1/uploads")
        self.assertEqual((status, body), (204, b""))
        self.assertEqual(fields["Tus-Version"], "1.0.0")
        self.assertEqual(set(fields["Tus-Extension"].split(",")),
                         {"creation", "creation-with-upload", "expiration", "checksum", "termination"})
        self.assertEqual(fields["Tus-Max-Size"], str(8 << 30))
        self.assertEqual(fields["Tus-Checksum-Algorithm"], "sha1,sha256")

    def test_an_upload_in_pieces_becomes_one_job(self):
        content = bundle(300_000, "espectro")
        location = self.create(len(content), "espéctro.zip")
        for offset in range(0, len(content), 100_000):
            status, fields, _ = self.patch(location, offset, content[offset:offset + 100_000])
            self.assertEqual((status, int(fields["Upload-Offset"])), (204, min(offset + 100_000, len(content))))
        status, fields, body = self.lab.ask("GET", location)
        self.assertEqual((status, fields["Upload-Length"], fields["Upload-Metadata"]), (200, str(len(content)), metadata("espéctro.zip")))
        self.assertEqual(json.loads(body)["name"], "espéctro.zip")
        status, job = self.job_of(location)
        self.assertEqual((status, job["name"], job["bundle_bytes"]), (201, "espectro", len(content)), job)
        again, same = self.job_of(location)
        self.assertEqual((again, same["id"]), (200, job["id"]), "an answer that was lost is asked for again")
        self.restart()
        self.assertEqual(self.job_of(location)[1]["id"], job["id"])
        self.assertEqual(len(self.lab.ask_json("GET", "/api/v1/jobs")[1]["jobs"]), 1)
        self.assertEqual(list((self.lab.data / "blobs/partial").iterdir()), [])

    def test_creation_may_bring_the_bytes(self):
        content = bundle()
        status, fields, body = self.lab.ask("POST", "/api/v1/uploads", content, {
            **PART, "Upload-Length": str(len(content)), "Upload-Metadata": metadata("study.zip")})
        self.assertEqual((status, fields["Upload-Offset"]), (201, str(len(content))), body)
        self.assertEqual(self.job_of(fields["Location"])[0], 201)
        answer = self.lab.ask("POST", "/api/v1/uploads", content, {**VERSION, "Content-Type": "application/zip", "Upload-Length": str(len(content))})
        self.assert_problem(answer, 415, "media_type")

    def test_refuses_in_words_what_does_not_fit(self):
        location = self.create(100)
        self.assertIn("byte 0", self.assert_problem(self.patch(location, 5, b"x"), 409, "offset")["detail"])
        self.assert_problem(self.patch(location, 0, b"x" * 101), 413, "past_the_end")
        self.assert_problem(self.lab.ask("PATCH", location, b"x", {**VERSION, "Upload-Offset": "0"}), 415, "media_type")
        self.assert_problem(self.lab.ask("PATCH", location, b"x", PART), 400, "invalid")
        self.assert_problem(self.lab.ask("PATCH", location, b"x", {**PART, "Tus-Resumable": "0.2.2", "Upload-Offset": "0"}), 412, "tus_version")
        self.assert_problem(self.lab.ask("POST", "/api/v1/uploads", headers={"Upload-Length": "5"}), 412, "tus_version")
        for length, status, code in (("", 400, "invalid"), ("-1", 400, "invalid"), ("1e3", 400, "invalid"), ("0", 400, "empty"),
                                     (str(9 << 30), 413, "too_large"), (str(2 ** 64), 400, "invalid")):
            with self.subTest(length=length):
                self.assert_problem(self.lab.ask("POST", "/api/v1/uploads", headers={**VERSION, "Upload-Length": length}), status, code)
        for words in ("filename =x=", "filename c3R", "a" * 5000, ",filename c3R1ZHk="):
            with self.subTest(metadata=words[:20]):
                self.assert_problem(self.lab.ask("POST", "/api/v1/uploads", headers={
                    **VERSION, "Upload-Length": "5", "Upload-Metadata": words}), 400, "invalid")
        for unknown in ("0" * 32, "x", "...", "A" * 32):
            self.assert_problem(self.lab.ask("HEAD", "/api/v1/uploads/" + unknown)[:2] + (b'{"code":"no_upload"}',), 404, "no_upload")
        self.assertEqual(self.offset(location), 0)
        self.assertEqual(self.lab.ask("PATCH", location, b"x", {**PART, "Upload-Offset": "0", "Origin": "http://evil.example"})[0], 403)

    def test_bytes_that_changed_on_their_way_are_not_kept(self):
        content = bundle()
        location = self.create(len(content))
        for algorithm in ("sha1", "sha256"):
            wrong = base64.b64encode(hashlib.new(algorithm, b"other").digest()).decode()
            self.assert_problem(self.patch(location, 0, content, **{"Upload-Checksum": f"{algorithm} {wrong}"}), 460, "checksum")
            self.assertEqual(self.offset(location), 0)
        for words in ("md5 " + base64.b64encode(b"x" * 16).decode(), "sha1", "sha1 ???", "sha256 " + base64.b64encode(b"x" * 20).decode()):
            self.assert_problem(self.patch(location, 0, content, **{"Upload-Checksum": words}), 400, "checksum_unknown")
        offset = 0
        for algorithm, piece in (("sha1", content[:100]), ("sha256", content[100:])):
            right = base64.b64encode(hashlib.new(algorithm, piece).digest()).decode()
            self.assertEqual(self.patch(location, offset, piece, **{"Upload-Checksum": f"{algorithm} {right}"})[0], 204)
            offset += len(piece)
        self.assertEqual(self.job_of(location)[0], 201)

    def test_a_part_of_a_checked_piece_is_not_kept(self):
        location = self.create(1000)
        link = self.cut_in_the_middle(location, 0, b"x" * 500, 300)
        link.shutdown(socket.SHUT_WR)
        self.assertEqual(self.offset(location), 300, "without a checksum it is")
        right = base64.b64encode(hashlib.sha1(b"y" * 500).digest()).decode()
        with socket.create_connection(("127.0.0.1", self.lab.port)) as link:
            link.sendall((f"PATCH {location} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 300\r\nUpload-Checksum: sha1 {right}\r\n"
                          "Content-Type: application/offset+octet-stream\r\nContent-Length: 500\r\n\r\n").encode() + b"y" * 200)
            link.shutdown(socket.SHUT_WR)
            self.assertIn(b" 400 ", link.recv(100))
        self.assertEqual(self.offset(location), 300)

    def test_an_upload_that_is_given_up_leaves_nothing(self):
        location = self.create(1000)
        self.patch(location, 0, b"x" * 500)
        self.assertEqual(self.lab.ask("DELETE", location, headers=VERSION)[0], 204)
        self.assertEqual(self.lab.ask("HEAD", location, headers=VERSION)[0], 404)
        self.assert_problem(self.patch(location, 500, b"x"), 404, "no_upload")
        self.assertEqual(self.unfinished(), [])

    def test_clients_without_patch_are_served_too(self):
        content = bundle()
        location = self.create(len(content))
        status, fields, _ = self.lab.ask("POST", location, content, {**PART, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"})
        self.assertEqual((status, fields["Upload-Offset"]), (204, str(len(content))))
        self.assertEqual(self.lab.ask("POST", location, headers=VERSION)[0], 405)
        self.assertEqual(self.lab.ask("POST", location, headers={**VERSION, "X-HTTP-Method-Override": "DELETE"})[0], 204)
        self.assertEqual(self.unfinished(), [])


class Jobs(TusTest):
    def test_a_part_of_an_upload_is_no_job(self):
        content = bundle()
        location = self.create(len(content))
        self.patch(location, 0, content[:50])
        status, problem = self.job_of(location)
        self.assertEqual((status, problem["code"]), (409, "incomplete"))
        self.assertIn(f"50 of {len(content)}", problem["detail"])
        self.assertEqual(self.patch(location, 50, content[50:])[0], 204)
        self.assertEqual(self.job_of(location)[0], 201)

    def test_an_upload_that_is_no_bundle_is_refused_and_gone(self):
        location = self.create(500)
        self.patch(location, 0, b"this is no zip at all" + b" " * 479)
        status, problem = self.job_of(location)
        self.assertEqual((status, problem["code"]), (422, "not_a_zip"), problem)
        self.assertEqual(self.unfinished(), [])
        status, problem = self.job_of(location)
        self.assertEqual((status, problem["code"]), (404, "no_upload"))

    def test_a_program_alone_is_a_job(self):
        location = self.create(len(PROGRAM), "figure.py")
        self.patch(location, 0, PROGRAM.encode())
        status, job = self.job_of(location)
        self.assertEqual((status, job["name"], len(job["mended"])), (201, "figure", 1), job)
        self.assertEqual(self.job_of(location)[1]["id"], job["id"])
        self.assertEqual(list((self.lab.data / "blobs/partial").iterdir()), [])

    def test_the_verdict_on_an_upload_keeps_it(self):
        content = bundle()
        location = self.create(len(content))
        self.patch(location, 0, content)
        body = json.dumps({"upload": location.rsplit("/", 1)[1]})
        self.assertEqual(self.lab.ask_json("POST", "/api/v1/jobs/validate", body, {"Content-Type": "application/json"})[0], 200)
        self.assertEqual(self.job_of(location)[0], 201)

    def test_a_key_counts_for_uploads_too(self):
        ids = []
        for _ in range(2):
            content = bundle()
            location = self.create(len(content))
            self.patch(location, 0, content)
            status, job = self.job_of(location, **{"Idempotency-Key": "once"})
            self.assertEqual(status, 200 if ids else 201)
            ids.append(job["id"])
        self.assertEqual(ids[0], ids[1])

    def test_a_known_bundle_need_not_travel_again(self):
        content = bundle(5000)
        name = hashlib.sha256(content).hexdigest()
        self.assertEqual(self.lab.ask("HEAD", f"/api/v1/bundles/{name}")[0], 404)
        named = json.dumps({"bundle": name, "name": "again.zip"})
        status, problem = self.lab.ask_json("POST", "/api/v1/jobs", named, {"Content-Type": "application/json"})
        self.assertEqual((status, problem["code"]), (404, "no_bundle"))
        self.assertEqual(self.lab.send(content)[0], 201)
        self.assertEqual(self.lab.ask_json("GET", f"/api/v1/bundles/{name}"), (200, {"sha256": name, "size_bytes": len(content)}))
        status, job = self.lab.ask_json("POST", "/api/v1/jobs", named, {"Content-Type": "application/json"})
        self.assertEqual((status, job["bundle_bytes"]), (201, len(content)))
        self.assertEqual(len(self.lab.ask_json("GET", "/api/v1/jobs")[1]["jobs"]), 2)
        self.assertEqual(self.lab.ask("HEAD", "/api/v1/bundles/ledger.db")[0], 404)

    def test_bytes_that_the_server_has_are_whole_as_soon_as_they_are_announced(self):
        content = bundle(9000)
        name = hashlib.sha256(content).hexdigest()
        announced = {"Upload-Metadata": metadata("again.zip") + ",sha256 " + base64.b64encode(name.encode()).decode()}
        first = self.create(len(content), **announced)
        self.assertEqual(self.offset(first), 0)
        self.patch(first, 0, content)
        self.assertEqual(self.job_of(first)[0], 201)
        second = self.create(len(content), **announced)
        self.assertEqual(self.offset(second), len(content))
        self.restart()
        status, job = self.job_of(second)
        self.assertEqual((status, job["bundle_bytes"]), (201, len(content)), job)
        self.assertEqual(len(self.lab.ask_json("GET", "/api/v1/jobs")[1]["jobs"]), 2)
        self.assertEqual(self.offset(self.create(len(content) + 1, **announced)), 0, "of another size they are others")

    def test_bytes_other_than_announced_are_no_job(self):
        content = bundle(9000)
        other = base64.b64encode(hashlib.sha256(b"other").hexdigest().encode()).decode()
        location = self.create(len(content), **{"Upload-Metadata": metadata("study.zip") + ",sha256 " + other})
        self.patch(location, 0, content)
        status, problem = self.job_of(location)
        self.assertEqual((status, problem["code"]), (460, "checksum"))
        self.assertEqual(self.unfinished(), [])

    def test_bodies_that_name_nothing_are_refused(self):
        for body in ("", "{", "[]", "{}", '{"upload": 5}', '{"bundle": "xyz"}', '{"upload": ""}', "null"):
            with self.subTest(body=body):
                status, problem = self.lab.ask_json("POST", "/api/v1/jobs", body, {"Content-Type": "application/json"})
                self.assertEqual((status, problem["code"]), (415, "media_type") if body in ("", "{") else (400, "invalid"))
        big = json.dumps({"upload": "0" * 100_000})
        self.assertEqual(self.lab.ask("POST", "/api/v1/jobs", big, {"Content-Type": "application/json"})[0], 413)

    def test_a_refusal_is_said_in_the_language_that_the_client_prefers(self):
        for language, words in (("pt-BR, en;q=0.5", "é um programa com outro nome"), ("en", "is a program of another name"), ("", "is a program of another name")):
            status, fields, body = self.lab.ask("POST", "/api/v1/jobs", make_zip({"study/main.py": PROGRAM}), {
                "Content-Type": "application/zip", **({"Accept-Language": language} if language else {})})
            problem = json.loads(body)
            self.assertEqual((status, problem["code"]), (422, "no_program"))
            self.assertIn(words, problem["detail"])
            self.assertEqual(problem["words"][0]["code"], "no_program.other_name")
            self.assertEqual(problem["words"][0]["params"]["entry"], "study/main.py")
            self.assertEqual(fields["Content-Language"], "pt-BR" if language.startswith("pt") else "en")

    def test_two_zips_in_a_form_are_refused_by_name(self):
        form = b"".join(b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s.zip"\r\n\r\n%s\r\n' % (name, bundle()) for name in (b"one", b"two"))
        status, problem = self.lab.ask_json("POST", "/api/v1/jobs", form + b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"})
        self.assertEqual((status, problem["code"]), (400, "two_files"), problem)
        self.assertIn('"one.zip" and "two.zip"', problem["detail"])
        self.assertEqual(self.unfinished(), [])


class Lines(TusTest):
    def test_a_client_that_lost_its_line_goes_on_where_it_was(self):
        content = bundle(200_000)
        location = self.create(len(content))
        for _ in range(3):
            before = self.offset(location)
            self.cut_in_the_middle(location, before, content[before:], 40_000)  # the old line still hangs
            self.assertEqual(self.offset(location), before + 40_000)
        status, _, _ = self.patch(location, 120_000, content[120_000:])
        self.assertEqual(status, 204)
        self.assertEqual(self.job_of(location)[0], 201)

    def test_what_was_confirmed_survives_a_killed_server(self):
        content = bundle(400_000)
        location = self.create(len(content))
        self.assertEqual(self.patch(location, 0, content[:100_000])[0], 204)
        self.cut_in_the_middle(location, 100_000, content[100_000:], 50_000)
        self.restart(signal.SIGKILL)
        offset = self.offset(location)
        self.assertGreaterEqual(offset, 100_000)
        self.assertEqual(self.patch(location, offset, content[offset:])[0], 204)
        status, job = self.job_of(location)
        self.assertEqual((status, job["bundle_bytes"]), (201, len(content)))
        self.assertEqual(self.lab.ask("HEAD", "/api/v1/bundles/" + hashlib.sha256(content).hexdigest())[0], 200, "no byte is another")

    def test_uploads_opened_and_abandoned_do_no_harm(self):
        content = bundle(50_000)
        honest = self.create(len(content))
        self.patch(honest, 0, content[:20_000])
        before = self.lab.memory("httpfront", "VmRSS")
        connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=60)
        for _ in range(10_000):
            connection.request("POST", "/api/v1/uploads", headers={**VERSION, "Upload-Length": str(1 << 30)})
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 201)
        connection.close()
        self.assertLessEqual(len(list((self.lab.data / "uploads").iterdir())), 1024)
        self.assertLess(self.lab.memory("httpfront", "VmRSS") - before, 16 << 20)
        self.assertEqual(self.patch(honest, 20_000, content[20_000:])[0], 204)
        self.assertEqual(self.job_of(honest)[0], 201)


class Clients(TusTest):
    def test_tuspy_sends_and_resumes(self):
        try:
            from tusclient import client
        except ImportError:
            self.skipTest("python3-tuspy is not installed")
        content = bundle(700_000)
        tus = client.TusClient(f"http://127.0.0.1:{self.lab.port}/api/v1/uploads")
        first = tus.uploader(file_stream=io.BytesIO(content), chunk_size=100_000, metadata={"filename": "study.zip"}, upload_checksum=True)
        first.upload(stop_at=300_000)
        self.restart(signal.SIGKILL)
        url = f"http://127.0.0.1:{self.lab.port}" + first.url[first.url.index("/api/"):]
        second = tus.uploader(file_stream=io.BytesIO(content), chunk_size=100_000, url=url, upload_checksum=True)
        self.assertEqual(second.offset, 300_000)
        second.upload()
        status, job = self.job_of(url[url.index("/api/"):])
        self.assertEqual((status, job["name"], job["bundle_bytes"]), (201, "study", len(content)))

    def test_curl_sends_and_resumes(self):
        content = bundle(300_000)
        zip_path = self.lab.folder / "study.zip"
        zip_path.write_bytes(content)
        base = f"http://127.0.0.1:{self.lab.port}"

        def curl(*args, stdin=None):
            return subprocess.run(["curl", "-sS", "-i", "-H", "Tus-Resumable: 1.0.0", *args], input=stdin, capture_output=True, check=True, timeout=60).stdout.decode()

        made = curl("-X", "POST", "-H", f"Upload-Length: {len(content)}", "-H", f"Upload-Metadata: {metadata('study.zip')}", base + "/api/v1/uploads")
        location = next(line.split(": ")[1] for line in made.splitlines() if line.startswith("Location"))
        kind = "Content-Type: application/offset+octet-stream"
        curl("-X", "PATCH", "-H", kind, "-H", "Upload-Offset: 0", "--data-binary", "@-", base + location, stdin=content[:100_000])
        self.assertIn("Upload-Offset: 100000", curl("-I", base + location))
        sent = curl("-X", "PATCH", "-H", kind, "-H", "Upload-Offset: 100000", "-H", "Transfer-Encoding: chunked", "--data-binary", "@-", base + location, stdin=content[100_000:])
        self.assertIn("HTTP/1.1 204", sent)
        job = curl("-X", "POST", "-H", "Content-Type: application/json", "-d", json.dumps({"upload": location.rsplit("/", 1)[1]}), base + "/api/v1/jobs")
        self.assertIn("HTTP/1.1 201", job)


class SmallDisk(TusTest):
    def setUp(self):
        lab = Lab(BIN)
        self.disk = lab.folder / "disk"
        self.disk.mkdir()
        self.addCleanup(shutil.rmtree, lab.folder, ignore_errors=True)
        small_disk.mount(self, self.disk, "size=128m")
        lab.data = self.disk / "data"
        self.begin(lab)

    def test_a_disk_that_fills_under_an_upload_is_507_and_the_next_works(self):
        content = bundle(24 << 20)
        location = self.create(len(content))
        self.assertEqual(self.patch(location, 0, content[:1 << 20])[0], 204)
        # Below the mark at which nothing is taken, and yet too little; in chunks, so that nobody knows how much comes.
        filler = self.disk / "filler"
        room = os.statvfs(self.disk)
        with open(filler, "wb") as out:
            os.posix_fallocate(out.fileno(), 0, (room.f_bavail - room.f_blocks * 15 // 100) * room.f_frsize)
        pieces = [content[at:at + (1 << 20)] for at in range(1 << 20, len(content), 1 << 20)]
        said = self.lab.raw((f"PATCH {location} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {1 << 20}\r\n"
                             "Content-Type: application/offset+octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
                            + b"".join(b"%x\r\n" % len(piece) + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n")
        self.assertIn(b"507", said[:30], said[:300])
        self.assertEqual(self.offset(location), 1 << 20, "what was confirmed is kept")
        self.assertEqual(self.lab.send(bundle(1000))[0], 201, "another's upload has the room that was given back")
        self.assert_problem(self.lab.ask("POST", "/api/v1/uploads", headers={**VERSION, "Upload-Length": str(24 << 20)}), 507, "disk_full")
        filler.unlink()
        self.assertEqual(self.patch(location, 1 << 20, content[1 << 20:])[0], 204)
        self.assertEqual(self.job_of(location)[0], 201)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    del TusTest  # the base has no tests of its own
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
