"""What is written twice must agree: messages, promises, states, routes, options, words of the pages, links."""
import re
from pathlib import PurePosixPath

from tidy import line_of

MESSAGES, FIELDS, RUNS = "libnias/wire/messages.hpp", "libnias/wire/fields.hpp", "libnias/wire/runs.hpp"
PROTOCOL = "docs/protocol.md"
GOLDEN = "tests/golden/wire/v1/"


def compare(tree, where, rule, here, there, advice):
    """A finding for each name that only one side has. `where` is a file, or a file and a line."""
    name, line = where if isinstance(where, tuple) else (where, 1)
    for missing in sorted(set(there) - set(here)):
        tree.find(name, line, rule, f"{missing} is missing: {advice}")
    for extra in sorted(set(here) - set(there)):
        tree.find(name, line, rule, f"{extra} is only here: {advice}")


def wire_fields(text):
    """Name of a record or message: its fields, in the order of the wire."""
    out = {}
    for hit in re.finditer(r"fields\(A& ?\w*, (\w+)& ?\w*\) \{(.*?)\}\n", text, re.S):
        out[hit[1]] = re.findall(r'\ba\("(\w+)"', hit[2])
    return out


def documented_fields(text):
    out = {}
    for hit in re.finditer(r"^\| \d+ \| (\w+)(?: \(map\))? \| [^|]* \| ([^|\n]*) \|$", text, re.M):
        out[hit[1]] = (line_of(text, hit.start()), re.findall(r"`(\w+)`", hit[2]))
    for hit in re.finditer(r"^\*\*(\w+)\*\* \((?:array|array, in runs|map)\): (.*?)(?:\.\n|\n\n|\Z)", text, re.S | re.M):
        out[hit[1]] = (line_of(text, hit.start()), re.findall(r"`(\w+)`", hit[2]))
    return out


def check_messages(tree):
    text = tree.text(MESSAGES)
    if not text:
        return
    variant = re.search(r"using Message =\s+std::variant<([^>]*)>", text)
    messages = re.findall(r"\w+", variant[1]) if variant else []
    coded, written = wire_fields(tree.text(FIELDS)), documented_fields(tree.text(PROTOCOL))
    compare(tree, FIELDS, "message", [n for n in coded if n in messages], messages, "each message of wire/messages.hpp has its fields there")
    compare(tree, PROTOCOL, "message", written, coded, "the page describes exactly what wire/fields.hpp sends")
    for name, (line, fields) in written.items():
        if name in coded and fields != coded[name]:
            tree.find(PROTOCOL, line, "message", f"{name} is on the wire as {', '.join(coded[name])}: say the same, in this order")
    in_runs = re.findall(r"is_same_v<T, (\w+)>", tree.text(RUNS))
    for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.S | re.M):
        members = re.findall(r"^    [\w:<>]+ (\w+)(?: = [^;]*)?;", body, re.M)
        beside = ["id"] if name in in_runs else []
        compare(tree, FIELDS, "message", beside + coded.get(name, []), members, f"{name} of wire/messages.hpp sends each of its members")
    golden = {f.removeprefix(GOLDEN) for f in tree.files if f.startswith(GOLDEN)}
    compare(tree, GOLDEN.rstrip("/"), "golden", golden, [m + end for m in messages for end in (".bin", ".json")],
            "a pair of files a message, written once by unit_wire")


def check_promises(tree):
    tests = "\n".join(t for n, t in tree.code("tests/", ends=(".cpp", ".hpp", ".py", ".mjs")) if not n.startswith("tests/tidy/"))
    for page in ("docs/architecture.md", PROTOCOL):
        text = tree.text(page)
        for hit in re.finditer(r"^- \*\*([A-Z]\d+)\b", text, re.M):
            if not re.search(rf"(?<![\w\\%]){hit[1]}(?!\d)", tests):
                tree.find(page, line_of(text, hit.start()), "promise", f"no test names {hit[1]}: write it beside the test that would see it broken")


def check_queues(tree):
    """The bounds of the sockets: those of wire/limits.hpp that the page names, with their numbers."""
    limits = dict(re.findall(r"constexpr int (k\w+Max) = (\d+);", tree.text("libnias/wire/limits.hpp")))
    told = re.findall(r"`(k\w+Max)` ([\d,]+)", tree.text(PROTOCOL))
    compare(tree, PROTOCOL, "queues", {f"{name} {number.replace(',', '')}" for name, number in told},
            {f"{name} {number}" for name, number in limits.items()}, "a socket's queue has the bound of libnias/wire/limits.hpp")


def check_states(tree):
    task = re.search(r"enum class TaskState[^{]*\{(.*?)\};", tree.text("libnias/include/nias/task.hpp"), re.S)
    if not task:
        return
    states = re.findall(r"(\w+) = \d+", task[1])
    machine, page = tree.text("libnias/core/task_machine.hpp"), tree.text("docs/job-states.md")
    edges = re.findall(r'Edge\{TaskState::(\w+), TaskEvent::(\w+), TaskState::(\w+), "([^"]*)"\}', machine)
    compare(tree, "libnias/core/task_machine.hpp", "states", {s for e in edges for s in (e[0], e[2])}, states, "each state has an edge")
    rows = re.findall(r"^\| (\w+) \| (\w+) \| (\w+) \| (.*?) \|$", page, re.M)
    compare(tree, "docs/job-states.md", "states", [" → ".join(r) for r in rows if r[0] != "from"], [" → ".join(e) for e in edges],
            "the table is that of core/task_machine.hpp")
    drawn = re.findall(r"^    (\w+) --> (\w+): (.*)$", page, re.M)
    compare(tree, "docs/job-states.md", "states", [f"{a} → {e} → {b}" for a, b, events in drawn for e in events.split(", ")],
            [f"{a} → {e} → {b}" for a, e, b, _ in edges], "the drawing is that of core/task_machine.hpp")
    lists = {
        "libnias/store/ledger/ledger.sql": r"state = '(\w+)'",
        "httpfront/openapi.yaml": r"State:\n\s+enum: \[([^\]]*)\]",
        PROTOCOL: r"\*\*Event\*\*[^*]*?`state` enum ([\w,\s]*?) ·",
    }
    for name, pattern in lists.items():
        if tree.text(name):
            found = re.findall(r"\w+", " ".join(re.findall(pattern, tree.text(name))))
            compare(tree, name, "states", found, states, "the states are those of nias/task.hpp")


def check_routes(tree):
    text = tree.text("httpfront/api/routes.cpp")
    parts = [name for name in tree.files if name.startswith("httpfront/openapi/") and name.endswith("_paths.yaml")]
    api = "paths:\n" + "\n".join(tree.text(name) for name in parts) + "\n" + tree.text("httpfront/openapi.yaml")
    if not text:
        return
    routes = {f"{verb} {path}" for verb, path in re.findall(r'Route\{"(\w+)", "([^"]+)"', text)}
    described, path = set(), ""
    for line in api.split("\n"):
        if hit := re.match(r"  (/\S*):$", line):
            path = hit[1]
        elif re.match(r"\S", line) and line != "paths:":
            path = ""
        elif path and (hit := re.match(r"    (get|put|post|delete|patch|head|options):", line)):
            described.add(f"{hit[1].upper()} {path}")
    compare(tree, "httpfront/openapi.yaml", "routes", described, routes, "the routes are those of httpfront/api/routes.cpp")
    page = tree.text("docs/http.md")
    for route in sorted(routes):
        if page and route.split(" ")[1] not in page:
            tree.find("docs/http.md", 1, "routes", f"{route} is missing: the page names every route")


PROBLEMS = "httpfront/openapi/problem_schemas.yaml"


def check_codes(tree):
    """The codes of problems: those that the front names and those that docs/job.md tells of bundles."""
    document = tree.text(PROBLEMS)
    hit = re.search(r"^ +code:\n +description: .*\n +enum: \[([^\]]*)\]", document, re.M)
    if not document or not tree.text("docs/job.md"):
        return
    said = {code for _, text in tree.code("httpfront/") for code in re.findall(r'\bcode = "(\w+)"', text)}
    rows = re.split(r"^## What is refused$", tree.text("docs/job.md"), flags=re.M)[-1].split("\n## ")[0]
    said |= {code for row in re.findall(r"^\| (`[^|]*`) \|", rows, re.M) for code in re.findall(r"`(\w+)`", row)}
    line = line_of(document, hit.start()) if hit else 1
    compare(tree, (PROBLEMS, line), "codes", re.findall(r"\w+", hit[1]) if hit else [], said,
            "Problem names the code of every refusal")


OPERATING = "docs/operating.md"
DECLARED = re.compile(r'\b(?:program|options)\.(text|number|flag|list)\(\s*"([\w,-]+)"')
SECTIONS = (  # files of a program, heading of its options
    (r"cli/server/up\.cpp", "### nias up"), (r"cli/(?:\w+/)*\w+\.cpp", "### The other verbs of nias"),
    (r"ventilator/\w+\.cpp", "### nias-ventilator"), (r"libnias/daemon/worker_flags\.cpp", "### nias-worker"),
    (r"sink/\w+\.cpp", "### nias-sink"), (r"libnias/daemon/front_flags\.cpp", "### nias-httpfront"),
)
PASSED_ON = {"### nias up": ("### nias-worker", "### nias-httpfront")}  # a program takes the options of these as well


def check_options(tree):
    page = tree.text(OPERATING)
    declared = {heading: {} for _, heading in SECTIONS}
    for name, text in tree.code("cli/", "ventilator/", "sink/", "libnias/daemon/", ends=(".cpp",)):
        heading = next((h for pattern, h in SECTIONS if re.fullmatch(pattern, name)), None)
        for hit in DECLARED.finditer(text) if heading else ():
            for option in hit[2].split(","):
                declared[heading][option if option.startswith("-") else "--" + option] = (name, line_of(text, hit.start()))
    for heading, options in declared.items():
        start = page.find(heading + "\n")
        section = re.split(r"\n#+ ", page[start + len(heading):], maxsplit=1)[0] if start >= 0 else ""
        for option, (name, line) in options.items():
            if not re.search(rf"`{re.escape(option)}\b", section):
                tree.find(name, line, "option", f"{option} is not in {OPERATING} under «{heading.lstrip('# ')}»")
            variable = "NIAS_" + option.lstrip("-").upper().replace("-", "_")
            if "verbs" not in heading and not re.search(rf"`{variable}`", section):
                tree.find(name, line, "option", f"{variable} is not in {OPERATING} under «{heading.lstrip('# ')}»")
        named = re.findall(r"`(--?[a-z][\w-]*)", " ".join(re.findall(r"^\| ([^|]*) \|", section, re.M)) if "verbs" not in heading else section)
        known = set(options).union(*(declared[other] for other in PASSED_ON.get(heading, ())))
        for option in sorted(set(named) - known) if options else ():
            tree.find(OPERATING, line_of(page, start), "option", f"{option} under «{heading.lstrip('# ')}» is not declared by that program")
    example, up = tree.text("deploy/nias.toml"), set(declared["### nias up"]).union(*(declared[other] for other in PASSED_ON["### nias up"]))
    for hit in re.finditer(r"^(?:# )?([a-z][a-z-]*) = ", example, re.M):
        if up and "--" + hit[1] not in up and hit[1] != "log-level":
            tree.find("deploy/nias.toml", line_of(example, hit.start()), "option", f"`nias up` has no {hit[1]}")


def keys_of(text):
    """Paths of the keys of the one object literal of a TypeScript file."""
    code = re.sub(r'//[^\n]*|/\*.*?\*/', " ", re.sub(r'`(?:\\.|[^`])*`|"(?:\\.|[^"\\\n])*"', '""', text, flags=re.S), flags=re.S)
    start, out, path, word, depth, key, continued = code.find("= {"), [], [], "", 0, False, False
    for char in code[start + 2:] if start >= 0 else "":
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif depth == 0 and char == "{":
            path, key = path + [word], True
        elif depth == 0 and char == "}":
            path, key = path[:-1], False
            if not path:
                break
        elif depth == 0 and char == ",":
            key = True
        elif depth == 0 and char == ":" and key:
            out.append(".".join(path[1:] + [word]))
            key = False
            continue
        if char.isalnum() or char in "_$":
            word = word + char if continued else char
        continued = char.isalnum() or char in "_$"
    return out


# In English the server's own sentences are shown: `refusals` is empty there.
NOT_IN_ENGLISH = "refusals."


def check_words_of_pages(tree):
    english, portuguese = (f"httpfront/web/src/text/{language}.ts" for language in ("en", "pt"))
    if tree.text(english):
        spoken = [key for key in keys_of(tree.text(portuguese)) if not key.startswith(NOT_IN_ENGLISH)]
        compare(tree, portuguese, "i18n", spoken, keys_of(tree.text(english)), "both languages have the same keys")


def anchors_of(text):
    """What GitHub makes of the headings."""
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        yield re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:hpp|cpp|py|md|sql|tsx?|yaml|mjs|cmake|sh))`")


def joined(folder, path):
    parts = [] if str(folder) == "." else list(PurePosixPath(folder).parts)
    for part in PurePosixPath(path).parts:
        parts = parts[:-1] if part == ".." else parts + [part]
    return "/".join(parts) or "."


def check_links(tree):
    ends = {"/".join(f.split("/")[i:]) for f in tree.files for i in range(f.count("/") + 1)}
    for name, text in tree.code(ends=(".md",)):
        prose = re.sub(r"^```.*?^```", lambda hit: re.sub(r"[^\n]", " ", hit[0]), text, flags=re.S | re.M)
        for hit in re.finditer(r"\]\(([^)\s]+)\)", prose):
            path, _, anchor = hit[1].partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            target = joined(PurePosixPath(name).parent, path) if path else name
            if target not in tree.names and target not in tree.folders:
                tree.find(name, line_of(text, hit.start()), "link", f"{hit[1]} leads nowhere")
            elif anchor and target.endswith(".md") and anchor not in anchors_of(tree.text(target)):
                tree.find(name, line_of(text, hit.start()), "link", f"{target} has no heading #{anchor}")
        if name.startswith("docs/changes/") or name == "CHANGELOG.md":
            continue  # what was true of a release
        for hit in PATH.finditer(prose):
            if hit[1] not in ends:
                tree.find(name, line_of(text, hit.start()), "path", f"{hit[1]} is no file of the checkout")


DISPATCH, CONCEPTS, CONCEPTS_MAX = "libnias/core/dispatch/", "docs/dispatch.md", 28


def check_concepts(tree):
    """What somebody has to know who changes dispatch is on one page, and is not to grow."""
    page = tree.text(CONCEPTS)
    rows = list(re.finditer(r"^\| (\d+) \|.*$", page, re.M))
    for hit in rows[CONCEPTS_MAX:]:
        tree.find(CONCEPTS, line_of(page, hit.start()), "concepts", f"dispatch may have {CONCEPTS_MAX} concepts: merge two, or hide one in a container")
    named = {name for hit in rows for name in re.findall(r"`(\w+)`", hit[0])}
    for name in tree.files if page else ():
        if name.startswith(DISPATCH) and name.endswith(".hpp"):
            text = tree.text(name)
            for hit in re.finditer(r"^(?:struct|class|enum class) (\w+)[^;\n]*\{", text, re.M):
                if hit[1] not in named:
                    tree.find(name, line_of(text, hit.start()), "concept", f"{hit[1]} is in no row of {CONCEPTS}")


CHECKS = (check_messages, check_promises, check_queues, check_states, check_routes, check_codes, check_options, check_words_of_pages, check_links, check_concepts)
