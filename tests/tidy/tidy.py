"""House rules of docs/style.md, as a test:  tidy.py CHECKOUT

Prints `file:line: rule: what to do instead` for each finding and exits 1 when there is one. Rules of text and size
are here, those of includes and calls in layers.py, those that hold documents and code together in
agree.py, those of comments in comments.py.
A rule that must be broken has its exception listed beside it, with the reason.
"""
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

CPP = (".cpp", ".hpp")
CODE = CPP + (".py", ".mjs", ".ts", ".tsx", ".css", ".sql", ".sh", ".cmake", ".yaml", ".m")
NOT_OURS = ("build", "node_modules", "dist", "nias-data", "demo-output", "__pycache__", ".git")  # as .gitignore

LINES_MAX = 800
LINES_AIM = 450
FILES_MAX = 25
BINARY_MAX = 200_000
WHOLE = ("clients/python/nias.py",)  # people copy it beside their programs, so it is one file, of LINES_MAX at most
RATCHET = "tests/tidy/ratchet.toml"  # what was over a bound when the rule came
RATCHET_SLACK = 20  # lines by which a file may be under its number before the number must follow

# Bytes for programs, as many files as there are things: not text for people.
DATA_FOLDERS = ("tests/golden/", "tests/fuzz/corpus/")


class Tree:
    """The files of a checkout: what git knows or would add, else all that is not built."""

    def __init__(self, root):
        self.root = Path(root)
        self.files = sorted(set(self._from_git() or self._from_disk()))
        self.names = set(self.files)
        self.folders = {str(p) for f in self.files for p in Path(f).parents}
        self._texts = {}
        self.findings = []
        self.ratchet = {"lines": {}, "files": {}} | tomllib.loads(self.text(RATCHET))

    def _from_git(self):
        if not (self.root / ".git").exists():
            return None
        listed = subprocess.run(["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, check=False)
        names = os.fsdecode(listed.stdout).split("\0") if listed.returncode == 0 else []
        return [n for n in names if n and (self.root / n).is_file()]

    def _from_disk(self):
        for folder, inner, names in os.walk(self.root):
            inner[:] = [n for n in inner if n not in NOT_OURS]
            for name in names:
                yield str((Path(folder) / name).relative_to(self.root))

    def text(self, name):
        """The text of a file; empty where there is none, None where it is binary."""
        if name not in self._texts:
            data = (self.root / name).read_bytes() if name in self.names else b""
            try:
                self._texts[name] = None if b"\0" in data else data.decode()
            except UnicodeDecodeError:
                self._texts[name] = None
        return self._texts[name]

    def code(self, *folders, ends=CPP):
        """(name, text) of the files with these endings under these folders, all folders by default."""
        for name in self.files:
            if name.endswith(ends) and (not folders or name.startswith(folders)) and self.text(name) is not None:
                yield name, self.text(name)

    def find(self, name, line, rule, advice):
        self.findings.append((name, line, rule, advice))


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_text(tree):
    for name in tree.files:
        text = tree.text(name)
        if text is None:
            size = (tree.root / name).stat().st_size
            if size > BINARY_MAX:
                tree.find(name, 1, "binary-size", f"{size} bytes are in the history for ever: make it in a test, or under {BINARY_MAX}")
            continue
        if name.startswith(DATA_FOLDERS):
            continue
        if text and not text.endswith("\n"):
            tree.find(name, line_of(text, len(text)), "last-line", "end the file with a newline")
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                tree.find(name, number, "trailing-blank", "remove the blanks at the end of the line")
            if "\t" in line and name.endswith(CODE):
                tree.find(name, number, "tab", "use spaces, or \\t")


MACHINE_PATH = re.compile(r"(?<![\w.>*}$)~-])(/(?:home|root|work|Users)/[\w.]+|/tmp/nias/)")
KINDLESS = re.compile(r"\bTODO\b(?!\((?:soon|someday|perf|port)\): )|\b(?:FIXME|HACK)\b")


def check_words(tree):
    for name in tree.files:
        text = tree.text(name)
        if text is None or name.startswith(("tests/tidy/",) + DATA_FOLDERS):
            continue
        for hit in MACHINE_PATH.finditer(text):
            tree.find(name, line_of(text, hit.start()), "machine-path", f"{hit[1]} is somebody's machine: use a path relative to the checkout")
        if name.endswith("package-lock.json"):
            for hit in re.finditer(r'"resolved": "https?://[^/"]*', text):
                tree.find(name, line_of(text, hit.start()), "registry", "npm install with omit-lockfile-registry-resolved=true: hashes pin the packages")
        if name.endswith(CODE):
            for hit in KINDLESS.finditer(text):
                tree.find(name, line_of(text, hit.start()), "todo", "do it, or write TODO(soon|someday|perf|port): and a sentence")


BAD_NAMES = re.compile(r"^(utils?|helpers?|common|misc|manager|.*_(utils?|helpers?|manager))$")
SNAKE = re.compile(r"^[a-z][a-z0-9_]*(\.spec)?$")


def check_names(tree):
    for name in tree.files:
        path = Path(name)
        if BAD_NAMES.match(path.stem.lower()) or any(BAD_NAMES.match(p.lower()) for p in path.parts[:-1]):
            tree.find(name, 1, "name", "a file is named after what it is: not utils, common, helpers, manager")
        if name.endswith(CPP + (".py", ".ts", ".tsx", ".mjs", ".sql")) and not SNAKE.match(path.name.removesuffix(path.suffix)):
            tree.find(name, 1, "name", "file names are snake_case")


def check_sizes(tree):
    for name, text in tree.code(ends=CODE):
        lines, listed = text.count("\n"), tree.ratchet["lines"].get(name)
        if lines > LINES_MAX:
            tree.find(name, LINES_MAX, "file-size", f"{lines} lines, {LINES_MAX} is the most: split it by concept")
        elif listed and lines > listed:
            tree.find(name, listed, "file-size", f"{lines} lines, and this file may only shrink from {listed}: move something out")
        elif listed and (lines <= LINES_AIM or lines + RATCHET_SLACK < listed):
            tree.find(name, 1, "ratchet", f"it has shrunk to {lines} lines: let {RATCHET} follow")
        elif not listed and lines > LINES_AIM and name not in WHOLE:
            tree.find(name, LINES_AIM, "file-size", f"{lines} lines, {LINES_AIM} is the most for a file that is not listed: split it by concept")
    folders = {}
    for name in tree.files:
        if not name.startswith(DATA_FOLDERS):
            folders.setdefault(str(Path(name).parent), []).append(name)
    for folder, names in sorted(folders.items()):
        most = tree.ratchet["files"].get(folder, FILES_MAX)
        if len(names) > most:
            tree.find(folder, 1, "folder-size", f"{len(names)} files, {most} is the most here: give one concept a folder of its own")
        elif folder in tree.ratchet["files"] and len(names) < most:
            tree.find(folder, 1, "ratchet", f"it has shrunk to {len(names)} files: let {RATCHET} follow")


def findings_of(root):
    import agree
    import comments
    import layers
    tree = Tree(root)
    for check in (check_text, check_words, check_names, check_sizes, *layers.CHECKS, *agree.CHECKS, *comments.CHECKS):
        check(tree)
    return sorted(set(tree.findings))


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: tidy.py CHECKOUT")
    found = findings_of(sys.argv[1])
    for name, line, rule, advice in found:
        print(f"{name}:{line}: {rule}: {advice}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.modules["tidy"] = sys.modules["__main__"]
    main()
