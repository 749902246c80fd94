"""Read by every Python of a job as its sitecustomize: makes it behave as on a researcher's own machine.

The worker writes PROGRAM, the path of the job's program, in front of this text.
"""
import os
import sys
try:  # where importlib has them from: that one is some milliseconds of each program
    from _frozen_importlib_external import PathFinder, SourceFileLoader
except ImportError:
    from importlib.machinery import PathFinder, SourceFileLoader

NOBODY = ("waits for a person, and nobody sits before a job: take such values from a file, "
          "or from a variable of [env] in nias.toml")
HIDDEN = os.path.splitext(os.path.basename(PROGRAM))[0]
STANDARD = os.path.dirname(os.__file__)


def wants_names_of(frame):
    """True where the frame executes «from code import name»."""
    import opcode
    return frame.f_code.co_code[frame.f_lasti] == opcode.opmap["IMPORT_FROM"]


def lend_names_of_the_program(module):
    """A file beside the program may say «from code import my_filter»: such names come from the program."""
    own = []

    def __getattr__(name):
        if not name.startswith("__") and wants_names_of(sys._getframe(1)):
            if not own:
                import types
                own.append(types.ModuleType(HIDDEN))
                own[0].__file__ = PROGRAM
                SourceFileLoader(HIDDEN, PROGRAM).exec_module(own[0])
            if hasattr(own[0], name):
                return getattr(own[0], name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    if not hasattr(module, "__getattr__"):
        module.__getattr__ = __getattr__


def refuse_endless_waiting(module):
    """matplotlib.backend_bases: without a window the loop of events waits for what cannot come."""
    loop = module.FigureCanvasBase.start_event_loop

    def start_event_loop(self, timeout=0):
        if timeout <= 0:
            raise RuntimeError("this figure " + NOBODY)
        return loop(self, timeout)

    module.FigureCanvasBase.start_event_loop = start_event_loop


def refuse_clicks(module):
    """matplotlib._blocking_input: what ginput, waitforbuttonpress and clabel(manual=True) wait with."""
    def blocking_input_loop(*_, **__):
        raise RuntimeError("a click into a figure (ginput, waitforbuttonpress) " + NOBODY)

    module.blocking_input_loop = blocking_input_loop


def draw_into_files(module):
    """matplotlib.pyplot: a backend that opens windows is taken for Agg, so that a program that asks for TkAgg
    still saves its figures."""
    switch = module.switch_backend

    def switch_backend(backend):
        if isinstance(backend, str) and backend.lower() in WINDOWS:
            print(f"[nias] there are no windows in a job: the figures of {backend} are drawn without one",
                  file=sys.stderr)
            backend = "agg"
        return switch(backend)

    module.switch_backend = switch_backend


WINDOWS = {"tkagg", "tkcairo", "qtagg", "qt4agg", "qt5agg", "qtcairo", "qt5cairo", "gtk3agg", "gtk3cairo",
           "gtk4agg", "gtk4cairo", "wx", "wxagg", "wxcairo", "macosx", "nbagg", "notebook", "webagg", "ipympl",
           "widget"}
AFTER_IMPORT = {
    "matplotlib.pyplot": draw_into_files,
    "matplotlib.backend_bases": refuse_endless_waiting,
    "matplotlib._blocking_input": refuse_clicks,
}


class Finder:
    """Finds the standard module that the program's own name hides, and mends modules after their import."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == HIDDEN and path is None:
            spec, after = PathFinder.find_spec(name, [STANDARD]), lend_names_of_the_program
        elif name in AFTER_IMPORT:
            found = (finder.find_spec(name, path, target) for finder in sys.meta_path
                     if finder is not Finder and hasattr(finder, "find_spec"))
            spec, after = next(filter(None, found), None), AFTER_IMPORT[name]
        else:
            return None
        if spec is not None and hasattr(spec.loader, "exec_module"):
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                after(module)

            spec.loader.exec_module = exec_module
        return spec


def call_the_next_sitecustomize():
    """The machine's own, or the environment's, which this file stands before."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = PathFinder.find_spec("sitecustomize", [p for p in sys.path if os.path.abspath(p or ".") != here])
    if spec is not None and spec.origin and spec.loader is not None:
        with open(spec.origin, encoding="utf-8", errors="replace") as file:
            if "PROGRAM" in file.readline():
                return
        import types
        spec.loader.exec_module(types.ModuleType("sitecustomize"))


if HIDDEN not in getattr(sys, "stdlib_module_names", ("code",)):
    HIDDEN = None  # the program's name hides nothing
sys.meta_path.insert(0, Finder)
call_the_next_sitecustomize()
