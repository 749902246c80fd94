"""NIAS from Python, in one file, over nias/c.h: copy it beside your program.

    lab = Submitter("nias-data")                            # of a server on this machine; or "tcp://HOST", keys="sweep.key"
    task = lab.submit(b"21", owner="ana", runtime="double")
    print(lab.wait(task).output)

    lab.submit_async(b"22", owner="ana", runtime="double")  # waits for nothing: select() says when lab.next() has an end
    for end in lab.group([b"1", b"2", b"3"], owner="ana", runtime="double"):
        print(end.index, end.output)

    Worker("nias-data", runtime="double").run(lambda work: str(2 * int(work.payload)).encode())

Needs the installed library alone: NIAS_LIBRARY names libnias.so where the loader does not find it.
"""
import ctypes as c
import ctypes.util
import os
import signal
import threading
import time
from typing import Callable, Iterable, NamedTuple, Optional

CODES = ("ok", "invalid", "not_found", "conflict", "overloaded", "unavailable", "corrupt", "internal",
         "denied")
STATUSES = ("succeeded", "failed", "cancelled", "timed_out", "could_not_run")
ID_BYTES = 33
LOOK_MS = 200  # how often a call that waits lets Python look at signals


class Problem(Exception):
    """What went wrong, in words; `code` is one of CODES and says what to do about it."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Outcome(NamedTuple):
    """How a task ended. `status` is one of STATUSES. `why_none` is "ok", or the one of CODES for which the task has no outcome:
    the server refused it or did not answer, and `error` says so."""
    status: str
    output: bytes
    error: str
    attempt: int
    worker: str
    wall_ms: int
    task: str = ""
    index: int = 0
    why_none: str = "ok"


class Progress(NamedTuple):
    """How many tasks of a group stand how."""
    tasks: int
    alive: int
    succeeded: int
    failed: int
    cancelled: int
    timed_out: int
    lost: int
    refused: int
    stopped: int


class _Error(c.Structure):
    _fields_ = [("code", c.c_int), ("message", c.c_char * 508)]


class _Task(c.Structure):
    _fields_ = [("id", c.c_char_p), ("owner", c.c_char_p), ("name", c.c_char_p), ("runtime", c.c_char_p),
                ("payload", c.c_void_p), ("payload_bytes", c.c_size_t), ("memory_bytes", c.c_uint64),
                ("time_limit_ms", c.c_uint64), ("cpus", c.c_uint32), ("priority", c.c_int32), ("max_attempts", c.c_uint32),
                ("max_failures", c.c_uint32), ("request", c.c_char_p)]


class _Outcome(c.Structure):
    _fields_ = [("status", c.c_int), ("attempt", c.c_uint32), ("output", c.c_void_p), ("output_bytes", c.c_size_t),
                ("error", c.c_char_p), ("worker", c.c_char_p), ("wall_ms", c.c_uint64),
                ("started_unix_ms", c.c_int64), ("ended_unix_ms", c.c_int64), ("id", c.c_char * ID_BYTES),
                ("why_none", c.c_int), ("index", c.c_uint32)]


class _Progress(c.Structure):
    _fields_ = [(name, c.c_uint32) for name in Progress._fields]


class _GroupOptions(c.Structure):
    _fields_ = [("id", c.c_char_p), ("fails_max", c.c_uint64), ("in_order", c.c_uint32)]


class _WorkerOptions(c.Structure):
    _fields_ = [("name", c.c_char_p), ("runtime", c.c_char_p), ("outbox", c.c_char_p), ("slots", c.c_uint32),
                ("isolated", c.c_uint32)]  # 0 here: a fork of an interpreter with threads may hold its lock for ever


_Handler = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p)
_LogHook = c.CFUNCTYPE(None, c.c_int, c.c_char_p, c.c_void_p)


def _load():
    library = c.CDLL(os.environ.get("NIAS_LIBRARY") or ctypes.util.find_library("nias") or "libnias.so")
    handle, error, text = c.c_void_p, c.POINTER(_Error), c.c_char_p
    for name, result, *arguments in (
            ("nias_version", text),
            ("nias_submitter_open", handle, text, text, error),
            ("nias_submit", c.c_int, handle, c.POINTER(_Task), c.c_int64, text, error),
            ("nias_wait", c.c_int, handle, text, c.c_int64, c.POINTER(c.POINTER(_Outcome)), error),
            ("nias_cancel", c.c_int, handle, text, error),
            ("nias_submit_async", c.c_int, handle, c.POINTER(_Task), c.c_int64, text, error),
            ("nias_descriptor", c.c_int, handle),
            ("nias_next", c.c_int, handle, c.c_int64, c.POINTER(c.POINTER(_Outcome)), error),
            ("nias_group_submit", handle, handle, c.POINTER(_Task), c.c_size_t, c.POINTER(_GroupOptions), error),
            ("nias_group_id", text, handle),
            ("nias_group_progress", c.c_int, handle, c.POINTER(_Progress), error),
            ("nias_group_next", c.c_int, handle, c.c_int64, c.POINTER(c.POINTER(_Outcome)), error),
            ("nias_group_descriptor", c.c_int, handle, error),
            ("nias_group_retry_failed", c.c_int, handle, c.POINTER(c.c_size_t), error),
            ("nias_group_cancel", c.c_int, handle, error),
            ("nias_group_free", None, handle),
            ("nias_set_log", None, _LogHook, handle, c.c_int),
            ("nias_outcome_free", None, c.POINTER(_Outcome)),
            ("nias_submitter_close", None, handle),
            ("nias_worker_open", handle, text, text, c.POINTER(_WorkerOptions), error),
            ("nias_worker_run", c.c_int, handle, _Handler, handle, error),
            ("nias_worker_stop", None, handle),
            ("nias_worker_close", None, handle),
            ("nias_work_task", c.POINTER(_Task), handle),
            ("nias_work_cancelled", c.c_int, handle),
            ("nias_work_log", None, handle, text, c.c_size_t),
            ("nias_work_progress", None, handle, c.c_double, text),
            ("nias_work_succeed", None, handle, text, c.c_size_t),
            ("nias_work_fail", None, handle, text)):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_nias = _load()


def version() -> str:
    """Of the library that was loaded."""
    return _nias.nias_version().decode()


def _text(value: Optional[str]) -> Optional[bytes]:
    return None if value is None else str(value).encode()


def _check(code: int, error: _Error):
    if code != 0:
        raise Problem(CODES[code], error.message.decode())


def _outcome(told) -> Optional[Outcome]:
    """Copies and frees what the library gave; None: it gave nothing."""
    if not told:
        return None
    try:
        it = told.contents
        return Outcome(STATUSES[it.status], c.string_at(it.output, it.output_bytes), it.error.decode(), it.attempt,
                       it.worker.decode(), it.wall_ms, it.id.decode(), it.index, CODES[it.why_none])
    finally:
        _nias.nias_outcome_free(told)


def _task(payload: bytes, owner: str, name: str, runtime: str, task: Optional[str] = None, time_limit_ms: int = 0,
          priority: int = 0) -> _Task:
    return _Task(id=_text(task), owner=_text(owner), name=_text(name), runtime=_text(runtime),
                 payload=c.cast(c.c_char_p(payload), c.c_void_p), payload_bytes=len(payload),
                 time_limit_ms=time_limit_ms, priority=priority)


_log_hook = None  # kept as long as the library may call it


def set_log(hook: Optional[Callable[[str, str], None]], least: str = "warn"):
    """Gives the library's log lines to `hook(level, line)`, in place of stderr; None gives them back."""
    global _log_hook
    levels = ("debug", "info", "warn", "error")
    kept = _LogHook(0 if hook is None else lambda level, line, _: hook(levels[level], line.decode()))
    _nias.nias_set_log(kept, None, levels.index(least))
    _log_hook = kept


class Submitter:
    """Gives tasks to one server. Any thread; close() it when no other call is under way."""

    def __init__(self, server: Optional[str] = None, keys: Optional[str] = None):
        error = _Error()
        self._handle = _nias.nias_submitter_open(_text(server), _text(keys), error)
        _check(0 if self._handle else error.code, error)

    def submit(self, payload: bytes, owner: str, name: str = "", runtime: str = "", task: Optional[str] = None,
               time_limit_ms: int = 0, priority: int = 0, timeout_s: float = 30.0) -> str:
        """The id of the task, once the server has accepted it. A Problem of code `unavailable` has the id as `task`: give it
        as `task` to submit the same task again."""
        return self._submit(_nias.nias_submit, _task(payload, owner, name, runtime, task, time_limit_ms, priority), timeout_s)

    def submit_async(self, payload: bytes, owner: str, name: str = "", runtime: str = "", task: Optional[str] = None,
                     time_limit_ms: int = 0, priority: int = 0, timeout_s: float = 30.0) -> str:
        """The id of the task, before the server has it. next() gives its end, also where the server does not take it."""
        given = _task(payload, owner, name, runtime, task, time_limit_ms, priority)
        return self._submit(_nias.nias_submit_async, given, timeout_s)

    def fileno(self) -> int:
        """Readable while next() has an end: so select() and event loops take this object as it is."""
        return _nias.nias_descriptor(self._handle)

    def next(self, timeout_s: float = 0.0) -> Optional[Outcome]:
        """The next end of the tasks of submit_async(), in the order in which they ended; None: none came in this time."""
        told, error = c.POINTER(_Outcome)(), _Error()
        _check(_nias.nias_next(self._handle, int(timeout_s * 1000), told, error), error)
        return _outcome(told)

    def group(self, payloads: Iterable[bytes], owner: str, name: str = "", runtime: str = "",
              group: Optional[str] = None, fails_max: int = 0, in_order: bool = False) -> "Group":
        """Submits a task for each payload. `group`: the id of the same group in an earlier life of the program, to go on with it.
        `fails_max`: once so many have failed the rest is cancelled. `in_order`: ends are told by index."""
        kept = list(payloads)  # a _Task holds an address of its payload alone
        options = _GroupOptions(_text(group), fails_max, in_order)
        return Group(self._handle, [_task(payload, owner, name, runtime) for payload in kept], options)

    def _submit(self, call, given: _Task, timeout_s: float) -> str:
        name_of_task, error = c.create_string_buffer(ID_BYTES), _Error()
        code = call(self._handle, given, int(timeout_s * 1000), name_of_task, error)
        try:
            _check(code, error)
        except Problem as problem:
            problem.task = name_of_task.value.decode() or None
            raise
        return name_of_task.value.decode()

    def wait(self, task: str, timeout_s: float = float("inf")) -> Outcome:
        """The task's outcome, of any status. TimeoutError: it has not ended in that time. Ctrl-C is looked at."""
        until = time.monotonic() + timeout_s
        while True:
            left_ms = max(0.0, (until - time.monotonic()) * 1000)
            told, error = c.POINTER(_Outcome)(), _Error()
            code = _nias.nias_wait(self._handle, _text(task), int(min(LOOK_MS, left_ms)), told, error)
            if code == 0:
                break
            if CODES[code] != "unavailable":
                _check(code, error)
            if time.monotonic() >= until:
                raise TimeoutError(error.message.decode())
        return _outcome(told)

    def cancel(self, task: str):
        """Asks that the task end; its outcome tells whether it did."""
        error = _Error()
        _check(_nias.nias_cancel(self._handle, _text(task), error), error)

    def close(self):
        """Frees it. Its tasks go on."""
        handle, self._handle = self._handle, None
        _nias.nias_submitter_close(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Group:
    """Many tasks as one: iterate over it for their ends, as they come."""

    def __init__(self, submitter, tasks, options):
        error = _Error()
        self._handle = _nias.nias_group_submit(submitter, (_Task * len(tasks))(*tasks), len(tasks), options, error)
        _check(0 if self._handle else error.code, error)
        self.id = _nias.nias_group_id(self._handle).decode()

    def progress(self) -> Progress:
        """How its tasks stand."""
        told, error = _Progress(), _Error()
        _check(_nias.nias_group_progress(self._handle, told, error), error)
        return Progress(*(getattr(told, name) for name in Progress._fields))

    def next(self, timeout_s: float = float("inf")) -> Optional[Outcome]:
        """The next end; None: all were told. TimeoutError: none came in that time. Ctrl-C is looked at."""
        until = time.monotonic() + timeout_s
        while True:
            left_ms = max(0.0, (until - time.monotonic()) * 1000)
            told, error = c.POINTER(_Outcome)(), _Error()
            code = _nias.nias_group_next(self._handle, int(min(LOOK_MS, left_ms)), told, error)
            if CODES[code] != "unavailable":
                _check(code, error)
                return _outcome(told)
            if time.monotonic() >= until:
                raise TimeoutError(error.message.decode())

    def __iter__(self):
        return iter(self.next, None)

    def fileno(self) -> int:
        """Readable while next() need not wait: so select() and event loops take this object as it is."""
        error = _Error()
        descriptor = _nias.nias_group_descriptor(self._handle, error)
        _check(0 if descriptor >= 0 else error.code, error)
        return descriptor

    def retry_failed(self) -> int:
        """Submits again every task that has ended and not succeeded; how many they were. Their ends are told once more."""
        retried, error = c.c_size_t(), _Error()
        _check(_nias.nias_group_retry_failed(self._handle, retried, error), error)
        return retried.value

    def cancel(self):
        """Asks that every task of it end that lives; their ends tell which were done before."""
        error = _Error()
        _check(_nias.nias_group_cancel(self._handle, error), error)

    def close(self):
        """Lets go of it. Its tasks go on."""
        handle, self._handle = self._handle, None
        _nias.nias_group_free(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Work:
    """One attempt of one task, in the hands of a handler until that returns."""

    def __init__(self, handle):
        self._handle = handle
        task = _nias.nias_work_task(handle).contents
        self.task, self.owner, self.name = task.id.decode(), task.owner.decode(), task.name.decode()
        self.payload = c.string_at(task.payload, task.payload_bytes) if task.payload_bytes else b""

    def cancelled(self) -> bool:
        """Whether to stop soon."""
        return bool(_nias.nias_work_cancelled(self._handle))

    def log(self, line: str):
        """Adds a line to the task's log."""
        text = line.encode() + b"\n"
        _nias.nias_work_log(self._handle, text, len(text))

    def progress(self, fraction: float, text: str = ""):
        """How far the task is, 0 to 1."""
        _nias.nias_work_progress(self._handle, fraction, _text(text))


class Worker:
    """Runs a handler on tasks, on as many threads as there are slots."""

    def __init__(self, server: Optional[str] = None, keys: Optional[str] = None, name: Optional[str] = None,
                 runtime: Optional[str] = None, slots: int = 1):
        options, error = _WorkerOptions(_text(name), _text(runtime), None, slots), _Error()
        self._handle = _nias.nias_worker_open(_text(server), _text(keys), options, error)
        _check(0 if self._handle else error.code, error)

    def run(self, handler: Callable[[Work], bytes]):
        """Works until stop(), Ctrl-C or SIGTERM (of the main thread), then lets handlers end. The handler returns the
        output; an exception fails its task and nothing else. Frees the worker."""

        def call(handle, _):
            try:
                output = handler(Work(handle))
                _nias.nias_work_succeed(handle, bytes(output), len(output))
            except BaseException as wrong:  # also SystemExit: it is the task that ends, not the worker
                _nias.nias_work_fail(handle, f"{type(wrong).__name__}: {wrong}".encode())

        # The library's loop gets a thread of its own, so that this one can look at signals.
        error, kept, ended = _Error(), _Handler(call), []
        loop = threading.Thread(target=lambda: ended.append(_nias.nias_worker_run(self._handle, kept, None, error)))
        loop.start()
        old = {}
        if threading.current_thread() is threading.main_thread():
            old = {number: signal.signal(number, lambda *_: self.stop()) for number in (signal.SIGINT, signal.SIGTERM)}
        while loop.is_alive():
            loop.join(LOOK_MS / 1000)
        for number, handler_before in old.items():
            signal.signal(number, handler_before)
        handle, self._handle = self._handle, None
        _nias.nias_worker_close(handle)
        _check(ended[0], error)

    def stop(self):
        """Asks run() to drain and return. Any thread, or a signal handler."""
        _nias.nias_worker_stop(self._handle)
