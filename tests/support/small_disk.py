"""A small file system for a test that fills it. It is mounted where the processes of this test alone see it, so that it goes with
them, however they end."""
import ctypes
import os
import subprocess

CLONE_NEWNS = 0x20000
_apart = []


def mount(test, folder, options):
    """Mounts a tmpfs with these options ("size=24m,nr_inodes=200") at the folder, until the test is over."""
    if not _apart:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNS) != 0:
            test.skipTest("a file system cannot be mounted here: " + os.strerror(ctypes.get_errno()))
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        _apart.append(True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        test.skipTest("a file system cannot be mounted here: " + mounted.stderr.strip())
    test.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)


def fill(path):
    """Writes a file until the disk takes no more; give it back by removing it."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    return path
