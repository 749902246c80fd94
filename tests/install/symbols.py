"""The shared library shows what NIAS_API marks in the public headers, in nias::v1, what NIAS_C_API marks in nias/c.h, and
nothing else.

Usage: symbols.py LIBRARY.so INCLUDE_FOLDER
"""
import pathlib
import re
import subprocess
import sys

ABOUT = r"(?:typeinfo for |typeinfo name for |vtable for )?"
CLASS = re.compile(r"(?:class|struct) NIAS_API (\w+)")
FUNCTION = re.compile(r"NIAS_API [^;{}]*?(\w+)\([^;{}]*\)[^;{}]*;")
C_FUNCTION = re.compile(r"NIAS_C_API [^;{}(]*?(\w+)\([^;{}]*\);")


def main():
    library, headers = sys.argv[1], pathlib.Path(sys.argv[2])
    said = subprocess.run(["nm", "--dynamic", "--demangle", "--defined-only", library], capture_output=True, text=True, check=True)
    shown = [line.split(maxsplit=2)[2] for line in said.stdout.splitlines()]
    text = "\n".join(re.sub(r"^#.*", "", header.read_text(), flags=re.M) for header in sorted(headers.glob("nias/*.hpp")))
    marked = set(CLASS.findall(text)) | set(FUNCTION.findall(CLASS.sub("", text)))
    in_c = set(C_FUNCTION.findall(re.sub(r"^#.*|///.*", "", (headers / "nias/c.h").read_text(), flags=re.M)))
    name_of = re.compile(ABOUT + r"nias::v1::(\w+)(?:\[abi:\w+\])?(?:::(?!Impl::)|\(|$)")
    found, wrong = set(), []
    for symbol in shown:
        hit = name_of.match(symbol)
        if hit and hit[1] in marked:
            found.add(hit[1])
        elif symbol in in_c:
            found.add(symbol)
        else:
            wrong.append(symbol)
    for symbol in wrong:
        print(f"shown, and not of NIAS_API in nias::v1: {symbol}")
    for name in sorted((marked | in_c) - found):
        print(f"marked with NIAS_API or NIAS_C_API, and not shown: {name}")
    print(f"{len(shown)} symbols of {len(found)} classes and functions")
    sys.exit(1 if wrong or not marked or not in_c or marked | in_c != found else 0)


if __name__ == "__main__":
    main()
