"""Each house rule finds its violation, and a clean tree passes:  tidy_test.py [unittest arguments]"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import tidy  # noqa: E402

MODULE = "nias_module({0})\n"
CLEAN = {  # the least tree that every rule has something to say about
    "README.md": "# Lab\nSee [the protocol](docs/protocol.md#messages) and `wire/messages.hpp`.\n",
    "libnias/include/nias/task.hpp": "/// Words.\n#pragma once\n#include <string>\nenum class TaskState { queued = 0, lost = 1 };\n",
    "libnias/base/CMakeLists.txt": MODULE,
    "libnias/base/clock.hpp": "/// Time.\n#pragma once\n#include <chrono>\n",
    "libnias/base/clock.cpp": '#include "base/clock.hpp"\nauto now() { return std::chrono::steady_clock::now(); }\n',
    "libnias/base/check.hpp": "/// Checks.\n#pragma once\n",
    "libnias/wire/messages.hpp": "/// Home.\n#pragma once\n#include <nias/task.hpp>\nstruct Beat {\n    int held = 0;\n    bool draining;\n};\n"
                                 "using Message = std::variant<Beat>;\n",
    "libnias/wire/fields.hpp": '/// Fields.\n#pragma once\ntemplate <typename A> void fields(A& a, Event& m) { a("state", m.state); a("held", m.held); }\ntemplate <typename A> void fields(A& a, Beat& m) { a("held", m.held); a("draining", m.draining); }\n',
    "libnias/core/CMakeLists.txt": MODULE,
    "libnias/core/task_machine.hpp": '/// Edges.\n#pragma once\nEdge{TaskState::queued, TaskEvent::worker_lost, TaskState::lost, "why not"},\n',
    "libnias/core/dispatch/dispatch.cpp": '#include "base/check.hpp"\nvoid tick(int now) { /* sleep(1) */ log("rand()"); }\n',
    "libnias/store/ledger/ledger.sql": "state TEXT CHECK (state = 'queued' OR state = 'lost')\n",
    "tests/golden/wire/v1/Beat.bin": b"\x00\x01",
    "tests/golden/wire/v1/Beat.json": "{}\n",
    "tests/tidy/ratchet.toml": '[lines]\n"tests/http/api_test.py" = 510\n[files]\n"worker" = 30\n',
    "tests/CMakeLists.txt": "set(layers wire core)\nforeach(layer ${layers})\n  file(GLOB s ${CMAKE_CURRENT_SOURCE_DIR}/unit/${layer}/*_test.cpp)\n"
                            "endforeach()\nforeach(name beat)\n  add_executable(${name} ${name}_fuzz.cpp)\nendforeach()\n",
    "tests/beat_fuzz.cpp": "x\n",
    "tests/fuzz/corpus/http/get": "GET / HTTP/1.1\r\n",
    "tests/unit/wire/codec_test.cpp": '#include "wire/messages.hpp"\n// P1\n',
    "docs/protocol.md": "# Protocol\n## Messages\n| 1 | Beat | worker → control | `held` u32 · `draining` bool |\n\n- **P1** It beats.\n\n"
                        "**Event** (array): `state` enum queued, lost · `held` u32\n",
    "docs/job-states.md": "    queued --> lost: worker_lost\n\n| queued | worker_lost | lost | why not |\n",
    "docs/operating.md": "### nias-sink\n| option | environment |\n| `--data` | `NIAS_DATA` |\n\n### nias up\n| `--port` | `NIAS_PORT` |\n",
    "docs/architecture.md": "# A\n## Layers\n| module | may include |\n| `libnias/include/nias` | itself |\n| `base` | public headers |\n"
                            "| `wire` | base |\n| `core` | wire, base |\n| `net` | wire, base |\n| `store` | wire, base |\n| `job` | base |\n"
                            "| `service` | core, net, store |\n| `daemon` | service and below |\n| `ventilator`, `sink` | daemon, service |\n"
                            "| `worker` | daemon, service, job |\n| `httpfront` | daemon, service, job, store |\n| `cli` | daemon, service, job, store |\n",
    "docs/http.md": "GET /healthz\n",
    "docs/dispatch.md": "# D\n| 1 | `Work` | a task |\n",
    "deploy/nias.toml": "port = 1\n",
    "sink/CMakeLists.txt": "nias_program(sink)\n",
    "sink/main.cpp": '#include "daemon/program.hpp"\nprogram.text("data", data, "where");\n',
    "libnias/daemon/program.hpp": "/// Options.\n#pragma once\n",
    "cli/CMakeLists.txt": MODULE,
    "cli/server/up.cpp": 'options.number("port", port, 0, 1, "where");\n',
    "httpfront/CMakeLists.txt": MODULE,
    "httpfront/api/routes.cpp": 'Route{"GET", "/healthz", handlers::get_health},\n',
    "httpfront/openapi/problem_schemas.yaml": "    Problem:\n        code:\n          description: x\n          enum: [no_program, gone]\n",
    "httpfront/api.cpp": "Problem refusal() { return {.code = \"gone\"}; }\n",
    "docs/job.md": "## What is refused\n| `no_program` | none |\n",
    "httpfront/openapi.yaml": "paths:\n  /healthz:\n    get:\ncomponents:\n    State:\n      enum: [queued, lost]\n",
    "httpfront/web/src/text/en.ts": 'export const en = {\n    yes: "Yes", of: (a: string, b: string) => `${a} of ${b}`,\n    more: { no: "No: really" },\n};\n',
    "httpfront/web/src/text/pt.ts": 'export const pt: Messages = {\n    yes: "Sim", of: (a, b) => `${a} de ${b}`,\n    more: { no: "Não" },\n};\n',
}
LAYERS = CLEAN["docs/architecture.md"]
CPP = '#include "base/check.hpp"\n'

# A name for the case: the rule that must speak, the file, what it holds (or how it changes), the line that is named.
CASES = {
    "a type of dispatch that no page explains": ("concept", "libnias/core/dispatch/lane.hpp", "/// Lane.\n#pragma once\nstruct Work {};\nstruct Lane {\n};\n", 4),
    "more concepts than one can learn": ("concepts", "docs/dispatch.md", "# D\n" + "".join(f"| {i} | `A{i}` | a |\n" for i in range(1, 30)), 30),
    "trailing blank": ("trailing-blank", "docs/a.md", "# A \n", 1),
    "tab": ("tab", "cli/server/up.cpp", lambda text: text + "\tx\n", 2),
    "no last newline": ("last-line", "docs/a.md", "# A", 1),
    "large binary": ("binary-size", "docs/a.png", b"\0" * 200_001, 1),
    "long file": ("file-size", "libnias/core/a.cpp", "x\n" * 451, 450),
    "endless file": ("file-size", "libnias/core/a.cpp", "x\n" * 801, 800),
    "grown listed file": ("file-size", "tests/http/api_test.py", "x = 1\n" * 511, 510),
    "shrunk listed file": ("ratchet", "tests/http/api_test.py", "x = 1\n" * 451, 1),
    "full folder": ("folder-size", "docs/many", 26, 1),
    "grown listed folder": ("folder-size", "worker", 31, 1),
    "shrunk listed folder": ("ratchet", "worker", 29, 1),
    "machine path": ("machine-path", "docs/a.md", "see /home" "/ana/nias\n", 1),
    "registry in a lock file": ("registry", "httpfront/web/package-lock.json", '{\n"resolved": "https://registry.example.org/x.tgz"\n}\n', 2),
    "todo without kind": ("todo", "libnias/core/a.cpp", CPP + "// TODO: later\n", 2),
    "fixme": ("todo", "libnias/core/a.cpp", CPP + "// FIXME\n", 2),
    "riddle": ("riddle", "libnias/core/a.cpp", CPP + "/// Of a task: its name.\n", 2),
    "riddle behind a line": ("riddle", "httpfront/web/src/a.ts", "const a = 1; // What comes next.\n", 1),
    "fragment behind a field": ("riddle", "libnias/base/a.hpp", "struct A {\n    int size = 0;  ///< of the whole file\n};\n", 2),
    "comment names no file": ("named", "libnias/core/a.cpp", CPP + "// See gone.cpp.\n", 2),
    "comment names no member": ("named", "libnias/core/a.cpp", CPP + "// Guards queue_ and more.\n", 2),
    "comment names no function": ("named", "libnias/core/a.cpp", CPP + "// As Queue::take does.\n", 2),
    "utils": ("name", "libnias/base/utils.hpp", "/// x\n#pragma once\n", 1),
    "camel case": ("name", "libnias/base/MyClock.hpp", "/// x\n#pragma once\n", 1),
    "include of nothing": ("include", "libnias/core/a.cpp", '#include "core/gone.hpp"\n', 1),
    "public include of nothing": ("include", "libnias/core/a.cpp", "#include <nias/gone.hpp>\n", 1),
    "layer": ("layer", "libnias/wire/a.hpp", '/// x\n#pragma once\n#include "core/task_machine.hpp"\n', 3),
    "base includes nobody": ("layer", "libnias/base/a.hpp", '/// x\n#pragma once\n#include "wire/messages.hpp"\n', 3),
    "daemon includes a daemon": ("layer", "sink/a.hpp", '/// x\n#pragma once\n#include "../libnias/core/task_machine.hpp"\n', 3),
    "quoted in public": ("layer", "libnias/include/nias/a.hpp", '/// x\n#pragma once\n#include "task.hpp"\n', 3),
    "row that is not ours": ("matrix", "docs/architecture.md", LAYERS.replace("| `wire` | base |", "| `wire` | job |"), 1),
    "row of more than is below": ("matrix", "docs/architecture.md", LAYERS.replace("| `net` | wire, base |", "| `net` | base |"), 1),
    "no row": ("matrix", "docs/architecture.md", LAYERS.replace("| `job` | base |\n", ""), 1),
    "clock in a core": ("pure-core", "libnias/core/a.cpp", '#include "base/clock.hpp"\n', 1),
    "thread in a core": ("pure-core", "libnias/core/a.cpp", "#include <thread>\n", 1),
    "system header in a core": ("pure-core", "libnias/core/a.cpp", "#include <unistd.h>\n", 1),
    "now in a core": ("pure-core", "libnias/core/a.cpp", CPP + "f(now());\n", 2),
    "zmq outside net": ("library", "sink/main.cpp", lambda text: text + "#include <zmq.h>\n", 3),
    "msgpack outside codec": ("library", "libnias/wire/a.hpp", "/// x\n#pragma once\n#include <msgpack.hpp>\n", 3),
    "spdlog in a header": ("library", "libnias/base/a.hpp", "/// x\n#pragma once\n#include <spdlog/spdlog.h>\n", 3),
    "unknown library": ("library", "sink/main.cpp", lambda text: text + "#include <folly/Format.h>\n", 3),
    "system header in public": ("library", "libnias/include/nias/a.hpp", "/// x\n#pragma once\n#include <unistd.h>\n", 3),
    "own header last": ("own-header", "libnias/base/clock.cpp", '#include "base/check.hpp"\n#include "base/clock.hpp"\n', 1),
    "header without words": ("header", "libnias/base/a.hpp", "#pragma once\n", 1),
    "header without once": ("header", "libnias/base/a.hpp", "/// x\n", 1),
    "clock": ("clock", "sink/main.cpp", lambda text: text + "auto t = std::chrono::system_clock::now();\n", 3),
    "sleep": ("sleep", "tests/unit/core/a_test.cpp", "x();\nstd::this_thread::sleep_for(1s);\n", 2),
    "rand": ("chance", "libnias/core/a.cpp", CPP + "int x = rand();\n", 2),
    "thread": ("thread", "sink/main.cpp", lambda text: text + "std::thread t([] {});\n", 3),
    "poco thread": ("poco-thread", "httpfront/site/pages.cpp", "Poco::Thread t;\n", 1),
    "system": ("process", "sink/main.cpp", lambda text: text + 'std::system("ls");\n', 3),
    "getenv": ("environment", "sink/main.cpp", lambda text: text + 'auto* x = ::getenv("HOME");\n', 3),
    "cout": ("print", "libnias/base/a.cpp", "std::cout << 1;\n", 1),
    "atoi": ("bounds", "cli/server/up.cpp", lambda text: text + "int x = atoi(y);\n", 2),
    "using namespace": ("using-namespace", "libnias/base/a.hpp", "/// x\n#pragma once\nusing namespace std;\n", 3),
    "raw new": ("ownership", "libnias/base/a.cpp", "x();\nauto* p = new Thing();\n", 2),
    "delete": ("ownership", "libnias/base/a.cpp", "x();\ny();\ndelete thing;\n", 3),
    "catch all": ("swallowed", "libnias/base/a.cpp", "void f() {\n    try { x(); } catch (...) { y(); }\n}\n", 2),
    "empty catch": ("swallowed", "libnias/base/a.cpp", "void f() {\n    try { x(); } catch (const E&) {}\n}\n", 2),
    "python sleep": ("sleep", "tests/process/a_test.py", "import time\ntime.sleep(1)\n", 2),
    "python that is none": ("python", "tests/process/a_test.py", "def\n", 1),
    "source of no target": ("not-compiled", "tests/unit/store/a_test.cpp", "x\n", 1),
    "source of no item of a list": ("not-compiled", "tests/drop_fuzz.cpp", "x\n", 1),
    "source of no module": ("not-compiled", "libnias/wire/a.cpp", "x\n", 1),
    "message without fields": ("message", "libnias/wire/fields.hpp", "/// x\n#pragma once\n", 1),
    "message in another order": ("message", "docs/protocol.md", lambda text: text.replace("`held` u32 · `draining` bool", "`draining` bool · `held` u32"), 3),
    "message not described": ("message", "docs/protocol.md", lambda text: text.replace("| Beat |", "| Beet |"), 1),
    "member not sent": ("message", "libnias/wire/messages.hpp", lambda text: text.replace("bool draining;", "bool draining;\n    int more = 0;"), 1),
    "no golden bytes": ("golden", "libnias/wire/messages.hpp", lambda text: text.replace("<Beat>", "<Beat, Drop>"), 1),
    "golden bytes of nothing": ("golden", "tests/golden/wire/v1/Gone.bin", b"\0", 1),
    "promise without a test": ("promise", "docs/protocol.md", lambda text: text + "- **P11** More.\n", 8),
    "queue of another length": ("queues", "libnias/wire/limits.hpp", "/// Bounds.\n#pragma once\ninline constexpr int kBulkQueueMax = 64;\n", 1),
    "state without an edge": ("states", "libnias/include/nias/task.hpp", lambda text: text.replace("lost = 1", "lost = 1, late = 2"), 1),
    "state not in the schema": ("states", "libnias/store/ledger/ledger.sql", "state TEXT CHECK (state = 'queued')\n", 1),
    "edge drawn otherwise": ("states", "docs/job-states.md", lambda text: text.replace("--> lost", "--> queued"), 1),
    "edge with other words": ("states", "docs/job-states.md", lambda text: text.replace("why not", "because"), 1),
    "code not described": ("codes", "httpfront/openapi/problem_schemas.yaml", lambda text: text.replace(", gone", ""), 2),
    "route not described": ("routes", "httpfront/openapi.yaml", lambda text: text.replace("get:", "post:"), 1),
    "route not on the page": ("routes", "docs/http.md", "none\n", 1),
    "option not documented": ("option", "sink/main.cpp", lambda text: text + 'program.flag("fast", fast, "run");\n', 3),
    "option of another program": ("option", "docs/operating.md", lambda text: text.replace("| `--port` |", "| `--port`, `--data` |"), 5),
    "option that is gone": ("option", "docs/operating.md", lambda text: text.replace("| `--data` |", "| `--data`, `--gone` |"), 1),
    "key that is gone": ("option", "deploy/nias.toml", "port = 1\n# gone = 2\n", 2),
    "word in one language": ("i18n", "httpfront/web/src/text/pt.ts", lambda text: text.replace("no:", "nope:"), 1),
    "link to nothing": ("link", "docs/a.md", "# A\n[b](b.md)\n", 2),
    "link to no heading": ("link", "docs/a.md", "# A\n[b](protocol.md#gone)\n", 2),
    "path to nothing": ("path", "docs/a.md", "# A\n`core/gone.hpp`\n", 2),
}


def tree_of(folder, files):
    for name, content in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def findings_in(files):
    with tempfile.TemporaryDirectory() as folder:
        tree_of(folder, files)
        return tidy.findings_of(folder)


class TidyTest(unittest.TestCase):
    def test_a_clean_tree_passes(self):
        self.assertEqual(findings_in(CLEAN), [])

    def test_each_violation_is_found_at_its_place(self):
        for case, (rule, name, content, line) in CASES.items():
            with self.subTest(case):
                files = dict(CLEAN)
                if isinstance(content, int):
                    files.update({f"{name}/f{i}.md": "# F\n" for i in range(content)})
                else:
                    files[name] = content(CLEAN[name]) if callable(content) else content
                found = [(file, at) for file, at, what, _ in findings_in(files) if what == rule]
                self.assertTrue(found, f"{rule} says nothing")
                if rule not in ("message", "golden", "queues", "states"):
                    self.assertIn((name, line), found)

    def test_every_rule_has_a_case(self):
        sources = "".join((Path(__file__).parent / f"{name}.py").read_text() for name in ("tidy", "layers", "agree"))
        import layers
        import re
        rules = set(re.findall(r'(?:tree\.find|compare)\(.*?"([a-z0-9-]+)", ', sources)) | {call[0] for call in layers.CALLS}
        self.assertEqual(rules - {case[0] for case in CASES.values()}, set())

    def test_comments_and_strings_are_not_code(self):
        files = dict(CLEAN)
        files["libnias/base/a.cpp"] = ('// new Thing(); catch (...) {}\n/* std::thread t; */ auto s = "rand()"; auto c = \'"\'; auto n = 1\'000;\n'
                                       'auto r = R"(std::cout << getenv("X"))"; std::unique_ptr<T> p(new T());\n')
        self.assertEqual(findings_in(files), [])

    def test_in_git_what_is_ignored_is_not_judged(self):
        with tempfile.TemporaryDirectory() as folder:
            tree_of(folder, {**CLEAN, ".gitignore": "out/\n", "out/a.md": "bad \n", "docs/new.md": "bad \n"})
            subprocess.run(["git", "-C", folder, "init", "-q"], check=True)
            self.assertEqual([(f, rule) for f, _, rule, _ in tidy.findings_of(folder)], [("docs/new.md", "trailing-blank")])

    def test_the_command_prints_and_exits(self):
        with tempfile.TemporaryDirectory() as folder:
            tree_of(folder, CLEAN)
            command = [sys.executable, str(Path(__file__).parent / "tidy.py"), folder]
            self.assertEqual(subprocess.run(command, capture_output=True, text=True, check=False).returncode, 0)
            tree_of(folder, {"docs/a.md": "# A\n[b](b.md)\n"})
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, "docs/a.md:2: link: b.md leads nowhere\n"))


if __name__ == "__main__":
    unittest.main()
