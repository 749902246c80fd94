"""Who may include whom, which library belongs to which module, and which calls have a replacement."""
import ast
import re
from pathlib import PurePosixPath

from tidy import line_of

PRODUCT = ("libnias/", "ventilator/", "worker/", "sink/", "httpfront/", "cli/")

# docs/architecture.md «Layers». Everybody may include the public headers and itself; what is not listed is refused.
MAY_INCLUDE = {
    "include": (),
    "base": (),
    "wire": ("base",),
    "core": ("wire", "base"),
    "net": ("wire", "base"),
    "store": ("wire", "base"),
    "job": ("base",),
    "service": ("core", "net", "store", "wire", "base"),
    "daemon": ("service", "core", "net", "store", "wire", "base"),
    "ventilator": ("daemon", "service", "base"),
    "sink": ("daemon", "service", "base"),
    "worker": ("daemon", "service", "job", "base"),
    "httpfront": ("daemon", "service", "job", "store", "base"),
    "cli": ("daemon", "service", "job", "store", "base"),
}
# Pure: of base only what has no clock, chance or system in it.
CORE_BASE = ("libnias/base/check.hpp", "libnias/base/clock_types.hpp", "libnias/base/words.hpp")
CORE_STD = {"atomic", "condition_variable", "filesystem", "fstream", "future", "iostream", "mutex", "random", "semaphore",
            "shared_mutex", "thread"}

# Library: the files that may include it. Tests, benchmarks and examples may include any of them.
LIBRARIES = {
    "zmq": r"libnias/net/\w+\.cpp",
    "msgpack": r"libnias/wire/codec/(codec\.cpp|reader\.hpp|writer\.hpp)",
    "sqlite3": r"libnias/store/sqlite/database\.cpp",
    "zip": r"libnias/job/(?:\w+/)*(\w+\.cpp|zip_reader\.hpp)",  # that header is private to the module
    "toml++": r"libnias/job/manifest/\w+\.cpp",
    "utf8proc": r"libnias/job/text\.cpp",
    "zlib": r"libnias/job/archive/\w+\.cpp",
    "CLI": r"libnias/daemon/\w+\.cpp",
    "spdlog": r"libnias/base/\w+\.cpp",
    "openssl": r"libnias/base/\w+\.cpp|httpfront/http/secure/\w+\.cpp",
    "boost": r"(libnias/(base|store|job)|httpfront)/(?:\w+/)*\w+\.cpp",
    "seccomp": r"worker/sandbox/seccomp\.cpp",
    "Poco": r"httpfront/.*|cli/remote/\w+\.cpp",
    "nlohmann": r"httpfront/.*|cli/remote/\w+\.cpp",
    "prometheus": r"httpfront/metrics/\w+\.cpp",
    "sodium": r"httpfront/.*\.cpp",
    "gtest": "-", "gmock": "-", "benchmark": "-", "hiredis": "-",
}
SYSTEM_FOLDERS = ("sys", "linux", "netinet", "arpa", "net")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.M)


def module_of(name):
    parts = name.split("/")
    if parts[0] == "libnias" and len(parts) > 2:
        return parts[1]
    return parts[0]


def resolve(tree, name, quoted):
    """The file of the checkout that a quoted include means, or nothing."""
    here = PurePosixPath(name).parent
    places = [here, "libnias", ".", "tests", "httpfront"]
    for place in places:
        parts = []
        for part in (PurePosixPath(place) / quoted).parts:
            if part == "..":
                parts[-1:] = []
            else:
                parts.append(part)
        if "/".join(parts) in tree.names:
            return "/".join(parts)
    return None


def check_includes(tree):
    for name, text in tree.code():
        module, product = module_of(name), name.startswith(PRODUCT)
        for hit in INCLUDE.finditer(text):
            line, quoted, angled = line_of(text, hit.start()), hit[1], hit[2]
            target = resolve(tree, name, quoted) if quoted else None
            if quoted and target is None:
                tree.find(name, line, "include", f'"{quoted}" is no file of the checkout: add it, or mend the path')
            elif quoted and product and module_of(target) not in (module, "include", *MAY_INCLUDE.get(module, ())):
                allowed = ", ".join(MAY_INCLUDE.get(module, ())) or "the public headers only"
                tree.find(name, line, "layer", f"{module} may not include {module_of(target)}; its row: {allowed}")
            elif quoted and module == "core" and module_of(target) == "base" and target not in CORE_BASE:
                tree.find(name, line, "pure-core", f"{quoted} is not pure: take what it gives as an argument")
            elif quoted and module == "include":
                tree.find(name, line, "layer", "a public header names public ones as <nias/x.hpp>, and nothing else of ours")
            elif angled and angled.startswith("nias/"):
                if f"libnias/include/{angled}" not in tree.names:
                    tree.find(name, line, "include", f"<{angled}> is not in libnias/include: include internal headers with quotes")
            elif angled:
                check_library(tree, name, line, module, product, angled)


def check_library(tree, name, line, module, product, angled):
    folder, _, rest = angled.partition("/")
    library = folder if rest else re.sub(r"\.h(pp)?$", "", folder)
    if library in LIBRARIES:
        if product and not re.fullmatch(LIBRARIES[library], name):
            tree.find(name, line, "library", f"<{angled}> belongs to {LIBRARIES[library]}: call that module instead")
    elif (rest and folder not in SYSTEM_FOLDERS) or angled.endswith(".hpp"):
        tree.find(name, line, "library", f"<{angled}> is of no library that tests/tidy/layers.py lists: give it one home there and in NiasDependencies.cmake")
    elif module == "include" and "." in angled:
        tree.find(name, line, "library", f"a public header includes std only: move <{angled}> into a .cpp")
    elif module == "core" and product and (angled in CORE_STD or "." in angled):
        tree.find(name, line, "pure-core", f"<{angled}> is the shell's: let libnias/service do it")


def check_matrix(tree):
    """The table of docs/architecture.md names the nearest modules; what they stand on may be below, never beside."""
    page = "docs/architecture.md"
    section = re.search(r"^## Layers\n(.*?)(?:\n## |\Z)", tree.text(page), re.S | re.M)
    rows = {}
    for names, allowed in re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", section[1] if section else "", re.M):
        for name in re.findall(r"[\w/]+", names):
            rows[name.split("/")[1] if "/" in name else name] = [w for w in re.findall(r"\w+", allowed) if w in MAY_INCLUDE and w != "include"]

    def below(name):
        return {name}.union(*(below(n) for n in rows.get(name, ()) if n != name))

    for name in rows:
        allowed = set(MAY_INCLUDE.get(name, ()))
        for extra in sorted(set(rows[name]) - allowed):
            tree.find(page, 1, "matrix", f"{name} names {extra}, which tests/tidy/layers.py refuses: let them say the same")
        for extra in sorted(allowed - below(name)):
            tree.find(page, 1, "matrix", f"tests/tidy/layers.py lets {name} include {extra}, which is not in its row nor below: let them say the same")
    for name in sorted(set(MAY_INCLUDE) - set(rows)) if rows else ():
        tree.find(page, 1, "matrix", f"{name} has no row under «Layers»")


def check_own_header(tree):
    for name, text in tree.code(*PRODUCT, ends=(".cpp",)):
        own, first = name[:-4] + ".hpp", INCLUDE.search(text)
        if own in tree.names and first and not (first[1] and resolve(tree, name, first[1]) == own):
            tree.find(name, line_of(text, first.start()), "own-header", f"include {PurePosixPath(own).name} first: so it is known to need nothing else")


def check_headers(tree):
    for name, text in tree.code(ends=(".hpp",)):
        if name.startswith(PRODUCT) and not text.startswith("///"):
            tree.find(name, 1, "header", "begin with two or three /// lines: what it is for, who uses it")
        if not re.search(r"^#pragma once$", text, re.M):
            tree.find(name, 1, "header", "add #pragma once")


# Rule: what it looks like, where it may be, what to do instead. Comments and strings do not count.
EVERYWHERE, REPLAYED = "", PRODUCT + ("tests/sim/",)
CALLS = (
    ("clock", r"\b(?:steady|system|high_resolution)_clock::now\b|\b(?:gettimeofday|clock_gettime)\b|\btime\((?:nullptr|NULL|0)\)",
     REPLAYED, r"libnias/base/clock\.cpp", "take the time as an argument, or call now() of base/clock.hpp in a shell"),
    ("pure-core", r"(?<!\.)\b(?:unix_ms_now|now)\(\)", ("libnias/core/", "libnias/wire/"), "-", "take the time as an argument"),
    ("sleep", r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(", EVERYWHERE, r"bench/pace\.cpp", "wait for a condition, with a deadline"),
    ("chance", r"\b(?:s?rand|drand48)\s*\(|\bstd::(?:random_device|mt19937\w*|minstd_rand0?|default_random_engine)\b",
     REPLAYED, "-", "ids come from base/ids.hpp; in the simulation, chance comes from its seed"),
    ("thread", r"\bstd::j?thread\b(?!::)|\bpthread_create\b|\bstd::async\b|\.detach\(\)",
     PRODUCT, r"libnias/(service|daemon)/.*|libnias/base/host/threads\.cpp",  # the second asks whether one could be started
     "a thread owns a role: only libnias/service and daemon start them, httpfront in its lanes"),
    ("poco-thread", r"\bPoco::Thread(?:Pool)?\b", PRODUCT, r"httpfront/(http/(lane|server|sending/sender)|live/event_hub|notices/notifier)\.[ch]pp", "give it to a lane of httpfront/http/lane.hpp"),
    ("process", r"\b(?:system|popen)\s*\(", EVERYWHERE, "-", "start programs without a shell: worker/host/process.hpp, cli/server/child.hpp"),
    ("environment", r"\b(?:getenv|secure_getenv)\b", PRODUCT, r"libnias/daemon/.*|cli/remote/surroundings\.cpp", "declare an option: daemon/program.hpp reads its NIAS_ variable"),
    ("print", r"\bstd::(?:cout|cerr|clog)\b|\b(?:printf|fprintf|puts|perror)\s*\(",
     tuple(p for p in PRODUCT if p != "cli/"), r"libnias/daemon/.*|libnias/base/check\.cpp", "return an Error, or log with base/log.hpp"),
    ("bounds", r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof)\s*\(", EVERYWHERE, "-", "use a span, std::string or std::from_chars"),
    ("using-namespace", r"^using namespace", EVERYWHERE, r".*\.cpp", "a header names what it means"),
)
OWNED = re.compile(r"_ptr\b[^;]*\bnew\b|NOLINT(?:NEXTLINE)?\([\w-]*owning-memory\): ", re.S)
TOKENS = re.compile(
    r'R"(\w*)\(.*?\)\1"'                       # raw strings
    r'|//[^\n]*|/\*.*?\*/'                     # comments
    r'|"(?:\\.|[^"\\\n])*"'                    # strings
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",   # characters, not the marks inside 1'000
    re.S)


def stripped(text):
    """The text with comments and literals blanked; lines and columns stay."""
    return TOKENS.sub(lambda hit: re.sub(r"[^\n]", " ", hit[0]), text)


def block_after(code, position):
    """The text between the braces that open after `position`."""
    start = depth = 0
    for i in range(position, len(code)):
        if code[i] == "{":
            start, depth = start or i + 1, depth + 1
        elif code[i] == "}":
            depth -= 1
            if depth == 0:
                return code[start:i]
    return code[position:]


def check_calls(tree):
    for name, text in tree.code():
        code, lines = stripped(text), text.split("\n")
        for rule, pattern, folders, home, advice in CALLS:
            if not name.startswith(folders) or re.fullmatch(home, name):
                continue
            for hit in re.finditer(pattern, code, re.M):
                tree.find(name, line_of(code, hit.start()), rule, f"{hit[0].strip()}: {advice}")
        for hit in re.finditer(r"\bnew\s+[A-Za-z_:]|\bnew\s*\(|(?<!= )\bdelete\b(?!\s*[;,)]\s*//\s*no)(?=\s*[\[\w(*])", code):
            number = line_of(code, hit.start())
            if not OWNED.search("\n".join(lines[max(0, number - 2):number])):
                tree.find(name, number, "ownership", "use std::make_unique, or hand `new` to a unique_ptr in the same expression")
        for hit in re.finditer(r"\bcatch\s*\(([^)]*)\)\s*", code):
            body = block_after(code, hit.end())
            if (hit[1].strip() == "..." and not re.search(r"\bthrow\b|\blog::|current_exception|\breturn\b", body)) or not body.strip():
                if "//" not in text[hit.end():hit.end() + len(body) + 1] or hit[1].strip() == "...":
                    tree.find(name, line_of(code, hit.start()), "swallowed", "log it, turn it into an Error, or throw it on")


# Loops that wait with a deadline live here; every other test calls them.
WAITERS = ("tests/process/harness.py", "tests/http/lab.py")


def check_python(tree):
    for name, text in tree.code("tests/", ends=(".py",)):
        try:
            calls = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
        except SyntaxError as wrong:
            tree.find(name, wrong.lineno or 1, "python", f"it does not parse: {wrong.msg}")
            continue
        for call in calls:
            if call.func.attr == "sleep" and name not in WAITERS:
                tree.find(name, call.lineno, "sleep", "wait for a condition, with a deadline: `eventually` of the harness")
            if call.func.attr == "system" and getattr(call.func.value, "id", "") == "os":
                tree.find(name, call.lineno, "process", "use subprocess.run with a list")


def check_compiled(tree):
    """Each C++ source is named, or matched, by a CMakeLists.txt of its folder or of one above."""
    patterns = []
    for name in tree.files:
        if PurePosixPath(name).name != "CMakeLists.txt":
            continue
        folder, text = str(PurePosixPath(name).parent), tree.text(name)
        prefix = "" if folder == "." else re.escape(folder + "/")
        lists = dict(re.findall(r"\bset\((\w+)\s+([^)]*)\)", text))
        loops = {variable: re.sub(r"\$\{(\w+)\}", lambda hit: lists.get(hit[1], ""), values)
                 for variable, values in re.findall(r"\bforeach\((\w+)\s+([^)]*)\)", text)}
        if "nias_module(" in text:
            patterns.append(prefix + r"(?:\w+/)*(?!main\.)\w+\.cpp")
        if "nias_program(" in text:
            patterns.append(prefix + r"main\.cpp")
        any_name = r"(?:\w+/)*\w+" if "GLOB_RECURSE" in text else r"\w+"
        for written in re.findall(r"(?:\$\{CMAKE_CURRENT_SOURCE_DIR\}/)?([\w*/${}.-]+\.cpp)\b", text):
            pattern = re.escape(written.removeprefix("${CMAKE_CURRENT_SOURCE_DIR}/")).replace(r"\*", any_name)
            for variable, values in loops.items():
                pattern = pattern.replace(rf"\$\{{{variable}\}}", "(?:" + "|".join(map(re.escape, values.split())) + ")")
            patterns.append(prefix + pattern)
    compiled = re.compile("|".join(f"(?:{p})" for p in patterns) or "-")
    for name, _ in tree.code(ends=(".cpp",)):
        if not compiled.fullmatch(name):
            tree.find(name, 1, "not-compiled", "no CMakeLists.txt compiles it: add it to a target, or remove it")


CHECKS = (check_includes, check_matrix, check_own_header, check_headers, check_calls, check_python, check_compiled)
