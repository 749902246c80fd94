"""Who may use which route, and what an account can do for itself and for others.

    accounts_test.py BIN_DIR [unittest arguments]
"""
import base64
import hashlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab, make_zip  # noqa: E402
from people import PASSWORD, Person, WithAccounts, accept, finished_job, join, set_up_secret  # noqa: E402

NO_JOB = "0" * 32


class WhoMay(WithAccounts):
    """Every route of the table for nobody, another user, the owner and an administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = finished_job(cls.ana, "whose")

    def table(self):
        """{(verb, pattern): who}, out of the source of the routes."""
        source = (pathlib.Path(__file__).parents[2] / "httpfront" / "api" / "routes.cpp").read_text()
        rows = re.findall(r'Route\{"(\w+)",\s*"([^"]+)",\s*(\w+),', source)
        self.assertGreater(len(rows), 25)
        return {(verb, pattern): who for verb, pattern, who in rows}

    def path_of(self, pattern):
        job = self.job["id"]
        return {"/api/v1/sessions/{id}": "/api/v1/sessions/none", "/api/v1/tokens/{id}": "/api/v1/tokens/none",
                "/api/v1/invitations/{id}": "/api/v1/invitations/none"}.get(pattern) or (
            pattern.replace("{id}", job).replace("{path}", "a.txt").replace("{name}", "nobody"))

    def ask(self, person, verb, pattern):
        if pattern == "/api/v1/events":
            connection, response = person.follow()
            connection.close()
            return response.status
        return person.status(verb, self.path_of(pattern), {} if verb in ("POST", "PATCH") else None)

    def test_every_route_says_who_may_use_it_and_keeps_to_it(self):
        expected = {  # nobody, another user, owner, administrator: refused with this, or None: let in
            "everybody": (None, None, None, None),
            "signed_in": (401, None, None, None),
            "owner": (401, 404, None, None),
            "administrator": (401, 403, 403, None),
        }
        refusals = {401, 403, 404}
        for (verb, pattern), who in self.table().items():
            if (verb, pattern) == ("DELETE", "/api/v1/session"):
                continue  # it would end the sessions of the others of this walk
            people = (self.nobody(), self.bob, self.ana, self.root)
            for name, person, wanted in zip(("nobody", "another user", "owner", "administrator"), people, expected[who]):
                with self.subTest(route=f"{verb} {pattern}", who=name):
                    got = self.ask(person, verb, pattern)
                    if wanted:
                        self.assertEqual(got, wanted)
                    elif pattern in ("/api/v1/sessions/{id}", "/api/v1/tokens/{id}", "/api/v1/invitations/{id}") or "{name}" in pattern \
                            or (verb, pattern) in (("GET", "/api/v1/uploads/{id}"), ("GET", "/api/v1/bundles/{sha256}"), ("GET", "/api/v1/jobs/{id}/live/{path}")):
                        self.assertIn(got, (404, 200), "let in, and there is no such thing")
                    else:
                        self.assertNotIn(got, refusals)

    def test_an_upload_is_there_for_whoever_began_it_alone(self):
        tus = {"Tus-Resumable": "1.0.0"}
        status, headers, _ = self.ana.ask("POST", "/api/v1/uploads", headers={**tus, "Upload-Length": "4"})
        self.assertEqual(status, 201)
        upload = headers["Location"]
        part = {**tus, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        for person in (self.bob, self.root):
            self.assertEqual(person.ask("HEAD", upload, headers=tus)[0], 404)
            self.assertEqual(person.ask("PATCH", upload, body=b"evil", headers=part)[0], 404)
            self.assertEqual(person.ask("DELETE", upload, headers=tus)[0], 404)
            status, problem = person.json("POST", "/api/v1/jobs", {"upload": upload.rsplit("/", 1)[1]})
            self.assertEqual((status, problem["code"]), (404, "no_upload"))
        self.assertEqual(self.nobody().ask("PATCH", upload, body=b"evil", headers=part)[0], 401)
        self.assertEqual(self.ana.ask("PATCH", upload, body=b"mine", headers=part)[0], 204)
        self.assertEqual(self.ana.ask("DELETE", upload, headers=tus)[0], 204)

    def test_an_unknown_job_and_that_of_another_are_told_in_the_same_words(self):
        mine, none = self.job["id"], NO_JOB
        for rest in ("", "/files", "/files/a.txt", "/live", "/live/a.csv", "/output", "/log"):
            answers = []
            for job in (mine, none):
                status, headers, content = self.bob.ask("GET", f"/api/v1/jobs/{job}{rest}")
                answers.append((status, headers["Content-Type"], content.replace(job.encode(), b"JOB")))
            self.assertEqual(answers[0], answers[1], rest)
            self.assertEqual(answers[0][0], 404)
        self.assertEqual(self.bob.status("POST", f"/api/v1/jobs/{mine}/cancel"), 404)

    def test_lists_hold_ones_own_jobs_and_an_administrator_may_ask_for_others(self):
        mine = self.job["id"]
        listed = lambda person, query="": [job["id"] for job in person.json("GET", "/api/v1/jobs" + query)[1]["jobs"]]  # noqa: E731
        self.assertIn(mine, listed(self.ana))
        self.assertNotIn(mine, listed(self.bob))
        self.assertNotIn(mine, listed(self.root))
        self.assertIn(mine, listed(self.root, "?owner=*"))
        self.assertIn(mine, listed(self.root, "?owner=ana"))
        self.assertEqual(listed(self.root, "?owner=bob&q=whose"), [])
        for query in ("?owner=*", "?owner=ana"):
            self.assertEqual(self.bob.status("GET", "/api/v1/jobs" + query), 403)
            connection, response = self.bob.follow(query)
            self.assertEqual(response.status, 403)
            connection.close()
        self.assertEqual(self.job["owner"], "ana")

    def test_what_an_administrator_sees_of_others_is_in_the_audit_log_once(self):
        for _ in range(3):
            self.assertEqual(self.root.status("GET", f"/api/v1/jobs/{self.job['id']}/log"), 200)
        looks = [row for row in self.audit() if row[:2] == ("root", "looked_at_job") and row[2].startswith(self.job["id"])]
        self.assertEqual(looks, [("root", "looked_at_job", f"{self.job['id']} of ana")])
        listing = subprocess.run([WithAccounts.bin / "nias", "audit", "--data", self.lab.data], capture_output=True, text=True)
        self.assertEqual(listing.returncode, 0, listing.stderr)
        self.assertRegex(listing.stdout, rf"root +127\.0\.0\.1 +looked_at_job +{self.job['id']} of ana")

    def test_events_tell_of_ones_own_jobs_alone(self):
        streams = {name: getattr(self, name).follow()[1] for name in ("ana", "bob")}
        everything = self.root.follow("?owner=*")[1]
        status, job = self.ana.submit("heard")
        self.assertEqual(status, 201)
        status, other = self.bob.submit("heard-too")
        self.assertEqual(status, 201)

        def heard_until(stream, wanted):
            lines = []
            while True:
                line = stream.readline().decode()
                self.assertTrue(line, "the stream ended")
                lines.append(line)
                if line.startswith("data:") and wanted in line and '"succeeded"' in line:
                    return "".join(lines)
        self.assertNotIn(job["id"], heard_until(streams["bob"], other["id"]))
        self.assertNotIn(other["id"], heard_until(streams["ana"], job["id"]))
        both = heard_until(everything, other["id"])
        self.assertIn(job["id"], both)
        for stream in (*streams.values(), everything):
            stream.close()

    def test_the_log_of_anothers_job_is_not_followed(self):
        connection, response = self.bob.follow(f"?log={self.job['id']}&offset=0")
        self.assertEqual(response.status, 404)
        connection.close()
        connection, response = self.ana.follow(f"?log={self.job['id']}&offset=0")
        self.assertEqual(response.status, 200)
        text = b""
        while b"said" not in text:
            text += response.readline()
        connection.close()

    def test_a_key_of_one_is_none_of_another(self):
        zip_bytes = make_zip({"k/code.py": "print(1)\n"})
        other = make_zip({"k/code.py": "print(2)\n"})
        headers = {"Content-Type": "application/zip", "Idempotency-Key": "monday"}
        first = self.ana.json("POST", "/api/v1/jobs", body=zip_bytes, headers=headers)[1]["id"]
        status, job = self.bob.json("POST", "/api/v1/jobs", body=other, headers=headers)
        self.assertEqual(status, 201, job)
        self.assertNotEqual(job["id"], first)
        self.assertEqual(self.ana.json("POST", "/api/v1/jobs", body=zip_bytes, headers=headers)[1]["id"], first)

    def test_a_refusal_comes_before_the_body(self):
        head = (f"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:{self.lab.port}\r\nContent-Type: application/zip\r\n"
                "Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.lab.port), timeout=20) as link:
            link.sendall(head.encode())
            self.assertTrue(link.recv(65536).startswith(b"HTTP/1.1 401 "), "it asked for the body first")


class Own(WithAccounts):
    def test_a_changed_password_ends_every_other_session(self):
        join(self.lab, self.root, "fay")
        here, there = self.signed_in("fay"), self.signed_in("fay")
        connection, stream = there.follow()
        before = here.cookie
        status, said = here.json("POST", "/api/v1/password", {"current": "not it at all", "password": "a brand new one"})
        self.assertEqual((status, said["code"]), (422, "wrong_current_password"))
        self.assertEqual(here.json("POST", "/api/v1/password", {"current": PASSWORD, "password": "short"})[1]["code"], "weak_password")
        status, _ = here.json("POST", "/api/v1/password", {"current": PASSWORD, "password": "a brand new one"})
        self.assertEqual(status, 200)
        self.assertNotEqual(here.cookie, before)
        self.assertEqual(here.status("GET", "/api/v1/jobs"), 200)
        for cookie in (before, there.cookie):
            self.assertEqual(Person(self.lab, cookie=cookie).status("GET", "/api/v1/jobs"), 401)
        while stream.readline():  # what was told before, then the end
            pass
        connection.close()
        self.signed_in("fay", "a brand new one")

    def test_sessions_are_listed_and_ended_one_by_one_and_only_ones_own(self):
        here, there = self.signed_in("bob"), self.signed_in("bob")
        sessions = here.json("GET", "/api/v1/sessions")[1]["sessions"]
        current = [session["id"] for session in sessions if session["current"]]
        self.assertEqual(len(current), 1)
        self.assertEqual(sessions[0]["address"], "127.0.0.1")
        theirs = [s["id"] for s in there.json("GET", "/api/v1/sessions")[1]["sessions"] if s["current"]][0]
        self.assertEqual(self.ana.status("DELETE", f"/api/v1/sessions/{theirs}"), 404)
        self.assertEqual(self.root.status("DELETE", f"/api/v1/sessions/{theirs}"), 404)
        self.assertEqual(here.status("DELETE", f"/api/v1/sessions/{theirs}"), 204)
        self.assertEqual(there.status("GET", "/api/v1/jobs"), 401)
        self.assertEqual(here.status("GET", "/api/v1/jobs"), 200)

    def test_a_token_does_what_its_scopes_say_and_no_more(self):
        make = lambda person, *scopes: Person(self.lab, token=person.json(  # noqa: E731
            "POST", "/api/v1/tokens", {"label": "t", "scopes": list(scopes), "days": 3})[1]["token"])
        reads, sends, both = make(self.ana, "read"), make(self.ana, "submit"), make(self.ana, "read", "submit")
        status, job = sends.submit("by-token")
        self.assertEqual((status, job["owner"]), (201, "ana"))
        self.assertEqual(reads.submit("refused")[1]["code"], "scope")
        self.assertEqual(sends.json("GET", f"/api/v1/jobs/{job['id']}")[1]["code"], "scope")
        self.assertEqual(reads.status("GET", f"/api/v1/jobs/{job['id']}"), 200)
        self.assertIn(both.status("POST", f"/api/v1/jobs/{job['id']}/cancel"), (202, 409))
        self.assertEqual(make(self.bob, "read", "submit").status("GET", f"/api/v1/jobs/{job['id']}"), 404)
        weak, strong = make(self.root, "read"), make(self.root, "read", "admin")
        self.assertEqual(weak.status("GET", f"/api/v1/jobs/{job['id']}"), 404, "a token without admin acts as an administrator")
        self.assertEqual(strong.status("GET", f"/api/v1/jobs/{job['id']}"), 200)
        self.assertEqual(strong.status("GET", "/api/v1/users"), 200)
        for path in ("/api/v1/sessions", "/api/v1/tokens"):
            self.assertEqual(strong.json("GET", path)[1]["code"], "scope", "a token reached what only a person may")

    def test_tokens_are_listed_without_themselves_revoked_and_bounded_in_what_they_ask(self):
        status, made = self.bob.json("POST", "/api/v1/tokens", {"label": "<img src=x>", "scopes": ["read"]})
        self.assertEqual(status, 201)
        self.assertRegex(made["token"], r"^nias_[\w-]{43}$")
        listed = self.bob.json("GET", "/api/v1/tokens")[1]["tokens"]
        mine = [one for one in listed if one["id"] == made["id"]][0]
        self.assertEqual((mine["label"], mine["scopes"], "token" in mine), ("<img src=x>", ["read"], False))
        self.assertEqual(self.ana.status("DELETE", f"/api/v1/tokens/{made['id']}"), 404)
        self.assertEqual(Person(self.lab, token=made["token"]).status("GET", "/api/v1/jobs"), 200)
        self.assertEqual(self.bob.status("DELETE", f"/api/v1/tokens/{made['id']}"), 204)
        self.assertEqual(Person(self.lab, token=made["token"]).status("GET", "/api/v1/jobs"), 401)
        for wish in ({"scopes": []}, {"scopes": ["root"]}, {"scopes": ["session"]}, {"days": 0}, {"days": 5000}, {"scopes": ["admin"]}):
            status, said = self.bob.json("POST", "/api/v1/tokens", {"label": "x", "scopes": ["read"], **wish})
            self.assertEqual((status, said["code"]), (422, "bad_token_wish"), wish)

    def test_the_database_holds_no_secret(self):
        made = self.ana.json("POST", "/api/v1/tokens", {"label": "x", "scopes": ["read"]})[1]
        invitation = self.root.json("POST", "/api/v1/invitations", {})[1]["path"].split("#")[1]
        stored = b"".join(path.read_bytes() for path in self.lab.data.glob("accounts.db*"))
        for secret in (made["token"], made["token"][5:], invitation, self.ana.cookie.split("=")[1], PASSWORD):
            self.assertNotIn(secret.encode(), stored)
        self.assertIn(b"$argon2id$", stored)


class Administering(WithAccounts):
    def test_a_closed_account_is_out_at_once_by_every_way(self):
        gus = join(self.lab, self.root, "gus")
        token = gus.json("POST", "/api/v1/tokens", {"label": "x", "scopes": ["read"]})[1]["token"]
        connection, stream = gus.follow()
        self.assertEqual(stream.status, 200)
        status, said = self.root.json("PATCH", "/api/v1/users/gus", {"disabled": True})
        self.assertEqual((status, said["disabled"]), (200, True))
        self.assertEqual(gus.status("GET", "/api/v1/jobs"), 401)
        self.assertEqual(Person(self.lab, token=token).status("GET", "/api/v1/jobs"), 401)
        self.assertEqual(self.nobody().status("POST", "/api/v1/session", {"name": "gus", "password": PASSWORD}), 401)
        while stream.readline():
            pass
        connection.close()
        self.assertEqual(self.root.status("PATCH", "/api/v1/users/gus", {"disabled": False}), 200)
        self.signed_in("gus")
        actions = [row[1:] for row in self.audit()]
        self.assertIn(("account_closed", "gus"), actions)
        self.assertIn(("account_opened", "gus"), actions)

    def test_a_role_counts_from_the_next_request_on(self):
        hal = join(self.lab, self.root, "hal")
        self.assertEqual(hal.status("GET", "/api/v1/users"), 403)
        self.assertEqual(self.root.status("PATCH", "/api/v1/users/hal", {"role": "administrator"}), 200)
        self.assertEqual(hal.status("GET", "/api/v1/users"), 200)
        self.assertEqual(self.root.status("PATCH", "/api/v1/users/hal", {"role": "researcher"}), 200)
        self.assertEqual(hal.status("GET", "/api/v1/users"), 403)
        self.assertEqual(self.root.json("PATCH", "/api/v1/users/hal", {"role": "king"})[0], 400)
        self.assertEqual(self.root.json("PATCH", "/api/v1/users/hal", {"password": "x"})[0], 400)

    def test_the_last_administrator_cannot_leave(self):
        lab = Lab(WithAccounts.bin)
        try:
            lab.start_front("--accounts", "on")
            root = accept(lab, set_up_secret(lab), "root")
            for wish in ({"disabled": True}, {"role": "researcher"}):
                status, said = root.json("PATCH", "/api/v1/users/root", wish)
                self.assertEqual((status, said["code"]), (409, "last_administrator"))
            self.assertEqual(root.status("GET", "/api/v1/users"), 200)
        finally:
            lab.close()

    def test_users_are_listed_without_anything_secret(self):
        users = self.root.json("GET", "/api/v1/users")[1]["users"]
        ana = [user for user in users if user["name"] == "ana"][0]
        self.assertEqual(set(ana), {"name", "full_name", "role", "disabled", "has_password", "made_ms"})
        self.assertEqual(ana["full_name"], "Ana <b>Lima</b>")


class BundlesByHash(WithAccounts):
    """Whoever knows a hash has not thereby seen the file."""

    def test_a_bundle_is_named_by_those_who_sent_it_and_by_administrators_alone(self):
        content = make_zip({"secret/code.py": "print('mine')\n"})
        as_zip = {"Content-Type": "application/zip"}
        self.assertEqual(self.ana.json("POST", "/api/v1/jobs", body=content, headers=as_zip)[0], 201)
        name = hashlib.sha256(content).hexdigest()
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": f"sha256 {base64.b64encode(name.encode()).decode()}"}
        for person, knows in ((self.ana, True), (self.root, True), (self.bob, False)):
            self.assertEqual(person.status("HEAD", f"/api/v1/bundles/{name}"), 200 if knows else 404)
            self.assertEqual(person.status("POST", "/api/v1/jobs", {"bundle": name, "name": "again.zip"}), 201 if knows else 404)
            status, fields, _ = person.ask("POST", "/api/v1/uploads", headers=tus, body=b"")
            self.assertEqual((status, fields["Upload-Offset"]), (201, str(len(content) if knows else 0)))
        self.assertEqual(self.bob.json("POST", "/api/v1/jobs", body=content, headers=as_zip)[0], 201)
        self.assertEqual(self.bob.status("HEAD", f"/api/v1/bundles/{name}"), 200)


if __name__ == "__main__":
    WithAccounts.bin = pathlib.Path(sys.argv[1]).resolve()
    os.environ.pop("NIAS_READY_FD", None)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
