"""One HTTP/1.1 GET through a tunnel into a Pod. The other end may be `nc` in a loop.

Such a server answers before it was asked, says neither how long its answer is nor closes in time,
and still is a server: what it said counts once it falls silent.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from grader.kube.errors import KubeError, TimedOutError

LARGEST_HEAD = 16 * 1024
LARGEST_BODY = 256 * 1024
# An answer of unknown length is over after so long a silence.
SILENCE = 0.4
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?")


class Tunnel(Protocol):
    def send(self, data: bytes) -> None: ...

    def receive(self, largest: int, seconds: float) -> bytes: ...


class NotHttpError(KubeError):
    """The port speaks, but not HTTP."""

    code = "not_http"

    def __init__(self, first: bytes) -> None:
        self.first = first[:200].decode("utf-8", "replace")
        super().__init__(f"The port did not answer in HTTP: {self.first}")


class NoAnswerError(KubeError):
    """The connection was taken, then closed without a word."""

    code = "no_answer"


@dataclass(frozen=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def request_text(path: str, host: str) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: podlab",
        "Accept: text/plain, */*;q=0.5",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def ask(
    tunnel: Tunnel,
    path: str,
    host: str,
    seconds: float = 5.0,
    enough: Callable[[bytes], bool] | None = None,
) -> HttpAnswer:
    """The answer to one GET; raises `KubeError` where there is none.

    `enough` is shown the body so far and may end the reading early.
    """
    tunnel.send(request_text(path, host))
    reader = AnswerReader()
    deadline = time.monotonic() + seconds
    while not reader.done and not (enough and enough(reader.body)):
        left = deadline - time.monotonic()
        try:
            piece = tunnel.receive(64 * 1024, max(0.01, min(left, reader.patience(left))))
        except TimedOutError:
            if reader.open_ended or left <= 0:
                break
            raise
        if not piece:
            break
        reader.feed(piece)
    return reader.answer()


class AnswerReader:
    """Takes an answer piece by piece, as it comes. Knows nothing of sockets."""

    def __init__(self) -> None:
        self._data = b""
        self._head: HttpAnswer | None = None

    @property
    def done(self) -> bool:
        if self._head is None:
            return False
        body = self._data
        length = self._length()
        if self._is_chunked():
            return _dechunk(body)[1] or len(body) > LARGEST_BODY
        return len(body) >= (LARGEST_BODY if length is None else min(length, LARGEST_BODY))

    @property
    def body(self) -> bytes:
        """What of the body is there."""
        return self._data if self._head else b""

    @property
    def open_ended(self) -> bool:
        """Whether only silence or the end of the connection tells that it is complete."""
        return self._head is not None and self._length() is None and not self._is_chunked()

    def patience(self, left: float) -> float:
        return SILENCE if self.open_ended and self._data else left

    def feed(self, piece: bytes) -> None:
        self._data += piece
        if self._head is None:
            self._read_head()

    def answer(self) -> HttpAnswer:
        if self._head is None:
            raise (
                NotHttpError(self._data)
                if self._data
                else NoAnswerError("The connection was closed without an answer.")
            )
        body = _dechunk(self._data)[0] if self._is_chunked() else self._data
        length = self._length()
        body = body[: LARGEST_BODY if length is None else min(length, LARGEST_BODY)]
        return HttpAnswer(self._head.status, self._head.headers, body)

    def _read_head(self) -> None:
        first = re.split(rb"\r?\n", self._data, maxsplit=1)[0]
        is_whole = len(first) < len(self._data) or len(first) > LARGEST_HEAD
        if is_whole and not _STATUS_LINE.fullmatch(first.rstrip(b"\r")):
            raise NotHttpError(self._data)
        parts = re.split(rb"\r?\n\r?\n", self._data, maxsplit=1)
        if len(parts) == 2:
            self._head = _head(parts[0])
            self._data = parts[1]
        elif len(self._data) > LARGEST_HEAD:
            raise NotHttpError(self._data)

    def _length(self) -> int | None:
        value = self._head.headers.get("content-length", "") if self._head else ""
        if self._head and self._head.status in {204, 304}:
            return 0
        return int(value) if value.isdecimal() and len(value) < 12 else None

    def _is_chunked(self) -> bool:
        coding = self._head.headers.get("transfer-encoding", "") if self._head else ""
        return "chunked" in coding.lower()


def _head(data: bytes) -> HttpAnswer:
    first, *rest = re.split(rb"\r?\n", data)
    found = _STATUS_LINE.fullmatch(first.rstrip(b"\r"))
    if found is None:
        raise NotHttpError(data)
    pairs = (line.decode("latin-1").partition(":") for line in rest)
    return HttpAnswer(int(found[1]), {name.strip().lower(): it.strip() for name, _, it in pairs})


def _dechunk(data: bytes) -> tuple[bytes, bool]:
    """What of a chunked body is there, and whether that is all of it."""
    body = b""
    while True:
        size_line, found, rest = data.partition(b"\r\n")
        size = _hex(size_line.partition(b";")[0].strip())
        if not found or size is None:
            return body, size is None and bool(found)
        if size == 0:
            return body, True
        body += rest[:size]
        if len(rest) < size + 2:
            return body, False
        data = rest[size + 2 :]


def _hex(text: bytes) -> int | None:
    try:
        return int(text, 16) if len(text) <= 8 else None
    except ValueError:
        return None
