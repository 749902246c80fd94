"""How people and programs show who they are, and what does not let them in.

    sign_in_test.py BIN_DIR [unittest arguments]
"""
import concurrent.futures
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab  # noqa: E402
from people import PASSWORD, Person, WithAccounts, accept, join, set_up_secret  # noqa: E402


class SigningIn(WithAccounts):
    def test_a_session_is_a_fresh_cookie_that_scripts_cannot_read(self):
        person = self.nobody()
        planted = "nias=" + "A" * 43
        status, headers, _ = person.ask("POST", "/api/v1/session", {"name": " ANA ", "password": PASSWORD},
                                        headers={"Cookie": planted})
        self.assertEqual(status, 200)
        self.assertRegex(headers["Set-Cookie"], r"^nias=[\w-]{43}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Strict$")
        self.assertNotIn(planted, headers["Set-Cookie"])
        self.assertEqual(Person(self.lab, cookie=planted).status("GET", "/api/v1/jobs"), 401, "a planted session lives")
        self.assertEqual(person.json("GET", "/api/v1/session")[1]["user"],
                         {"name": "ana", "full_name": "Ana <b>Lima</b>", "role": "researcher", "by": "session"})

    def test_signing_in_again_ends_the_session_that_the_browser_had(self):
        person = self.signed_in("bob")
        before = person.cookie
        person.json("POST", "/api/v1/session", {"name": "ana", "password": PASSWORD})
        self.assertNotEqual(person.cookie, before)
        self.assertEqual(Person(self.lab, cookie=before).status("GET", "/api/v1/jobs"), 401)
        self.assertEqual(person.json("GET", "/api/v1/session")[1]["user"]["name"], "ana")

    def test_signing_out_ends_the_session_for_good(self):
        person = self.signed_in("ana")
        cookie = person.cookie
        status, headers, _ = person.ask("DELETE", "/api/v1/session")
        self.assertEqual(status, 204)
        self.assertIn("Max-Age=0", headers["Set-Cookie"])
        self.assertEqual(Person(self.lab, cookie=cookie).status("GET", "/api/v1/jobs"), 401)
        self.assertEqual(self.nobody().status("DELETE", "/api/v1/session"), 204)

    def test_wrong_names_and_wrong_passwords_are_told_alike(self):
        answers = [self.nobody().ask("POST", "/api/v1/session", {"name": name, "password": "wrong password"})
                   for name in ("ana", "nobody-of-this-name")]
        self.assertEqual(answers[0][0], 401)
        self.assertEqual(answers[0][2], answers[1][2])
        self.assertIsNone(answers[0][1]["Set-Cookie"])

    def test_forged_cookies_and_tokens_open_nothing(self):
        good = self.ana.cookie
        forged = ["nias=", "nias=;", "nias=x", good[:-1], good + "x", good.upper(), "nias=" + "%00" * 20, "nias=' OR 1=1 --",
                  good.replace("nias=", "NIAS="), good.replace("nias=", "__Host-nias="), "nias=" + "é" * 30]
        for cookie in forged:
            with self.subTest(cookie=cookie):
                self.assertEqual(self.lab.ask("GET", "/api/v1/jobs", headers={"Cookie": cookie.encode()})[0], 401)
        for token in ("x", "nias_", "nias_" + "A" * 43, good.split("=")[1], "' OR 1=1 --"):
            with self.subTest(token=token):
                status, headers, content = Person(self.lab, token=token).ask("GET", "/api/v1/jobs")
                self.assertEqual((status, json.loads(content)["code"]), (401, "bad_token"))
                self.assertIn("invalid_token", headers["WWW-Authenticate"])
        self.assertEqual(Person(self.lab, cookie=good, token="forged").status("GET", "/api/v1/jobs"), 401,
                         "a forged token was passed over for the cookie")
        self.assertEqual(Person(self.lab, cookie="other=1; " + good).status("GET", "/api/v1/jobs"), 200)

    def test_an_expired_session_and_an_expired_token_end_though_they_were_good(self):
        person = self.signed_in("ana")
        token = person.json("POST", "/api/v1/tokens", {"label": "short", "scopes": ["read"], "days": 1})[1]["token"]
        idle = self.signed_in("ana")
        self.assertEqual(Person(self.lab, token=token).status("GET", "/api/v1/jobs"), 200)
        ids = [s["id"] for s in person.json("GET", "/api/v1/sessions")[1]["sessions"] if s["current"]]
        idle_ids = [s["id"] for s in idle.json("GET", "/api/v1/sessions")[1]["sessions"] if s["current"]]
        with sqlite3.connect(self.lab.data / "accounts.db") as database:  # as if the time had passed
            month, week, now = 31 * 86_400_000, 8 * 86_400_000, int(time.time() * 1000)
            database.execute("UPDATE sessions SET made = ? WHERE id = ?", (now - month, ids[0]))
            database.execute("UPDATE sessions SET used = ? WHERE id = ?", (now - week, idle_ids[0]))
            database.execute("UPDATE tokens SET expires = ? WHERE label = 'short'", (now - 1,))
        self.assertEqual(person.status("GET", "/api/v1/jobs"), 401)
        self.assertEqual(idle.status("GET", "/api/v1/jobs"), 401)
        status, said = Person(self.lab, token=token).json("GET", "/api/v1/jobs")
        self.assertEqual((status, said["code"]), (401, "bad_token"))
        self.assertIn("expired", said["detail"])

    def test_other_sites_may_neither_sign_in_nor_act_with_the_cookie(self):
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                        {"Origin": "null"}):
            with self.subTest(headers=headers):
                for method, path, fields in (("POST", "/api/v1/session", {"name": "ana", "password": PASSWORD}),
                                             ("DELETE", "/api/v1/session", None), ("POST", "/api/v1/tokens", {}),
                                             ("PATCH", "/api/v1/users/bob", {"disabled": True})):
                    status, said = Person(self.lab, cookie=self.root.cookie).json(method, path, fields, headers=headers)
                    self.assertEqual((status, said["code"]), (403, "cross_origin"))

    def test_a_form_of_another_site_is_no_request(self):
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", None):
            headers = {"Content-Type": kind} if kind else {}
            status = self.lab.ask("POST", "/api/v1/session", '{"name":"ana","password":"x"}', headers)[0]
            self.assertEqual(status, 415, kind)

    def test_bodies_that_are_no_fields_are_refused_in_words(self):
        for body in ("", "[]", "{", '{"name": 5, "password": "x"}', '{"name": "ana"}', '{"name": "a", "password": "b", "role": "administrator"}',
                     '"x"', "\xff", '{"name": null, "password": "x"}'):
            status, said = self.lab.ask_json("POST", "/api/v1/session", body.encode("latin-1"), {"Content-Type": "application/json"})
            self.assertEqual(status, 400, body)
            self.assertGreater(len(said["detail"]), 10)
        status, _, _ = self.lab.ask("POST", "/api/v1/session", b" " * 100_000, {"Content-Type": "application/json"})
        self.assertEqual(status, 413)
        status, _ = self.nobody().json("POST", "/api/v1/session", {"name": "ana", "password": "x" * 60_000})
        self.assertEqual(status, 401, "a password of any length takes one hash")

    def test_a_sign_in_from_a_page_stays_quick_for_pages_meanwhile(self):
        with concurrent.futures.ThreadPoolExecutor(24) as crowd:
            tries = [crowd.submit(self.nobody().status, "POST", "/api/v1/session", {"name": f"crowd{i}", "password": "x" * 20})
                     for i in range(24)]
            slowest = 0
            while not all(one.done() for one in tries):
                begun = time.monotonic()
                self.assertEqual(self.ana.status("GET", "/api/v1/queue"), 200)
                slowest = max(slowest, time.monotonic() - begun)
        self.assertLess(slowest, 1.0)
        self.assertEqual({one.result() for one in tries} - {401, 429, 503}, set())


class Held(WithAccounts):
    def test_pages_do_not_wait_for_a_disk_that_takes_no_account(self):
        holder = sqlite3.connect(self.lab.data / "accounts.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")  # as a disk that syncs for seconds
        try:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                held = pool.submit(self.ana.json, "POST", "/api/v1/tokens", {"label": "x", "scopes": ["read"]})
                slowest = 0
                while not held.done():
                    begun = time.monotonic()
                    self.assertEqual(self.bob.status("GET", "/api/v1/queue"), 200)
                    slowest = max(slowest, time.monotonic() - begun)
                status, said = held.result()
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        self.assertEqual((status, said["code"]), (503, "overloaded"))
        self.assertLess(slowest, 1.0)
        self.assertEqual(self.ana.status("POST", "/api/v1/tokens", {"label": "x", "scopes": ["read"]}), 201)


class Throttled(WithAccounts):
    def test_guessing_is_slowed_for_known_and_unknown_names_alike_and_locks_nobody_out(self):
        for name in ("bob", "no-such-person"):
            answers = [self.nobody().ask("POST", "/api/v1/session", {"name": name, "password": f"guess number {i}"})
                       for i in range(12)]
            statuses = [status for status, _, _ in answers]
            self.assertEqual(statuses[0], 401)
            self.assertEqual(statuses[-1], 429)
            self.assertLessEqual(int(answers[-1][1]["Retry-After"]), 10)
        wait = int(answers[-1][1]["Retry-After"])
        self.assertLessEqual(wait, 10)


class Links(WithAccounts):
    def test_the_set_up_link_makes_one_administrator_and_is_spent(self):
        lab = Lab(WithAccounts.bin)
        try:
            lab.start_front("--accounts", "on")
            path = lab.data / "run" / "setup-link"
            self.assertEqual(path.stat().st_mode & 0o077, 0)
            told = subprocess.run([WithAccounts.bin / "nias", "setup-link", "--data", lab.data], capture_output=True, text=True)
            self.assertEqual(told.stdout, path.read_text())
            self.assertIn(path.read_text().strip(), lab.log("httpfront"))
            self.assertTrue(Person(lab).json("GET", "/api/v1/session")[1]["empty"])
            secret = set_up_secret(lab)
            root = accept(lab, secret, "Root")
            self.assertEqual(root.json("GET", "/api/v1/session")[1]["user"]["role"], "administrator")
            status, said = Person(lab).json("POST", "/api/v1/invitations/accept",
                                            {"invitation": secret, "name": "eve", "password": PASSWORD})
            self.assertEqual((status, said["code"]), (404, "invitation_gone"))
            lab.stop("httpfront")
            lab.start_front()  # there are accounts, so «auto» is «on»
            self.assertFalse(path.exists())
            told = subprocess.run([WithAccounts.bin / "nias", "setup-link", "--data", lab.data], capture_output=True, text=True)
            self.assertEqual(told.returncode, 1)
            self.assertIn("--setup-link", told.stderr)
            self.assertEqual(Person(lab).status("GET", "/api/v1/jobs"), 401)
            lab.stop("httpfront")
            lab.start_front("--setup-link")
            accept(lab, set_up_secret(lab), "second")
        finally:
            lab.close()

    def test_an_invitation_gives_its_role_once(self):
        made = self.root.json("POST", "/api/v1/invitations", {"role": "administrator", "note": "<script>alert(1)</script>"})[1]
        listed = self.root.json("GET", "/api/v1/invitations")[1]["invitations"]
        self.assertIn(made["id"], [one["id"] for one in listed])
        self.assertNotIn("path", listed[0])
        secret = made["path"].split("#")[1]
        look = self.nobody().json("POST", "/api/v1/invitations/look", {"invitation": secret})
        self.assertEqual(look, (200, {"kind": "join", "role": "administrator", "user": ""}))
        carl = accept(self.lab, secret, "carl")
        self.assertEqual(carl.status("GET", "/api/v1/users"), 200)
        self.assertEqual(self.nobody().status("POST", "/api/v1/invitations/look", {"invitation": secret}), 404)

    def test_a_withdrawn_and_a_guessed_link_open_nothing(self):
        made = self.root.json("POST", "/api/v1/invitations", {})[1]
        self.assertEqual(self.root.status("DELETE", f"/api/v1/invitations/{made['id']}"), 204)
        for secret in (made["path"].split("#")[1], made["id"], "", "A" * 43, "x" * 5000):
            status, said = self.nobody().json("POST", "/api/v1/invitations/accept",
                                              {"invitation": secret, "name": "eve", "password": PASSWORD})
            self.assertEqual((status, said["code"]), (404, "invitation_gone"), secret)

    def test_names_and_passwords_that_cannot_be_are_refused_and_the_link_stays_good(self):
        secret = self.root.json("POST", "/api/v1/invitations", {})[1]["path"].split("#")[1]
        wishes = [({"name": ""}, "bad_name"), ({"name": "a b"}, "bad_name"), ({"name": "<b>x</b>"}, "bad_name"), ({"name": "../x"}, "bad_name"),
                  ({"name": "*"}, "bad_name"), ({"name": "á"}, "bad_name"), ({"name": "x" * 65}, "bad_name"), ({"name": "-x"}, "bad_name"),
                  ({"password": "short"}, "weak_password"), ({"password": "a" * 20}, "weak_password"),
                  ({"password": "dora-dora1"}, "weak_password"), ({"password": "x1y2z3" * 200}, "weak_password"),
                  ({"name": "ANA"}, "name_taken")]
        for wish, code in wishes:
            with self.subTest(wish=wish):
                status, said = self.nobody().json("POST", "/api/v1/invitations/accept",
                                                  {"invitation": secret, "name": "dora", "password": PASSWORD, **wish})
                self.assertIn((status, said["code"]), ((422, code), (409, code)))
        accept(self.lab, secret, "dora")

    def test_two_who_use_a_link_at_once_make_one_account(self):
        secret = self.root.json("POST", "/api/v1/invitations", {})[1]["path"].split("#")[1]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(lambda i: self.nobody().status(
                "POST", "/api/v1/invitations/accept", {"invitation": secret, "name": f"twin{i}", "password": PASSWORD}), range(4)))
        self.assertEqual(sorted(statuses), [201, 404, 404, 404])

    def test_a_password_link_gives_a_fresh_password_and_ends_the_sessions(self):
        join(self.lab, self.root, "erik")
        before = self.signed_in("erik")
        made = self.root.json("POST", "/api/v1/users/erik/password-link")
        self.assertEqual(made[0], 201)
        secret = made[1]["path"].split("#")[1]
        self.assertEqual(self.nobody().json("POST", "/api/v1/invitations/look", {"invitation": secret})[1],
                         {"kind": "password", "role": "researcher", "user": "erik"})
        accept(self.lab, secret, "ignored", "another long one")
        self.assertEqual(before.status("GET", "/api/v1/jobs"), 401)
        self.signed_in("erik", "another long one")
        self.assertEqual(self.nobody().status("POST", "/api/v1/session", {"name": "erik", "password": PASSWORD}), 401)
        self.assertEqual(self.root.status("POST", "/api/v1/users/nobody/password-link"), 404)


class Modes(unittest.TestCase):
    def refused(self, *args):
        lab = Lab(WithAccounts.bin)
        try:
            run = subprocess.run([WithAccounts.bin / "nias-httpfront", "--data", lab.data, "--port", "0", *args],
                                 capture_output=True, text=True, timeout=30)
            self.assertEqual(run.returncode, 2, run.stderr)
            return run.stderr
        finally:
            lab.close()

    def test_it_does_not_start_where_the_options_would_open_it_to_strangers(self):
        everywhere = ("--listen", "0.0.0.0", "--insecure-http")
        self.assertIn("everybody on the network", self.refused("--accounts", "off", *everywhere))
        self.assertIn("auto, on or off", self.refused("--accounts", "maybe"))
        self.assertIn("--trusted-proxy", self.refused("--trust-user-header", "X-User"))
        self.assertIn("no address", self.refused("--trusted-proxy", "proxy.example"))
        self.assertIn("contradict", self.refused("--accounts", "off", "--trusted-proxy", "127.0.0.1"))
        self.assertIn("meaning of its own", self.refused("--trusted-proxy", "127.0.0.1", "--trust-user-header", "Cookie"))

    def session_of(self, *args, headers=None):
        lab = Lab(WithAccounts.bin)
        try:
            lab.start_front(*args)
            return Person(lab).json("GET", "/api/v1/session", headers=headers)
        finally:
            lab.close()

    def test_auto_is_open_only_while_nothing_says_that_others_come(self):
        self.assertEqual(self.session_of("--owner", "lab")[1], {"accounts": False, "empty": False, "owner": "lab", "user": None})
        for args in (("--listen", "0.0.0.0", "--insecure-http"), ("--trusted-proxy", "127.0.0.1")):
            self.assertTrue(self.session_of(*args)[1]["accounts"], args)

    def test_another_name_of_an_open_server_is_answered_and_warned_of(self):
        lab = Lab(WithAccounts.bin)
        try:
            lab.start_front("--allow-host", "lab.example")
            self.assertFalse(Person(lab).json("GET", "/api/v1/session", headers={"Host": "lab.example"})[1]["accounts"])
        finally:
            lab.close()

    def test_an_open_server_answers_no_proxy_unless_that_was_meant(self):
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "Via", "X-Real-IP"):
            status, said = self.session_of(headers={name: "10.0.0.9"})
            self.assertEqual((status, said["code"]), (403, "open_behind_proxy"), name)
        self.assertEqual(self.session_of("--accounts", "off", headers={"X-Forwarded-For": "10.0.0.9"})[0], 200)

    def test_an_open_server_has_no_accounts_to_manage(self):
        lab = Lab(WithAccounts.bin)
        try:
            lab.start_front()
            person = Person(lab)
            for method, path in (("GET", "/api/v1/users"), ("GET", "/api/v1/tokens"), ("GET", "/api/v1/sessions"),
                                 ("POST", "/api/v1/invitations"), ("POST", "/api/v1/session"), ("DELETE", "/api/v1/session")):
                status, said = person.json(method, path, {} if method == "POST" else None)
                self.assertEqual((status, said["code"]), (409, "no_accounts"), path)
            self.assertFalse((lab.data / "accounts.db").exists())
        finally:
            lab.close()


class Proxied(WithAccounts):
    front = ("--accounts", "on", "--trusted-proxy", "127.0.0.1", "--trust-user-header", "X-Remote-User")

    def by_proxy(self, name, **more):
        return self.nobody().json("GET", "/api/v1/session", headers={"X-Remote-User": name, **more})

    def test_the_proxy_names_who_has_signed_in_there(self):
        status, said = self.by_proxy("Ana")
        self.assertEqual((status, said["user"]["name"], said["user"]["by"]), (200, "ana", "proxy"))
        self.assertEqual(self.by_proxy("ida")[1]["user"], {"name": "ida", "full_name": "", "role": "researcher", "by": "proxy"})
        self.assertIn("ida", [user["name"] for user in self.root.json("GET", "/api/v1/users")[1]["users"]])
        self.assertIsNone(self.by_proxy("<b>")[1]["user"])
        self.assertEqual(self.nobody().json("GET", "/api/v1/jobs", headers={"X-Remote-User": "<b>"})[0], 401)

    def test_two_names_are_none(self):
        answer = self.lab.raw(f"GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:{self.lab.port}\r\nX-Remote-User: root\r\n"
                              "X-Remote-User: bob\r\nConnection: close\r\n\r\n".encode())
        self.assertTrue(answer.startswith(b"HTTP/1.1 401 "), answer[:100])

    def test_a_closed_account_is_closed_behind_the_proxy_too(self):
        self.by_proxy("jo")
        self.root.json("PATCH", "/api/v1/users/jo", {"disabled": True})
        status, said = self.nobody().json("GET", "/api/v1/jobs", headers={"X-Remote-User": "jo"})
        self.assertEqual((status, said["code"]), (401, "account_closed"))

    def test_the_address_and_the_scheme_are_those_of_the_browser(self):
        person = self.nobody()
        status, headers, _ = person.ask("POST", "/api/v1/session", {"name": "ana", "password": PASSWORD},
                                        headers={"X-Forwarded-For": "6.6.6.6, 10.0.0.9", "X-Forwarded-Proto": "https"})
        self.assertEqual(status, 200)
        self.assertRegex(headers["Set-Cookie"], r"^__Host-nias=[\w-]{43}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$")
        self.assertEqual(person.status("GET", "/api/v1/jobs"), 401, "a cookie of HTTPS counts in clear")
        sessions = person.json("GET", "/api/v1/sessions", headers={"X-Forwarded-Proto": "https"})[1]["sessions"]
        self.assertEqual(sessions[0]["address"], "10.0.0.9")


class NotOfTheProxy(WithAccounts):
    front = ("--accounts", "on", "--trusted-proxy", "127.0.0.2", "--trust-user-header", "X-Remote-User")

    def test_whoever_is_not_the_proxy_names_nobody(self):
        self.assertEqual(self.nobody().status("GET", "/api/v1/jobs", headers={"X-Remote-User": "root"}), 401)
        person = self.nobody()
        person.ask("POST", "/api/v1/session", {"name": "ana", "password": PASSWORD},
                   headers={"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https"})
        self.assertTrue(person.cookie.startswith("nias="))
        self.assertEqual(person.json("GET", "/api/v1/sessions")[1]["sessions"][0]["address"], "127.0.0.1")


if __name__ == "__main__":
    WithAccounts.bin = pathlib.Path(sys.argv[1]).resolve()
    os.environ.pop("NIAS_READY_FD", None)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
