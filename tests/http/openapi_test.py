"""The OpenAPI document, walked against a running server: every operation is called, and every answer must be one that the
document describes: its status, its type, its fields, none left out and none that is not named.

    openapi_test.py BIN_DIR [unittest arguments]
"""
import base64
import hashlib
import http.client
import json
import pathlib
import re
import sys
import unittest

import jsonschema
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import people  # noqa: E402
from headers import header_faults  # noqa: E402
from lab import Lab, make_zip  # noqa: E402
from people import PASSWORD, PROGRAM, Person  # noqa: E402

BIN = pathlib.Path()
TUS = {"Tus-Resumable": "1.0.0"}
VERBS = ("get", "put", "post", "delete", "patch", "options")


def strict(schema):
    """The same schema, by which an object has no field that is not named."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        out["additionalProperties"] = False
    return out


class Document:
    def __init__(self, text):
        self.tree = yaml.safe_load(text)
        self.components = strict(self.tree["components"])
        self.operations = {}  # (verb, pattern of its path): operation
        for path, item in self.tree["paths"].items():
            pattern = re.sub(r"\\{(\w+)\\}", lambda hit: "(.+)" if hit[1] == "path" else "([^/]+)", re.escape(path))
            for verb in VERBS:
                if verb in item:
                    self.operations[verb, pattern] = item[verb]

    def operation(self, method, path):
        verb = "get" if method == "HEAD" else method.lower()
        found = [operation for (own, pattern), operation in self.operations.items()
                 if own == verb and re.fullmatch(pattern, path.split("?")[0])]
        exact = [operation for operation in found if operation is self.tree["paths"].get(path.split("?")[0], {}).get(verb)]
        return (exact or sorted(found, key=lambda one: "{path}" in str(one)))[0]

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.tree
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def check(self, method, path, status, headers, content):
        """Raises with words where this answer is none that the document describes."""
        operation = self.operation(method, path)
        where = f"{operation['operationId']}: {method} {path} → {status}"
        answers = {**self.tree["x-everywhere"], **operation["responses"]}
        if str(status) not in answers:
            raise AssertionError(f"{where} is not described, only {list(answers)}: {content[:300]}")
        response = self.resolve(answers[str(status)])
        for name, header in (response.get("headers") or {}).items():
            header = self.resolve(header)
            if name not in headers:
                raise AssertionError(f"{where} has no {name}")
            value = headers[name]
            schema = header.get("schema", {})
            self.validate(schema, int(value) if schema.get("type") == "integer" else value, f"{where}, {name}")
        if method == "HEAD" or not content:
            return operation["operationId"]
        described = response.get("content") or {}
        kind = headers.get("Content-Type", "").split(";")[0]
        if kind not in described and "*/*" not in described:
            raise AssertionError(f"{where} is {kind}, described are {list(described)}")
        schema = described.get(kind, {}).get("schema")
        if kind.endswith("json") and schema is not None:
            self.validate(schema, json.loads(content), where)
        return operation["operationId"]

    def validate(self, schema, value, where):
        whole = {"allOf": [strict(schema)], "components": self.components}
        errors = sorted(jsonschema.Draft202012Validator(whole).iter_errors(value), key=str)
        if errors:
            raise AssertionError(f"{where}: {errors[0].json_path}: {errors[0].message[:300]}")


class Walk(unittest.TestCase):
    """One server with accounts. The tests call; at the end nothing of the document is left that nobody called."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BIN)
        try:
            for name in ("ventilator", "sink"):
                cls.lab.start(name)
            cls.lab.start("worker", "--slots", "2")
            cls.lab.start_front("--accounts", "on")
            cls.document = Document(cls.lab.ask("GET", "/api/v1/openapi.yaml")[2].decode())
            cls.walked, cls.faults = set(), []
            Person.ask = cls.observed(Person.ask)
            cls.setup = people.set_up_secret(cls.lab)
            looked = Person(cls.lab).json("POST", "/api/v1/invitations/look", {"invitation": cls.setup})
            assert looked[0] == 200, looked
            cls.root = people.accept(cls.lab, cls.setup, "root")
            cls.ana = people.join(cls.lab, cls.root, "ana")
        except BaseException:
            cls.lab.close(keep=True)
            raise

    @classmethod
    def tearDownClass(cls):
        Person.ask = cls.unobserved
        cls.lab.close()

    @classmethod
    def observed(cls, ask):
        """Every answer to anybody is compared with the document, and has the headers of its kind."""
        cls.unobserved = ask

        def asked(person, method, path, *more, **fields):
            status, headers, content = ask(person, method, path, *more, **fields)
            cls.faults += header_faults(path, status, headers)
            try:
                name = cls.document.check(method, path, status, headers, content)
            except AssertionError as fault:
                cls.faults.append(str(fault))
                return status, headers, content
            cls.walked.add(name)
            return status, headers, content
        return asked

    def answered(self, expected, person, method, path, *more, **fields):
        status, headers, content = person.ask(method, path, *more, **fields)
        self.assertEqual(status, expected, f"{method} {path}: {content[:300]}")
        return json.loads(content) if content and headers.get("Content-Type", "").split(";")[0].endswith("json") else content

    def test_the_document_describes_every_answer(self):
        for step in (self.walk_jobs, self.walk_uploads, self.walk_accounts, self.walk_the_rest, self.walk_refusals):
            step()
        self.assertEqual(sorted(set(self.faults)), [])
        described = {operation["operationId"] for operation in self.document.operations.values()}
        self.assertEqual(described - self.walked, set(), "nobody called these")

    def walk_jobs(self):
        ana, ok = self.ana, self.answered
        zipped = make_zip({"study/code.py": PROGRAM, "study/.DS_Store": "x"})
        kind = {"Content-Type": "application/zip", "X-Filename": "study.zip"}
        ok(200, ana, "POST", "/api/v1/jobs/validate", body=zipped, headers=kind)
        job = ok(201, ana, "POST", "/api/v1/jobs", body=zipped, headers={**kind, "Idempotency-Key": "walk"})["id"]
        ok(200, ana, "POST", "/api/v1/jobs", body=zipped, headers={**kind, "Idempotency-Key": "walk"})
        self.assertEqual(ok(200, ana, "GET", f"/api/v1/jobs/{job}?wait=60")["state"], "succeeded")
        ok(200, ana, "GET", "/api/v1/jobs?state=succeeded&q=stu&limit=1")
        ok(200, ana, "GET", f"/api/v1/jobs/{job}/files")
        ok(200, ana, "GET", f"/api/v1/jobs/{job}/files/a.txt")
        ok(200, ana, "GET", f"/api/v1/jobs/{job}/live")
        ok(404, ana, "GET", f"/api/v1/jobs/{job}/live/a.csv")
        for path in ("output", "bundle", "log"):
            ok(200, ana, "GET", f"/api/v1/jobs/{job}/{path}")
            ok(206, ana, "GET", f"/api/v1/jobs/{job}/{path}", headers={"Range": "bytes=0-2"})
            ok(416, ana, "GET", f"/api/v1/jobs/{job}/{path}", headers={"Range": "bytes=999999-"})
        tag = ana.ask("HEAD", f"/api/v1/jobs/{job}/output")[1]["ETag"]
        ok(304, ana, "GET", f"/api/v1/jobs/{job}/output", headers={"If-None-Match": tag})
        ok(200, ana, "GET", f"/api/v1/jobs/{job}/log?tail=3")
        ok(201, ana, "POST", f"/api/v1/jobs/{job}/rerun", {"time_limit_ms": 60_000})
        endless = make_zip({"code.py": "import time\ntime.sleep(600)\n"})
        long = ok(201, ana, "POST", "/api/v1/jobs", body=endless, headers={"Content-Type": "application/zip"})["id"]
        ok(404, ana, "GET", f"/api/v1/jobs/{long}/output")
        ok(409, ana, "DELETE", f"/api/v1/jobs/{long}")
        ok(202, ana, "POST", f"/api/v1/jobs/{long}/cancel")
        self.assertEqual(ok(200, ana, "GET", f"/api/v1/jobs/{long}?wait=30")["state"], "cancelled")
        ok(409, ana, "POST", f"/api/v1/jobs/{long}/cancel")
        failing = make_zip({"code.py": "import sys\nsys.exit('no electrode')\n"})
        failed = ok(201, ana, "POST", "/api/v1/jobs", body=failing, headers={"Content-Type": "application/zip"})["id"]
        self.assertEqual(ok(200, ana, "GET", f"/api/v1/jobs/{failed}?wait=30")["state"], "failed")
        for verb, path, body in (("DELETE", f"/{failed}", None), ("POST", f"/{failed}/restore", None), ("POST", "/delete", {"ids": [failed, "0"]}),
                                 ("POST", "/restore", {"ids": [failed]}), ("GET", f".zip?ids={job},{failed}", None)):
            ok(200, ana, verb, f"/api/v1/jobs{path}", body)
        ok(200, ana, "GET", "/api/v1/usage")
        ok(200, ana, "GET", f"/api/v1/bundles/{hashlib.sha256(zipped).hexdigest()}")
        ok(404, ana, "GET", f"/api/v1/bundles/{'0' * 64}")

    def walk_uploads(self):
        ana, ok = self.ana, self.answered
        content = make_zip({"up/code.py": "print(1)\n"})
        part = {**TUS, "Content-Type": "application/offset+octet-stream"}
        ok(204, ana, "OPTIONS", "/api/v1/uploads")
        named = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": "filename " + base64.b64encode(b"up.zip").decode()}
        status, headers, _ = ana.ask("POST", "/api/v1/uploads", headers=named)
        self.assertEqual(status, 201)
        location = headers["Location"]
        ok(409, ana, "PATCH", location, body=b"x", headers={**part, "Upload-Offset": "5"})
        ok(409, ana, "POST", "/api/v1/jobs", {"upload": location.rsplit("/", 1)[1]})
        ok(204, ana, "PATCH", location, body=content[:10], headers={**part, "Upload-Offset": "0"})
        ok(200, ana, "GET", location, headers=TUS)
        ok(204, ana, "POST", location, body=content[10:], headers={**part, "Upload-Offset": "10", "X-HTTP-Method-Override": "PATCH"})
        ok(201, ana, "POST", "/api/v1/jobs", {"upload": location.rsplit("/", 1)[1]})
        given_up = ana.ask("POST", "/api/v1/uploads", headers=named)[1]["Location"]
        ok(204, ana, "DELETE", given_up, headers=TUS)
        ok(404, ana, "GET", given_up, headers=TUS)
        ok(412, ana, "POST", "/api/v1/uploads", headers={"Upload-Length": "5"})
        ok(400, ana, "POST", "/api/v1/uploads", headers={**TUS, "Upload-Length": "0"})
        ok(413, ana, "POST", "/api/v1/uploads", headers={**TUS, "Upload-Length": str(9 << 30)})

    def walk_accounts(self):
        root, ok, nobody = self.root, self.answered, Person(self.lab)
        ok(200, nobody, "GET", "/api/v1/session")
        ok(401, nobody, "POST", "/api/v1/session", {"name": "ana", "password": "wrong and long"})
        other = Person(self.lab)
        ok(200, other, "POST", "/api/v1/session", {"name": "ana", "password": PASSWORD})
        ok(200, other, "GET", "/api/v1/session")
        own = ok(200, other, "GET", "/api/v1/sessions")["sessions"]
        ok(204, self.ana, "DELETE", f"/api/v1/sessions/{next(one['id'] for one in own if one.get('current'))}")
        ok(200, self.ana, "POST", "/api/v1/password", {"current": PASSWORD, "password": PASSWORD + " two"})
        ok(422, self.ana, "POST", "/api/v1/password", {"current": PASSWORD + " two", "password": "short"})
        token = ok(201, self.ana, "POST", "/api/v1/tokens", {"label": "walk", "scopes": ["read"], "days": 1})
        ok(200, self.ana, "GET", "/api/v1/tokens")
        ok(200, Person(self.lab, token=token["token"]), "GET", "/api/v1/jobs")
        ok(403, Person(self.lab, token=token["token"]), "GET", "/api/v1/tokens")
        ok(204, self.ana, "DELETE", f"/api/v1/tokens/{token['id']}")
        ok(401, Person(self.lab, token=token["token"]), "GET", "/api/v1/jobs")
        invitation = ok(201, root, "POST", "/api/v1/invitations", {"role": "researcher", "note": "walk"})
        ok(200, root, "GET", "/api/v1/invitations")
        ok(204, root, "DELETE", f"/api/v1/invitations/{invitation['id']}")
        ok(404, root, "DELETE", f"/api/v1/invitations/{invitation['id']}")
        ok(404, nobody, "POST", "/api/v1/invitations/look", {"invitation": "gone"})
        ok(404, nobody, "POST", "/api/v1/invitations/accept", {"invitation": "gone", "name": "eva", "password": PASSWORD})
        ok(200, root, "GET", "/api/v1/users")
        ok(200, root, "PATCH", "/api/v1/users/ana", {"disabled": False})
        ok(409, root, "PATCH", "/api/v1/users/root", {"role": "researcher"})
        ok(404, root, "PATCH", "/api/v1/users/nobody", {"disabled": False})
        ok(403, self.ana, "GET", "/api/v1/users")
        ok(201, root, "POST", "/api/v1/users/ana/password-link")
        ok(204, Person(self.lab, cookie=root.cookie and self.signed_in("root").cookie), "DELETE", "/api/v1/session")

    def signed_in(self, name):
        person = Person(self.lab)
        self.answered(200, person, "POST", "/api/v1/session", {"name": name, "password": PASSWORD})
        return person

    def walk_the_rest(self):
        ok, nobody = self.answered, Person(self.lab)
        ok(200, self.ana, "GET", "/api/v1/queue")
        ok(200, self.ana, "PUT", "/api/v1/notices", {"webhook": "https://lab.example/x"})
        ok(200, self.ana, "GET", "/api/v1/notices")
        ok(422, self.ana, "PUT", "/api/v1/notices", {"webhook": "http://127.0.0.1/"})
        ok(409, self.ana, "PUT", "/api/v1/notices", {"mail": "ana@lab.example"})
        ok(200, nobody, "GET", "/api/v1/openapi.yaml")
        self.assertEqual(ok(200, nobody, "GET", "/api/v1/openapi.json"), self.document.tree)
        ok(200, nobody, "GET", "/healthz")
        ok(200, nobody, "GET", "/readyz")
        ok(200, self.ana, "GET", "/metrics")
        connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/events", headers={"Cookie": self.ana.cookie})
        response = connection.getresponse()
        self.walked.add(self.document.check("GET", "/api/v1/events", response.status, response.headers, b""))
        self.assertEqual(header_faults("/api/v1/events", response.status, response.headers), [])
        self.assertIn("text/event-stream", self.document.operation("GET", "/api/v1/events")["responses"]["200"]["content"])

        for (verb, pattern), operation in self.document.operations.items():
            if verb == "get" and "(" not in pattern and operation["operationId"] not in self.walked:
                ok(200, self.root, "GET", pattern.replace("\\", ""))

    def walk_refusals(self):
        """What any client can get: no account, another's job, a parameter that is none, a body that is none."""
        refused, nobody, ok = (400, 401, 403, 404, 405, 409, 411, 412, 415, 422), Person(self.lab), self.answered
        for (verb, pattern), operation in self.document.operations.items():
            path = re.sub(r"\\(.)", r"\1", pattern.replace("(.+)", "a.txt").replace("([^/]+)", "0" * 32))
            for person in (nobody, self.ana):
                for query, body in (("", b"{"), ("?surely_no_parameter=1", b"")):
                    with self.subTest(operation=operation["operationId"], by=person is nobody and "nobody" or "ana", query=query):
                        if (verb, path) in (("delete", "/api/v1/session"), ("get", "/api/v1/events")) and not query:
                            continue
                        headers = {"Content-Type": "application/json"} if verb in ("post", "put", "patch") else {}
                        status = person.ask(verb.upper(), path + query, body=body if verb in ("post", "put", "patch") else None, headers=headers)[0]
                        self.assertTrue(status < 400 or status in refused, status)
        ok(422, self.ana, "POST", "/api/v1/jobs", body=b"no zip", headers={"Content-Type": "application/zip"})
        ok(415, self.ana, "POST", "/api/v1/jobs", body=b"x", headers={"Content-Type": "image/png"})
        ok(400, self.ana, "POST", "/api/v1/jobs", body=b"", headers={"Content-Type": "application/zip"})


INTERFACES = {"api.ts": ("Job", "Outcome"), "account.ts": ("Session", "Token", "Invitation", "User")}


class Types(unittest.TestCase):
    """The pages' types of what the server answers are those of the document."""
    WEB = pathlib.Path(__file__).parents[2] / "httpfront"
    maxDiff = None

    def document(self):
        """As the build puts it together."""
        text = (self.WEB / "openapi.yaml").read_text()
        for part in set(re.findall(r"^@(\w+)@$", text, re.M)):
            text = text.replace(f"@{part}@", (self.WEB / "openapi" / f"{part.lower()}.yaml").read_text().rstrip("\n"))
        return Document(text)

    @staticmethod
    def interface(source, name):
        """{field: (its type, whether it may be missing)}"""
        body = re.search(rf"^export interface {name} {{\n(.*?)^}}", source, re.S | re.M)[1]
        return {field: (kind, bool(optional)) for field, optional, kind in re.findall(r"^    (\w+)(\??): (.*?);(?: //.*)?$", body, re.M)}

    def kind(self, document, schema):
        """The word of TypeScript for a schema: number, string, boolean, object, with [] and | null."""
        schema, name = document.resolve(schema), schema.get("$ref", "").rsplit("/", 1)[-1]
        if "oneOf" in schema:
            return " | ".join(sorted((self.kind(document, one) for one in schema["oneOf"]), key=lambda one: one == "null"))
        if name == "Words":
            return "Words"
        kinds = schema.get("type", "string" if "enum" in schema or "const" in schema else "object")
        words = []
        for one in kinds if isinstance(kinds, list) else [kinds]:
            words.append({"integer": "number", "array": "[]"}.get(one, one))
        if words == ["[]"]:
            return self.kind(document, schema["items"]) + "[]"
        return " | ".join(words)

    @staticmethod
    def plain(kind):
        """A type of the pages in the same words."""
        base, null = (kind.removesuffix(" | null"), " | null") if kind.endswith(" | null") else (kind, "")
        many = "[]" if base.endswith("[]") else ""
        base = base.removesuffix("[]")
        if base in ("number", "string", "boolean", "Words"):
            return base + many + null
        return ("string" if base.startswith('"') or base in ("JobState", "Role") else "object") + many + null

    def test_the_pages_know_an_answer_by_the_fields_and_types_of_the_document(self):
        document = self.document()
        for file, names in INTERFACES.items():
            source = (self.WEB / "web" / "src" / "data" / file).read_text()
            for name in names:
                with self.subTest(interface=name):
                    schema = document.tree["components"]["schemas"][name]
                    written = {field: (self.plain(kind), optional) for field, (kind, optional) in self.interface(source, name).items()}
                    described = {field: (self.kind(document, one), field not in schema["required"]) for field, one in schema["properties"].items()}
                    self.assertEqual(written, described)

    def test_the_states_of_a_job_are_the_same_in_both(self):
        source = (self.WEB / "web" / "src" / "data" / "api.ts").read_text()
        states = re.findall(r'"(\w+)"', re.search(r"kStates[^=]*= \[(.*?)\]", source, re.S)[1])
        self.assertEqual(states, self.document().tree["components"]["schemas"]["State"]["enum"])


if __name__ == "__main__":
    arguments = sys.argv[1:]
    BIN = pathlib.Path(arguments.pop(0)).resolve()
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=2)
