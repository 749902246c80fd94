#!/usr/bin/env python3
"""image_root.py FOLDER [PACKAGE...]: the root of a small Debian, made of the files of packages that this machine has.

It stands for what debootstrap makes, without a mirror and in a second: dpkg names the files of each package and of all that it
depends on, and they are copied. What a package's own scripts would have set up is left out, but for the links that every Debian has.
Without a PACKAGE it is a shell, the core programs and Python with what a virtual environment needs.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

PACKAGES = ["dash", "coreutils", "python3", "python3-venv"]
MERGED = ["bin", "sbin", "lib", "lib64"]
NOT_NEEDED = re.compile(r"/usr/share/(doc|man|locale|info|lintian|perl|bug)(/|$)|/usr/lib/.*/perl|/usr/share/.*/debconf")


def ask(form, *packages):
    return subprocess.run(["dpkg-query", "-W", f"-f={form}\n", *packages], capture_output=True, text=True).stdout


def with_all_they_need(packages):
    needs = {}
    for line in ask("${db:Status-Abbrev}|${binary:Package}|${Provides}|${Pre-Depends}, ${Depends}").splitlines():
        status, name, provides, depends = line.split("|", 3)
        if not status.startswith("ii"):
            continue
        wanted = [one.split("|")[0].split("(")[0].strip().split(":")[0] for one in depends.split(",")]
        for called in [name.split(":")[0], *(one.split("(")[0].strip() for one in provides.split(","))]:
            needs.setdefault(called, (name, wanted))
    found, left = {}, list(packages)
    while left:
        called = left.pop()
        if called in found or called not in needs or called.startswith(("perl", "debconf")):
            continue
        found[called] = needs[called][0]
        left += needs[called][1]
    return sorted(set(found.values()))


def make(root, packages):
    root.mkdir(parents=True)
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    listed = subprocess.run(["dpkg", "-L", *with_all_they_need(packages)], capture_output=True, text=True, check=True).stdout
    for name in sorted(set(listed.splitlines())):
        source = pathlib.Path(name)
        if not name.startswith("/") or NOT_NEEDED.search(name) or not os.path.lexists(source):
            continue
        place = root / name[1:]
        if source.is_dir() and not source.is_symlink():
            place.mkdir(parents=True, exist_ok=True)
        elif not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place, follow_symlinks=False)
    for folder in ["tmp", "root", "etc", "var/tmp", "run", "proc", "sys", "dev", "home"]:
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "usr/bin/sh").unlink(missing_ok=True)
    (root / "usr/bin/sh").symlink_to("dash")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/debian_version").write_text(pathlib.Path("/etc/debian_version").read_text())


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]), sys.argv[2:] or PACKAGES)
