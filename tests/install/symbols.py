"""The shared library shows what NIAS_API marks in the public headers, in nias::v1, and nothing else.

Usage: symbols.py LIBRARY.so INCLUDE_FOLDER
"""
import pathlib
import re
import subprocess
import sys

ABOUT = r"(?:typeinfo for |typeinfo name for |vtable for )?"
CLASS = re.compile(r"(?:class|struct) NIAS_API (\w+)")
FUNCTION = re.compile(r"NIAS_API [^;{}]*?(\w+)\([^;{}]*\)[^;{}]*;")


def main():
    library, headers = sys.argv[1], pathlib.Path(sys.argv[2])
    said = subprocess.run(["nm", "--dynamic", "--demangle", "--defined-only", library], capture_output=True, text=True, check=True)
    shown = [line.split(maxsplit=2)[2] for line in said.stdout.splitlines()]
    text = "\n".join(re.sub(r"^#.*", "", header.read_text(), flags=re.M) for header in sorted(headers.glob("nias/*.hpp")))
    marked = set(CLASS.findall(text)) | set(FUNCTION.findall(CLASS.sub("", text)))
    name_of = re.compile(ABOUT + r"nias::v1::(\w+)(?:\[abi:\w+\])?(?:::(?!Impl::)|\(|$)")
    found, wrong = set(), []
    for symbol in shown:
        hit = name_of.match(symbol)
        if hit and hit[1] in marked:
            found.add(hit[1])
        else:
            wrong.append(symbol)
    for symbol in wrong:
        print(f"shown, and not of NIAS_API in nias::v1: {symbol}")
    for name in sorted(marked - found):
        print(f"marked with NIAS_API, and not shown: {name}")
    print(f"{len(shown)} symbols of {len(found)} classes and functions")
    sys.exit(1 if wrong or not marked or marked != found else 0)


if __name__ == "__main__":
    main()
