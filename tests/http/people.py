"""People with accounts on a server of a test's own: who they are, how they ask, and how they come in."""
import http.client
import json
import pathlib
import sqlite3
import unittest

from lab import Lab, eventually, make_zip

PASSWORD = "correct horse battery"
PROGRAM = "import os\nos.makedirs('output', exist_ok=True)\nopen('output/a.txt', 'w').write('mine')\nprint('said')\n"


class Person:
    """Asks as one who has a cookie or a token, or nothing."""

    def __init__(self, lab, cookie=None, token=None):
        self.lab, self.cookie, self.token = lab, cookie, token

    def ask(self, method, path, fields=None, headers=None, body=None):
        headers = dict(headers or {})
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if fields is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(fields)
        status, answered, content = self.lab.ask(method, path, body, headers)
        for cookie in answered.get_all("Set-Cookie") or []:
            value = cookie.split(";")[0]
            self.cookie = value if value.split("=", 1)[1] else None
            self.last_cookie = cookie
        return status, answered, content

    def json(self, method, path, fields=None, **more):
        status, _, content = self.ask(method, path, fields, **more)
        return status, json.loads(content) if content else None

    def status(self, method, path, fields=None, **more):
        return self.ask(method, path, fields, **more)[0]

    def submit(self, name):
        return self.json("POST", "/api/v1/jobs", body=make_zip({f"{name}/code.py": PROGRAM}),
                         headers={"Content-Type": "application/zip"})

    def follow(self, query=""):
        """A connection on which the events come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=30)
        connection.request("GET", "/api/v1/events" + query, headers={"Cookie": self.cookie or ""})
        return connection, connection.getresponse()


def set_up_secret(lab):
    link = (lab.data / "run" / "setup-link").read_text().strip()
    return link.split("/welcome#")[1]


def accept(lab, secret, name, password=PASSWORD, full_name=""):
    person = Person(lab)
    fields = {"invitation": secret, "name": name, "full_name": full_name, "password": password}
    status, said = person.json("POST", "/api/v1/invitations/accept", fields)
    assert status == 201, said
    return person


def join(lab, administrator, name, role="researcher", full_name=""):
    status, made = administrator.json("POST", "/api/v1/invitations", {"role": role, "note": f"for {name}"})
    assert status == 201, made
    return accept(lab, made["path"].split("#")[1], name, full_name=full_name)


def finished_job(person, name):
    """A job of this person that ran to its end."""
    status, job = person.submit(name)
    assert status == 201, job

    def ended():
        status, now = person.json("GET", f"/api/v1/jobs/{job['id']}")
        assert status == 200, now
        return now if now["outcome"] else None
    return eventually(ended, within=90)


class WithAccounts(unittest.TestCase):
    """One server with an administrator (root) and two researchers (ana, bob)."""
    front = ("--accounts", "on", "--threads", "4")
    bin = pathlib.Path()  # set by the program that has the tests

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(cls.bin)
        try:
            cls.lab.start("ventilator")
            cls.lab.start("sink")
            cls.lab.start("worker", "--slots", "1")
            cls.lab.start_front(*cls.front)
            cls.root = accept(cls.lab, set_up_secret(cls.lab), "root")
            cls.ana = join(cls.lab, cls.root, "ana", full_name="Ana <b>Lima</b>")
            cls.bob = join(cls.lab, cls.root, "bob")
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        died = [name for name, process in cls.lab.processes.items() if process.poll() is not None]
        cls.lab.close()
        assert not died, f"died unnoticed: {died}"

    def nobody(self):
        return Person(self.lab)

    def signed_in(self, name, password=PASSWORD):
        person = Person(self.lab)
        status, said = person.json("POST", "/api/v1/session", {"name": name, "password": password})
        self.assertEqual(status, 200, said)
        return person

    def audit(self):
        with sqlite3.connect(f"file:{self.lab.data}/accounts.db?mode=ro", uri=True) as database:
            return database.execute("SELECT actor, action, subject FROM audit ORDER BY seq").fetchall()
