// Names that people write into requirements.txt and no index has: modules of Python itself, and modules whose
// package has another name.
#include <algorithm>
#include <array>

#include "job/requirements/requirement.hpp"
#include "job/requirements/requirements.hpp"

namespace nias::job {
namespace {

/// Modules of Python 3.11 that later versions have too, without those that also name a package people use.
constexpr std::array<std::string_view, 181> kStandard{
    "abc",         "argparse",     "array",       "ast",          "asyncio",      "atexit",
    "base64",      "bdb",          "binascii",    "bisect",       "builtins",     "bz2",
    "calendar",    "cmath",        "cmd",         "code",         "codecs",       "codeop",
    "collections", "colorsys",     "compileall",  "concurrent",   "configparser", "contextlib",
    "contextvars", "copy",         "copyreg",     "cprofile",     "csv",          "ctypes",
    "curses",      "dataclasses",  "datetime",    "dbm",          "decimal",      "difflib",
    "dis",         "doctest",      "email",       "encodings",    "ensurepip",    "enum",
    "errno",       "faulthandler", "fcntl",       "filecmp",      "fileinput",    "fnmatch",
    "fractions",   "ftplib",       "functools",   "gc",           "getopt",       "getpass",
    "gettext",     "glob",         "graphlib",    "grp",          "gzip",         "hashlib",
    "heapq",       "hmac",         "html",        "http",         "idlelib",      "imaplib",
    "importlib",   "inspect",      "io",          "ipaddress",    "itertools",    "json",
    "keyword",     "linecache",    "locale",      "logging",      "lzma",         "mailbox",
    "marshal",     "math",         "mimetypes",   "mmap",         "modulefinder", "multiprocessing",
    "netrc",       "ntpath",       "numbers",     "opcode",       "operator",     "optparse",
    "os",          "pathlib",      "pdb",         "pickle",       "pickletools",  "pkgutil",
    "platform",    "plistlib",     "poplib",      "posix",        "posixpath",    "pprint",
    "profile",     "pstats",       "pty",         "pwd",          "py-compile",   "pyclbr",
    "pydoc",       "queue",        "quopri",      "random",       "re",           "readline",
    "reprlib",     "resource",     "rlcompleter", "runpy",        "sched",        "secrets",
    "select",      "selectors",    "shelve",      "shlex",        "shutil",       "signal",
    "site",        "smtplib",      "socket",      "socketserver", "sqlite3",      "ssl",
    "stat",        "statistics",   "string",      "stringprep",   "struct",       "subprocess",
    "symtable",    "sys",          "sysconfig",   "syslog",       "tabnanny",     "tarfile",
    "tempfile",    "termios",      "textwrap",    "threading",    "time",         "timeit",
    "tkinter",     "token",        "tokenize",    "tomllib",      "trace",        "traceback",
    "tracemalloc", "tty",          "turtle",      "types",        "typing",       "unicodedata",
    "unittest",    "urllib",       "uuid",        "venv",         "warnings",     "wave",
    "weakref",     "webbrowser",   "winreg",      "wsgiref",      "xml",          "xmlrpc",
    "zipapp",      "zipfile",      "zipimport",   "zlib",         "zoneinfo",     "winsound",
    "msvcrt"};

struct OtherName {
    std::string_view written;  ///< normal_name() of it
    std::string_view package;
};

constexpr OtherName kOthers[] = {{"cv2", "opencv-python"},
                                 {"opencv", "opencv-python"},
                                 {"py-opencv", "opencv-python"},
                                 {"sklearn", "scikit-learn"},
                                 {"scikitlearn", "scikit-learn"},
                                 {"skimage", "scikit-image"},
                                 {"scikitimage", "scikit-image"},
                                 {"skfuzzy", "scikit-fuzzy"},
                                 {"pil", "pillow"},
                                 {"yaml", "pyyaml"},
                                 {"bs4", "beautifulsoup4"},
                                 {"dateutil", "python-dateutil"},
                                 {"serial", "pyserial"},
                                 {"usb", "pyusb"},
                                 {"zmq", "pyzmq"},
                                 {"crypto", "pycryptodome"},
                                 {"docx", "python-docx"},
                                 {"pptx", "python-pptx"},
                                 {"fitz", "pymupdf"},
                                 {"pywt", "pywavelets"},
                                 {"bio", "biopython"},
                                 {"pytorch", "torch"},
                                 {"pytables", "tables"},
                                 {"wx", "wxpython"},
                                 {"mpl-toolkits", "matplotlib"},
                                 {"pylab", "matplotlib"},
                                 {"pyplot", "matplotlib"},
                                 {"matplotlib-pyplot", "matplotlib"},
                                 {"scipy-signal", "scipy"},
                                 {"scipy-stats", "scipy"},
                                 {"scipy-io", "scipy"},
                                 {"numpy-random", "numpy"}};

}  // namespace

std::string wrong_name(const Requirement& requirement) {
    const std::string name = normal_name(requirement.name);
    // With a marker it is a package that brings a module to older versions of Python.
    const bool standard = std::find(kStandard.begin(), kStandard.end(), name) != kStandard.end();
    if (standard && requirement.marker.empty()) {
        return requirement.name + " is part of Python: remove the line";
    }
    if (name == "python") { return "the version of Python is the machine's: remove the line"; }
    const auto* const other = std::find_if(std::begin(kOthers), std::end(kOthers),
                                           [&](const OtherName& one) { return one.written == name; });
    if (other == std::end(kOthers)) { return {}; }
    return "the package that brings " + requirement.name + " is called " + std::string(other->package) +
           ": write " + std::string(other->package);
}

std::string package_of_module(std::string_view module) {
    const std::string name = normal_name(module);
    for (const OtherName& other : kOthers) {
        if (other.written == name) { return std::string(other.package); }
    }
    return std::string(module);
}

}  // namespace nias::job
