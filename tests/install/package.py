"""What the tests of the package share: the lines of README, an installed prefix, and programs that are built against it."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess

FLAGS = shlex.split(os.environ.get("NIAS_TEST_CXX_FLAGS", ""))  # a sanitizer's, where the library was built with one
PROGRAM = """\
#include <nias/nias.hpp>
#include <iostream>
int main() {
    auto pipeline = nias::Pipeline::open({}, [](const nias::Task& task, nias::Context&) -> nias::Result<nias::Bytes> {
        return task.payload;
    });
    if (!pipeline) { return 1; }
    nias::Task task;
    task.owner = "me";
    task.payload = {'h', 'i'};
    const auto outcome = pipeline->submitter().submit_future(task).get();
    if (!outcome) {
        std::cout << outcome.error().message << '\\n';
        return 2;
    }
    std::cout << std::string(outcome->output.begin(), outcome->output.end()) << ' ' << NIAS_VERSION << '\\n';
}
"""


BUILD_S = 900  # seconds: one of the commands compiles the whole library, beside other tests


def run(command, cwd, check=True, **env):
    """Runs a list, or a line of a page as a shell reads it; returns what it said, both streams in one."""
    shell = isinstance(command, str)
    done = subprocess.run(["bash", "-ec", command] if shell else list(map(str, command)), cwd=cwd, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BUILD_S, env=os.environ | {k: str(v) for k, v in env.items()})
    if check and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}")
    return done


def fences(page, heading):
    """The code of one section of a page: [(language, text)]."""
    text = pathlib.Path(page).read_text()
    section = re.split(r"\n## ", text.split(f"\n## {heading}\n", 1)[1])[0]
    return re.findall(r"^```(\w*)\n(.*?)^```$", section, re.M | re.S)


def files_below(folder):
    return {str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*") if not path.is_dir() or path.is_symlink()}


class Consumer:
    """A project of somebody else's, in a folder that knows nothing of the checkout."""

    def __init__(self, folder, package="find_package(nias 0.1 REQUIRED)\ntarget_link_libraries(my_program PRIVATE nias::nias)\n",
                 program=PROGRAM):
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "my_program.cpp").write_text(program)
        (self.folder / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(consumer LANGUAGES CXX)\n"
                                                    "add_executable(my_program my_program.cpp)\n" + package)

    def configure(self, prefix, *more, check=True):
        return run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
                    f"-DCMAKE_CXX_FLAGS={' '.join(['-Wall', '-Wextra', '-Werror', *FLAGS])}", *more], self.folder, check)

    def build(self, prefix):
        self.configure(prefix)
        run(["cmake", "--build", "build"], self.folder)
        return self.folder / "build" / "my_program"

    def compile(self, *flags, standard="c++20", check=True):
        return run(["g++", f"-std={standard}", *FLAGS, "my_program.cpp", *flags, "-o", "my_program"], self.folder, check)
