"""Sends jobs to a NIAS server and fetches what they wrote. One file, standard library only, Python 3.8 and later.

    import nias
    files = nias.Client("https://lab:8080", "nias_...").submit("study/").wait().outputs("results/")

Server, token and trust come from the arguments, else from NIAS_SERVER, NIAS_TOKEN, NIAS_FINGERPRINT and NIAS_CA_FILE,
else from the file that `nias login` wrote. Uploads go on after a cut line, also in the next run of the program.
A Client may be used by several threads.
"""
from __future__ import annotations

import base64
import hashlib
import http.client
import ipaddress
import json
import os
import pathlib
import ssl
import stat
import tempfile
import threading
import time
import urllib.parse
import uuid
import zipfile
from typing import IO, Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

PIECE_BYTES = 8 << 20  # a piece is confirmed by the server as a whole
WAIT_S = 25  # an answer that waits for the end of a job waits so long, then it is asked again
BACK_OFF_MAX_S = 15.0
FOLDER_FILES_MAX = 100_000
ENDED = ("succeeded", "failed", "cancelled", "timed_out", "lost")

PathLike = Union[str, "os.PathLike[str]"]
Progress = Callable[[int, int], None]


class Error(Exception):
    """Anything that this module reports."""


class Unreachable(Error):
    """The server did not answer for as long as the client is patient."""


class Untrusted(Error):
    """Whoever answered did not show the certificate that was expected. Nothing was said to it."""


class Refused(Error):
    """The server answered with a problem. `detail` is its sentence for a person, `code` and `params` are for programs."""

    def __init__(self, status: int, problem: Dict[str, Any]) -> None:
        self.status = status
        self.code: str = problem.get("code", "")
        self.detail: str = problem.get("detail") or problem.get("title") or f"the server answered with {status}"
        self.words: List[Any] = problem.get("words", [])
        self.params: Dict[str, Any] = next((part["params"] for part in self.words if isinstance(part, dict)), {})
        self.entry: str = problem.get("entry", "")
        super().__init__(self.detail)


class JobFailed(Error):
    """The job has ended, and not well. `job` tells more: its outcome, and its log."""

    def __init__(self, job: Job) -> None:
        self.job = job
        outcome = job.outcome or {}
        super().__init__(f"job {job.id} ({job.name}): {job.state}: {outcome.get('error') or job.fields['reason'] or 'no reason is known'}")


class Job:
    """A job as the server last told of it: `fields` is that answer (docs/http.md, «A Job»)."""

    def __init__(self, client: Client, fields: Dict[str, Any]) -> None:
        self._client = client
        self.fields = fields

    id = property(lambda self: str(self.fields["id"]))
    name = property(lambda self: str(self.fields["name"]))
    state = property(lambda self: str(self.fields["state"]))
    outcome = property(lambda self: self.fields["outcome"])
    ended = property(lambda self: self.state in ENDED)

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.name!r} {self.state}>"

    def refresh(self) -> Job:
        self.fields = self._client._json("GET", self._path())
        return self

    def wait(self, timeout: Optional[float] = None, check: bool = True) -> Job:
        """Returns when the job has ended. JobFailed where it did not succeed, unless `check` is False; TimeoutError
        after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.ended:
            left = WAIT_S if deadline is None else min(WAIT_S, int(deadline - time.monotonic()) + 1)
            if left <= 0 or (deadline is not None and time.monotonic() > deadline):
                raise TimeoutError(f"job {self.id} is {self.state} after {timeout} s")
            self.fields = self._client._json("GET", self._path(f"?wait={left}"))
        if check and self.state != "succeeded":
            raise JobFailed(self)
        return self

    def log(self, tail: Optional[int] = None) -> str:
        """What the program printed; with `tail`, the last so many bytes of it, from a whole line on."""
        query = "" if tail is None else f"?tail={tail}"
        return self._client._ask("GET", self._path("/log" + query)).content.decode("utf-8", "replace")

    def follow(self) -> Iterator[str]:
        """What the program prints, as it comes, until the job has ended. A further attempt begins from its first line."""
        offset, attempt = 0, self.fields["attempt"]
        while True:
            for kind, told in self._client._events(self.id, offset):
                if told.get("id") != self.id:
                    continue
                if told["attempt"] != attempt:
                    offset, attempt = 0, told["attempt"]
                    break  # the stream was opened for the bytes of the attempt before
                if kind == "log" and told["offset"] == offset:
                    offset = told["next"]
                    yield told["text"]
                elif kind == "job" and told["state"] in ENDED:
                    break
            if self.refresh().ended and self.fields["attempt"] == attempt:
                rest = self._client._ask("GET", self._path("/log")).content[offset:]
                if rest:
                    yield rest.decode("utf-8", "replace")
                return
            threading.Event().wait(0.2)  # a stream that is cut as soon as it begins is not asked for in haste

    def cancel(self) -> Job:
        """Asks for a stop; wait(check=False) returns when it is done. Refused («ended») where there is nothing to stop."""
        self.fields = self._client._json("POST", self._path("/cancel"))
        return self

    def rerun(self, cpus: Optional[int] = None, memory_bytes: Optional[int] = None, time_limit_ms: Optional[int] = None,
              disk_bytes: Optional[int] = None) -> Job:
        """The same bundle as another job, with other limits where they are named."""
        limits = {"cpus": cpus, "memory_bytes": memory_bytes, "time_limit_ms": time_limit_ms, "disk_bytes": disk_bytes}
        return Job(self._client, self._client._json("POST", self._path("/rerun"), {k: v for k, v in limits.items() if v is not None},
                                                    {"Idempotency-Key": uuid.uuid4().hex}))

    def members(self, state: Optional[str] = None) -> Iterator[Dict[str, Any]]:
        """Of an array: `index`, `id`, `state` and more of each member that is in line or was, fetched as they are read."""
        query: Dict[str, Any] = {"limit": 1000, **({"state": state} if state else {})}
        while True:
            page = self._client._json("GET", self._path("/members?" + urllib.parse.urlencode(query)))
            yield from page["members"]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def files(self) -> List[Dict[str, Any]]:
        """`path` and `size_bytes` of each file of the output; none before the end."""
        return list(self._client._json("GET", self._path("/files"))["files"])

    def read(self, path: str) -> bytes:
        """One file of the output."""
        return self._client._ask("GET", self._path("/files/" + urllib.parse.quote(path))).content

    def outputs(self, into: Optional[PathLike] = None, progress: Optional[Progress] = None) -> List[pathlib.Path]:
        """Fetches all files of the output into a folder, by default one named after the job's id, and returns them."""
        folder = pathlib.Path(into if into is not None else self.id)
        with tempfile.TemporaryFile() as fetched:
            self._client._fetch(self._path("/output"), fetched, progress)
            return _unpack(fetched, folder)

    def _path(self, more: str = "") -> str:
        return f"/api/v1/jobs/{self.id}{more}"


class Client:
    """A server, and who asks it."""

    def __init__(self, url: Optional[str] = None, token: Optional[str] = None, *, ca_file: Optional[PathLike] = None,
                 fingerprint: Optional[str] = None, patience_s: float = 60.0, language: str = "en") -> None:
        """`ca_file`: certificates to trust instead of the system's. `fingerprint`: SHA-256 of the server's own
        certificate, as the server prints it; then nothing else is trusted. `patience_s`: how long a server may be away."""
        settings = _settle({"server": url or "", "token": token or "", "ca_file": os.fspath(ca_file or ""), "fingerprint": fingerprint or ""})
        self.url = settings["server"].rstrip("/")
        self._host, self._port, tls = _address(self.url)
        self._context = _context(settings["ca_file"], settings["fingerprint"]) if tls else None
        self._pinned = bytes.fromhex(settings["fingerprint"].replace(":", ""))
        self._headers = {"Accept-Language": language, "User-Agent": "nias.py", "Connection": "close"}
        if settings["token"]:
            self._headers["Authorization"] = "Bearer " + settings["token"]
        self._patience_s = patience_s

    def submit(self, what: PathLike, *, name: Optional[str] = None, array: str = "", trial: bool = False,
               progress: Optional[Progress] = None) -> Job:
        """Sends a zip, a folder, or a program alone (.py, .m), and returns the job when it is queued for good.
        `name` is what it is called on the server. `array` makes one job of many, as "1-10,20,30-50:5"; `trial` only tries
        it. `progress` is told the bytes that the server has, and all."""
        more: Dict[str, Any] = {**({"array": array} if array else {}), **({"trial": True} if trial else {})}
        with _Bundle(pathlib.Path(what), name) as bundle:
            upload = _Upload(self, bundle, progress).finish()
            job = Job(self, self._json("POST", "/api/v1/jobs", {"upload": upload.rsplit("/", 1)[1], **more}))
            bundle.note(self.url).forget()
            return job

    def job(self, job_id: str) -> Job:
        return Job(self, self._json("GET", "/api/v1/jobs/" + urllib.parse.quote(job_id, safe="")))

    def jobs(self, state: Optional[str] = None, q: Optional[str] = None, owner: Optional[str] = None) -> Iterator[Job]:
        """One's own jobs, newest first, fetched as they are read. `owner`: for administrators; "*" is everybody."""
        query = {key: value for key, value in (("state", state), ("q", q), ("owner", owner)) if value}
        while True:
            page = self._json("GET", "/api/v1/jobs?" + urllib.parse.urlencode({**query, "limit": 200}))
            for fields in page["jobs"]:
                yield Job(self, fields)
            if page["next"] is None:
                return
            query["before"] = page["next"]

    # What follows speaks HTTP. Everything asked here can be asked again without harm.

    def _json(self, method: str, path: str, fields: Optional[Dict[str, Any]] = None, headers: Optional[Dict[str, str]] = None) -> Any:
        body = None if fields is None else json.dumps(fields).encode()
        more = {} if fields is None else {"Content-Type": "application/json"}
        return json.loads(self._ask(method, path, body, {**more, **(headers or {})}).content)

    def _ask(self, method: str, path: str, body: Optional[bytes] = None, headers: Optional[Dict[str, str]] = None) -> _Answer:
        """Repeats what got no answer, or that the server is busy, until it is out of patience."""
        tries = _Patience(self._patience_s)
        while True:
            try:
                return self._ask_once(method, path, body, headers)
            except (Unreachable, Refused) as problem:
                if isinstance(problem, Refused) and problem.status not in (429, 503):
                    raise
                tries.rest(problem)

    def _ask_once(self, method: str, path: str, body: Optional[bytes] = None, headers: Optional[Dict[str, str]] = None) -> _Answer:
        link = self._connect()
        try:
            link.request(method, path, body, {**self._headers, **(headers or {})})
            answered = link.getresponse()
            answer = _Answer(answered.status, answered.headers, answered.read())
        except (OSError, http.client.HTTPException) as problem:
            raise Unreachable(f"{self.url} does not answer: {problem or type(problem).__name__}") from problem
        finally:
            link.close()
        if answer.status >= 400:
            raise answer.refusal()
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        """A connection to whom is trusted, and to nobody else."""
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=60)
        link = http.client.HTTPSConnection(self._host, self._port, timeout=60, context=self._context)
        try:
            link.connect()
        except ssl.SSLCertVerificationError as problem:
            link.close()
            raise Untrusted(f"{self.url} shows a certificate that is not trusted ({problem.verify_message}): name its issuer's file as "
                            "ca_file, or the fingerprint that the server prints as fingerprint") from problem
        except OSError as problem:
            link.close()
            raise Unreachable(f"{self.url} does not answer: {problem}") from problem
        shown = hashlib.sha256(link.sock.getpeercert(binary_form=True) or b"").digest()
        if self._pinned and shown != self._pinned:
            link.close()
            raise Untrusted(f"{self.url} shows a certificate with the fingerprint {shown.hex(':').upper()}, which is not the one that was "
                            "named: ask the server's administrator whether it was exchanged")
        return link

    def _events(self, job_id: str, offset: int) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """The events of one stream: first `now`, then what comes. It ends where the line is cut."""
        tries = _Patience(self._patience_s)
        while True:
            link = None
            try:
                link = self._connect()
                link.request("GET", f"/api/v1/events?log={job_id}&offset={offset}", headers=self._headers)
                stream = link.getresponse()
                if stream.status >= 400:
                    raise _Answer(stream.status, stream.headers, stream.read()).refusal()
                yield "job", self._json("GET", f"/api/v1/jobs/{job_id}")  # it may have ended before the stream began
                yield from _parse_events(stream)
                return
            except Refused as problem:
                if problem.status not in (429, 503):
                    raise
                tries.rest(problem)
            except Unreachable as problem:
                tries.rest(problem)
            except (OSError, http.client.HTTPException):
                return
            finally:
                if link is not None:
                    link.close()

    def _fetch(self, path: str, into: IO[bytes], progress: Optional[Progress]) -> None:
        """A whole file, in parts where the line is cut."""
        tries, tag, total = _Patience(self._patience_s), "", -1
        while total < 0:
            link, begun = None, into.tell()
            try:
                link = self._connect()
                more = {"Range": f"bytes={begun}-", "If-Range": tag} if begun and tag else {}
                link.request("GET", path, headers={**self._headers, **more})
                answer = link.getresponse()
                if answer.status >= 400:
                    raise _Answer(answer.status, answer.headers, answer.read()).refusal()
                if answer.status != 206:
                    into.seek(0)
                    into.truncate()
                length, tag = answer.headers.get("Content-Length"), answer.headers.get("ETag", "")
                ends_at = -1 if length is None else into.tell() + int(length)  # outputs of an array are made while they are sent
                while into.tell() != ends_at:
                    piece = answer.read(1 << 20)
                    if not piece and length is not None:
                        raise http.client.IncompleteRead(b"")
                    if not piece:
                        break
                    into.write(piece)
                    if progress:
                        progress(into.tell(), max(ends_at, into.tell()))
                total = into.tell()
            except (OSError, http.client.HTTPException, Unreachable) as problem:
                if into.tell() > begun:
                    tries = _Patience(self._patience_s)
                tries.rest(problem if isinstance(problem, Error) else Unreachable(f"{self.url} broke off: {problem}"))
            finally:
                if link is not None:
                    link.close()


class _Answer:
    def __init__(self, status: int, headers: Any, content: bytes) -> None:
        self.status, self.headers, self.content = status, headers, content

    def refusal(self) -> Refused:
        try:
            problem = json.loads(self.content)
        except ValueError:
            problem = {}
        return Refused(self.status, problem if isinstance(problem, dict) else {})


class _Patience:
    """Rests between tries, longer each time, until the time is over."""

    def __init__(self, seconds: float) -> None:
        self._deadline, self._rest_s, self._bell = time.monotonic() + seconds, 0.1, threading.Event()

    def rest(self, problem: Exception) -> None:
        if time.monotonic() + self._rest_s > self._deadline:
            raise problem
        self._bell.wait(self._rest_s)
        self._rest_s = min(2 * self._rest_s, BACK_OFF_MAX_S)


class _Note:
    """Where an unfinished upload is found by the next run of a program: a file that only its owner reads."""

    def __init__(self, name: str) -> None:
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
        self._file = cache / "nias" / "uploads" / name

    def read(self) -> str:
        try:
            return self._file.read_text().strip()
        except OSError:
            return ""

    def write(self, location: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(location)
        except OSError:
            return  # without it the upload begins anew in the next run, and nothing else is lost

    def forget(self) -> None:
        try:
            self._file.unlink()
        except OSError:
            return


class _Bundle:
    """The bytes that travel: a file as it is, or a folder as a zip in a temporary file."""

    def __init__(self, path: pathlib.Path, name: Optional[str]) -> None:
        path = path.resolve()
        is_folder = path.is_dir()
        self.name = (name or (path.name if is_folder else path.stem)) + (".zip" if is_folder else path.suffix)
        self.file: IO[bytes] = tempfile.TemporaryFile() if is_folder else open(path, "rb")
        try:
            if is_folder:
                _zip_folder(path, self.file)
            self._measure()
        except BaseException:
            self.file.close()
            raise

    def _measure(self) -> None:
        digest = hashlib.sha256()
        self.file.seek(0)
        for piece in iter(lambda: self.file.read(1 << 20), b""):
            digest.update(piece)
        self.size, self.sha256 = self.file.tell(), digest.hexdigest()

    def note(self, url: str) -> _Note:
        return _Note(hashlib.sha256("\0".join((url, self.name, self.sha256)).encode()).hexdigest())

    def __enter__(self) -> _Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


class _Upload:
    """One upload by tus 1.0.0: begun, or found again, and sent piece by piece until the server has it whole."""
    VERSION = {"Tus-Resumable": "1.0.0"}

    def __init__(self, client: Client, bundle: _Bundle, progress: Optional[Progress]) -> None:
        self._client, self._bundle, self._progress = client, bundle, progress

    def finish(self) -> str:
        """The upload's location."""
        location, offset = self._found() or self._begun()
        tries = _Patience(self._client._patience_s)
        while True:
            if self._progress:
                self._progress(offset, self._bundle.size)
            if offset == self._bundle.size:
                return location
            before = offset
            try:
                offset = self._send(location, offset)
            except (Unreachable, Refused) as problem:
                if isinstance(problem, Refused) and problem.status not in (409, 423, 429, 460, 503, 507):
                    raise
                tries.rest(problem)
                offset = self._offset(location)
            if offset > before:
                tries = _Patience(self._client._patience_s)

    def _send(self, location: str, offset: int) -> int:
        self._bundle.file.seek(offset)
        piece = self._bundle.file.read(PIECE_BYTES)
        if not piece:
            raise Error(f"{self._bundle.name} became shorter while it was sent: send it again when it rests")
        checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        answer = self._client._ask_once("PATCH", location, piece, {
            **self.VERSION, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset), "Upload-Checksum": "sha256 " + checksum})
        return int(answer.headers["Upload-Offset"])

    def _offset(self, location: str) -> int:
        return int(self._client._ask("HEAD", location, headers=self.VERSION).headers["Upload-Offset"])

    def _found(self) -> Optional[Tuple[str, int]]:
        location = self._bundle.note(self._client.url).read()
        if not location.startswith("/api/v1/uploads/"):
            return None
        try:
            return location, self._offset(location)
        except Refused as problem:
            if problem.status not in (404, 410):
                raise
            return None

    def _begun(self) -> Tuple[str, int]:
        known = {"filename": self._bundle.name, "sha256": self._bundle.sha256}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in known.items())
        answer = self._client._ask("POST", "/api/v1/uploads", headers={
            **self.VERSION, "Upload-Length": str(self._bundle.size), "Upload-Metadata": metadata})
        location = urllib.parse.urlsplit(answer.headers["Location"]).path
        self._bundle.note(self._client.url).write(location)
        return location, int(answer.headers.get("Upload-Offset", 0))


def _zip_folder(folder: pathlib.Path, into: IO[bytes]) -> None:
    """The folder under its own name, as `nias submit` zips it: links as what they lead to, without hidden files and
    without what is in output/. The same files make the same bytes, so that a cut upload of them goes on."""
    count = 0
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for where, folders, names in os.walk(folder, followlinks=True):
            inner = pathlib.Path(where).relative_to(folder)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            above = {os.path.realpath(parent) for parent in (pathlib.Path(where), *pathlib.Path(where).parents)}
            round_in_circles = [name for name in folders if os.path.realpath(os.path.join(where, name)) in above]
            if round_in_circles:
                raise Error(f"{os.path.join(where, round_in_circles[0])} is a link that leads round in a circle: remove it")
            if inner.parts[:1] == ("output",):
                folders[:], names = [], []
            if not any(not name.startswith(".") for name in names) and not folders:
                archive.writestr(zipfile.ZipInfo((pathlib.PurePosixPath(folder.name) / inner.as_posix()).as_posix() + "/"), b"")
            for name in sorted(name for name in names if not name.startswith(".")):
                count += 1
                path = pathlib.Path(where, name)
                if count > FOLDER_FILES_MAX:
                    raise Error(f"{folder} has more than {FOLDER_FILES_MAX} files: zip what the program needs, and send that")
                if not path.is_file():
                    raise Error(f"{path} is no file that can be sent (a link that leads nowhere, a pipe or a device): remove it")
                info = zipfile.ZipInfo.from_file(path, (pathlib.PurePosixPath(folder.name) / inner.as_posix() / name).as_posix(), strict_timestamps=False)
                info.compress_type = zipfile.ZIP_DEFLATED
                with open(path, "rb") as source, archive.open(info, "w") as member:
                    for piece in iter(lambda: source.read(1 << 20), b""):
                        member.write(piece)


def _unpack(zipped: IO[bytes], folder: pathlib.Path) -> List[pathlib.Path]:
    written = []
    with zipfile.ZipFile(zipped) as archive:
        for info in archive.infolist():
            parts = info.filename.replace("\\", "/").rstrip("/").split("/")
            if any(part in ("", ".", "..") or ":" in part for part in parts):
                raise Error(f"the output holds {info.filename!r}, which would lie outside of {folder}: nothing more is written")
            target = folder.joinpath(*parts)
            if info.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as source, open(target, "wb") as out:
                for piece in iter(lambda: source.read(1 << 20), b""):
                    out.write(piece)
            written.append(target)
    folder.mkdir(parents=True, exist_ok=True)
    return written


def _parse_events(stream: http.client.HTTPResponse) -> Iterator[Tuple[str, Dict[str, Any]]]:
    kind = ""
    for line in iter(stream.readline, b""):
        if not line.endswith(b"\n"):
            return  # the line was cut in the middle of this event: the next connection tells it whole
        name, _, value = line.rstrip(b"\r\n").partition(b": ")
        if name == b"event":
            kind = value.decode()
        elif name == b"data" and kind in ("job", "log"):
            yield kind, json.loads(value)


def login_file() -> pathlib.Path:
    """Where `nias login` keeps server, token and trust."""
    if os.environ.get("NIAS_LOGIN_FILE"):
        return pathlib.Path(os.environ["NIAS_LOGIN_FILE"])
    return pathlib.Path(os.environ.get("XDG_CONFIG_HOME") or pathlib.Path.home() / ".config") / "nias" / "login.json"


def _settle(given: Dict[str, str]) -> Dict[str, str]:
    """Each value from the first source that has it. A source that names another server tells nothing of this one."""
    sources = [given, {key: os.environ.get("NIAS_" + key.upper(), "") for key in given}]
    if login_file().exists():
        if os.name == "posix" and stat.S_IMODE(login_file().stat().st_mode) & 0o077:
            raise Error(f"others can read {login_file()}, which holds a token: chmod 600 it, and revoke the token if somebody may have")
        sources.append(json.loads(login_file().read_text()))
    settled = {"server": next((source["server"].rstrip("/") for source in sources if source.get("server")), "")}
    if not settled["server"]:
        raise Error("no server is named: give its URL, set NIAS_SERVER, or run «nias login URL»")
    for source in sources:
        if (source.get("server") or settled["server"]).rstrip("/") != settled["server"]:
            continue
        trusts = bool(settled.get("ca_file") or settled.get("fingerprint"))
        for key in given:
            if not settled.get(key) and not (trusts and key in ("ca_file", "fingerprint")):
                settled[key] = source.get(key, "")
    return settled


def _address(url: str) -> Tuple[str, int, bool]:
    """Host, port, and whether it is asked over TLS. A token never travels in clear."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise Error(f"{url!r} is no address of a server: it looks like https://lab.example:8080")
    if parts.scheme == "http" and parts.hostname != "localhost":
        try:
            loopback = ipaddress.ip_address(parts.hostname).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise Error(f"{url} would be asked in clear, and others could read the token: use https://")
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"


def _context(ca_file: str, fingerprint: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if fingerprint:
        if len(fingerprint.replace(":", "")) != 64:
            raise Error("a fingerprint is 64 hexadecimal digits (SHA-256), with colons or without")
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # _connect() compares it before anything is said
    return context
