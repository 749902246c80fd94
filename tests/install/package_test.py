"""README's own lines install a package that other people's projects can use:  package_test.py BUILD_DIR SOURCE_DIR [unittest arguments]"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from package import Consumer, FLAGS, fences, files_below, run

BUILD, SOURCE = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
LIBRARY_BUILD = BUILD / "library_alone"  # kept, so that only the first run compiles the library
SECTION = "Install it, and use the library"
PROGRAMS = {"bin/nias", "bin/nias-httpfront", "bin/nias-sink", "bin/nias-ventilator", "bin/nias-worker"}


def lines_with(word):
    """Lines of README's section that hold the word, as they stand there but for the build folders."""
    lines = [line for _, text in fences(SOURCE / "README.md", SECTION) for line in text.splitlines() if word in line]
    assert lines, f"README says nothing of {word} under «{SECTION}»"
    return [line.replace("build/release", str(BUILD)).replace("build/library", str(LIBRARY_BUILD)) for line in lines]


def version():
    text = (SOURCE / "libnias/include/nias/version.hpp").read_text()
    return ".".join(re.search(rf"NIAS_VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR", "PATCH"))


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="nias-package-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.installed = cls.folder / "all" / "nias"
        cls.install_after_up()

    @classmethod
    def install_after_up(cls):
        """What scripts/up builds is all that README's next line needs: nothing that is installed is there before."""
        for library in BUILD.glob("libnias.so*"):
            library.unlink()
        target = re.search(r"cmake --build --preset release --target (\w+)", (SOURCE / "scripts/up").read_text())[1]
        run(["cmake", "--build", BUILD, "--target", target], SOURCE)
        (cls.folder / "all").mkdir()
        run(lines_with("cmake --install")[0], SOURCE, HOME=cls.folder / "all")

    def pkg_config(self, prefix, *args):
        said = run(["pkg-config", *args, "nias"], self.folder, PKG_CONFIG_PATH=prefix / "lib" / "pkgconfig")
        return said.stdout.split()

    def moved(self):
        """The installed folder, where nobody installed it to."""
        place = self.folder / "moved to" / "elsewhere"
        if not place.exists():
            shutil.copytree(self.installed, place, symlinks=True)
        return place

    def assertRuns(self, program, **env):
        self.assertEqual(run([program], self.folder, **env).stdout, f"hi {version()}\n")

    def test_after_up_one_line_installs_library_programs_and_pages(self):
        there = files_below(self.installed)
        self.assertLessEqual(PROGRAMS | {"lib/libnias.so", "include/nias/nias.hpp", "lib/pkgconfig/nias.pc"}, there)
        if (SOURCE / "httpfront/web/dist/index.html").exists():
            self.assertIn("share/nias/web/index.html", there)
        for program in PROGRAMS:
            self.assertEqual(run([self.installed / program, "--version"], self.folder).stdout.split()[-1], version(), program)

    def test_each_component_is_installed_alone_and_together_they_are_all(self):
        parts = {}
        for component in ("library", "programs", "web"):
            line = lines_with("--component")[0].replace("--component library", f"--component {component}")
            home = self.folder / component
            home.mkdir()
            pages = (SOURCE / "httpfront/web/dist/index.html").exists()
            done = run(line, SOURCE, check=component != "web" or pages, HOME=home)
            parts[component] = files_below(home / "nias") if (home / "nias").exists() else set()
            if component == "web" and not pages:
                self.assertIn("the pages are not built", done.stdout)
        self.assertEqual(parts["programs"], PROGRAMS)
        self.assertTrue(all(name.startswith("share/nias/web/") for name in parts["web"]), parts["web"])
        self.assertFalse(any(name.startswith(("bin/", "share/nias/")) for name in parts["library"]), parts["library"])
        self.assertEqual(set().union(*parts.values()), files_below(self.installed))

    def test_the_cmake_lines_of_readme_build_a_program_that_runs(self):
        package = next(text for language, text in fences(SOURCE / "README.md", SECTION) if language == "cmake")
        self.assertRuns(Consumer(self.folder / "by_cmake", package).build(self.installed))

    def test_the_pkg_config_lines_of_readme_build_a_program_that_runs(self):
        consumer = Consumer(self.folder / "by_pkg_config")
        lines = lines_with("PKG_CONFIG_PATH") + [line.replace("g++", " ".join(["g++", *FLAGS])) for line in lines_with("g++")]
        run("\n".join(lines), consumer.folder, HOME=self.installed.parent)
        self.assertRuns(consumer.folder / "my_program")

    def test_a_folder_that_was_moved_is_found_where_it_is(self):
        place = self.moved()
        self.assertEqual(os.path.realpath(" ".join(self.pkg_config(place, "--variable=prefix")).replace("\\", "")), str(place.resolve()))
        self.assertRuns(Consumer(self.folder / "by_moved").build(place))

    def test_pkg_config_passes_nothing_but_where_the_library_is(self):
        for asked, wanted in ((("--cflags",), ["-I", "include"]), (("--libs",), ["-L", "lib", "-lnias"]), (("--print-requires-private",), [])):
            said = self.pkg_config(self.installed, *asked)
            self.assertEqual(len(said), len(wanted) - 1 if wanted else 0, said)
            for word, flag in zip(said, wanted[:1]):
                self.assertEqual(os.path.realpath(word.removeprefix(flag)), str(self.installed.resolve() / wanted[1]))
        self.assertEqual(self.pkg_config(self.installed, "--modversion"), [version()])

    def test_find_package_answers_for_components_and_versions(self):
        library = self.folder / "library_only"
        run(["cmake", "--install", BUILD, "--prefix", library, "--component", "library"], SOURCE)
        major_minor = version().rpartition(".")[0]
        for prefix, asked, refusal in (
                (self.installed, f"{major_minor} REQUIRED COMPONENTS library programs", None),
                (library, f"{version()} REQUIRED COMPONENTS library", None),
                (library, "REQUIRED COMPONENTS programs", "programs"),
                (library, "REQUIRED COMPONENTS sauce", "sauce"),
                (library, "99 REQUIRED", f'version "99".*version: {version()}')):
            with self.subTest(asked=asked):
                consumer = Consumer(self.folder / "finder", f"find_package(nias {asked})\nmessage(STATUS \"programs: ${{nias_PROGRAMS_DIR}}\")\n")
                done = consumer.configure(prefix, check=False)
                self.assertEqual(done.returncode == 0, refusal is None, done.stdout)
                if refusal:
                    self.assertRegex(done.stdout, re.compile(refusal, re.S))
                elif "programs" in asked:
                    self.assertIn(f"programs: {prefix}/bin", done.stdout)

    def test_a_compiler_for_an_older_c_plus_plus_says_so_once_and_stops(self):
        for header in sorted((self.installed / "include/nias").glob("*.hpp")):
            consumer = Consumer(self.folder / "older", program=f"#include <nias/{header.name}>\nnias::Task task{{.owner = 1, 2}};\n")
            done = consumer.compile("-fsyntax-only", f"-I{self.installed}/include", standard="c++17", check=False)
            if header.name == "version.hpp":
                continue  # macros, for every compiler
            self.assertNotEqual(done.returncode, 0, header.name)
            self.assertEqual(re.findall(r"error: #error (.*)", done.stdout),
                             ['"NIAS needs C++20: compile with -std=c++20 or later"'], done.stdout)
            self.assertNotIn("my_program.cpp:2", done.stdout)
            self.assertLessEqual(len(re.findall("error:", done.stdout)), 2, done.stdout)

    def test_cmake_compiles_a_project_of_an_older_standard_as_the_library_needs_it(self):
        consumer = Consumer(self.folder / "raised")
        consumer.configure(self.installed, "-DCMAKE_CXX_STANDARD=17")
        run(["cmake", "--build", "build"], consumer.folder)
        self.assertRuns(consumer.folder / "build/my_program")

    def test_each_header_compiles_alone_and_the_umbrella_names_them_all(self):
        headers = sorted((self.installed / "include/nias").glob("*.hpp"))
        umbrella = (self.installed / "include/nias/nias.hpp").read_text()
        self.assertEqual(re.findall(r"#include <nias/(.*)>", umbrella), [h.name for h in headers if h.name != "nias.hpp"])
        consumer = Consumer(self.folder / "alone", program="")
        for header in headers:
            (consumer.folder / "my_program.cpp").write_text(f"#include <nias/{header.name}>\n#include <nias/{header.name}>\n")
            consumer.compile("-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", f"-I{self.installed}/include")

    def test_the_library_is_built_and_installed_without_the_programs_shared_and_static(self):
        (LIBRARY_BUILD / "CMakeCache.txt").unlink(missing_ok=True)
        configure, build, install = lines_with("build/library")
        for kind, more in (("shared", ""), ("static", " -DBUILD_SHARED_LIBS=OFF")):
            home = self.folder / f"library_{kind}"
            home.mkdir()
            for line in (configure + more, build, install):
                run(line, SOURCE, HOME=home, CCACHE_DIR=ccache_folder(), CMAKE_CXX_COMPILER_LAUNCHER=shutil.which("ccache") or "",
                    CMAKE_BUILD_TYPE="Debug", CXXFLAGS="-O0 -g0")
            prefix = home / "nias"
            self.assertFalse((prefix / "bin").exists())
            self.assertEqual((prefix / "lib/libnias.a").exists(), kind == "static")
            self.assertRuns(Consumer(self.folder / f"by_cmake_{kind}").build(prefix))
            consumer = Consumer(self.folder / f"by_pkg_config_{kind}")
            flags = self.pkg_config(prefix, "--cflags", "--libs", *(["--static"] if kind == "static" else []))
            consumer.compile(*flags, f"-Wl,-rpath,{prefix}/lib")
            self.assertRuns(consumer.folder / "my_program")

    def test_every_program_of_the_library_page_is_built_and_does_what_it_says(self):
        text = (SOURCE / "docs/library.md").read_text()
        programs = re.findall(r"^```(cpp|c)\n(.*?)^```$", text, re.M | re.S)
        headings = re.findall(r"^## (?:Give|Work|Handlers|Watch|All in one|Many as one|In a loop|The library's own|Other machines|From C)", text, re.M)
        self.assertEqual(len(programs), len(headings), "a section, a program")
        place = self.folder / "page"
        place.mkdir()
        said = []
        for number, (language, program) in enumerate(programs):
            source = place / f"{number}.{language}"
            source.write_text(program)
            compiler = ["g++", "-std=c++20"] if language == "cpp" else ["gcc", "-std=c11", "-pedantic"]
            run([*compiler, "-Wall", "-Wextra", "-Werror", *FLAGS, source, *self.pkg_config(self.installed, "--cflags", "--libs"),
                 f"-Wl,-rpath,{self.installed}/lib", "-o", place / str(number)], place)
            if "Pipeline::open" in program or "Keys::read" in program:  # the others want a server
                said.append(run([place / str(number)], place, check=False).stdout)
        self.assertEqual(said[0], "the handler ended by signal 11 (SIGSEGV)\n")
        self.assertEqual(said[1], "hi\n")
        self.assertEqual(said[2], "50 halved, 50 odd, their sum is 1225\n")
        self.assertEqual(said[3], "hoho\n")
        self.assertEqual(said[4], "error: submitter: on_accepted threw: no window\n")
        self.assertRegex(said[5], "sweep.key")

    def test_a_developer_and_a_project_above_configure_without_the_programs(self):
        run(["cmake", "-S", SOURCE, "-B", self.folder / "developer", "-G", "Ninja", "-DNIAS_DAEMONS=OFF"], self.folder)
        above = Consumer(self.folder / "above", f"add_subdirectory({SOURCE} nias)\ntarget_link_libraries(my_program PRIVATE nias::nias)\n")
        above.configure("")
        targets = run(["ninja", "-C", "build", "-t", "targets", "all"], above.folder).stdout
        self.assertIn("libnias.so", targets)
        self.assertNotRegex(targets, r"(?m)^(\S*/)?(nias-worker|unit_core|pages):")


def ccache_folder():
    """Where ccache keeps its cache, which it would look for below the HOME of a test."""
    if not shutil.which("ccache"):
        return ""
    return subprocess.run(["ccache", "-k", "cache_dir"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
