"""Comments are prose, and what they name is there (docs/style.md, «Comments»)."""
import re

from tidy import line_of

COMMENTED = (".cpp", ".hpp", ".ts", ".tsx")

# A comment that begins so has no subject of its own: who reads it has to guess what is meant.
RIDDLE = re.compile(r"//[/<]*[ \t]*(Of|Who|Whose|Whom|What|That|Those) [a-z]")
# A comment behind code that begins so is a fragment of a sentence whose subject is missing.
FRAGMENT = re.compile(r"^(?![ \t]*//).*[^\s:]\s+//[/<]*[ \t]*(of|that|who|whose|whom) [a-z]", re.M)
COMMENT = re.compile(r"//[^\n]*")
FILE = re.compile(r"(?<![\w/.*-])(\w+\.(?:cpp|hpp|sql|ts|tsx))\b")  # a .py may be a researcher's
MEMBER = re.compile(r"(?<!\w)([a-z][a-z0-9_]*_)(?![\w*…])")
QUALIFIED = re.compile(r"\b([A-Z]\w+)::(\w+)")


def check_prose(tree):
    for name, text in tree.code(ends=COMMENTED):
        for hit in RIDDLE.finditer(text):
            tree.find(name, line_of(text, hit.start()), "riddle", f"«{hit[1]} …»: give the comment a subject and a verb, and name the thing")
        for hit in FRAGMENT.finditer(text):
            tree.find(name, line_of(text, hit.start()), "riddle", f"«{hit[1]} …»: begin the comment with the thing that it names")


def check_named(tree):
    """A file, a member or an X::y that a comment names exists in the tree."""
    files, words = {name.split("/")[-1] for name in tree.files}, set()
    for _, text in tree.code(ends=COMMENTED):
        words.update(re.findall(r"[A-Za-z_]\w*", COMMENT.sub("", text)))
    for name, text in tree.code():
        for comment in COMMENT.finditer(text):
            line = line_of(text, comment.start())
            gone = [hit[1] for hit in FILE.finditer(comment[0]) if hit[1] not in files]
            gone += [hit[1] for hit in MEMBER.finditer(comment[0]) if hit[1] not in words]
            gone += [hit[0] for hit in QUALIFIED.finditer(comment[0]) if not {hit[1], hit[2]} <= words]
            for what in gone:
                tree.find(name, line, "named", f"{what} is nowhere in the tree: let the comment follow the code")


CHECKS = (check_prose, check_named)
