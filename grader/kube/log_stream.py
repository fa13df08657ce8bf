"""Lines that come while we look: each capped, all of them capped, ended at a deadline."""

import http.client
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self

from grader.kube.budget import Budget
from grader.kube.connection import our_errors
from grader.kube.errors import KubeError, TimedOutError
from grader.kube.tls import BoundedSocket

STEP = 16 * 1024
LONGEST_LINE = 16 * 1024
LARGEST = 1024 * 1024

Ended = Literal["", "end", "deadline", "closed", "cut"]


class ByteLines:
    """Iterate once. `ended` says why there are no more; `cut_lines` how many were too long."""

    def __init__(
        self,
        server: str,
        budget: Budget,
        sock: BoundedSocket,
        response: http.client.HTTPResponse,
        *,
        longest_line: int = LONGEST_LINE,
        largest: int = LARGEST,
    ) -> None:
        self.ended: Ended = ""
        self.cut_lines = 0
        self._server = server
        self._budget = budget
        self._sock = sock
        self._response = response
        self._longest = longest_line
        self._largest = largest
        self._line = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()
        self._response.close()
        self._sock.close()

    def close(self) -> None:
        """From any thread: whoever iterates gets no more."""
        self._sock.abort()

    def __iter__(self) -> Iterator[bytes]:
        """Lines without their ends. What a stream that ended left unfinished comes last."""
        size = 0
        while part := self._read():
            size += len(part)
            yield from self._lines(part)
            if size > self._largest:
                self.ended = "cut"
                return
        if self._line:
            yield self._taken()

    def _lines(self, part: bytes) -> Iterator[bytes]:
        *whole, rest = part.split(b"\n")
        for piece in whole:
            self._add(piece)
            yield self._taken()
        self._add(rest)

    def _add(self, piece: bytes) -> None:
        room = self._longest + 1 - len(self._line)  # one more byte tells that it was longer
        self._line += piece[: max(0, room)]

    def _taken(self) -> bytes:
        line, self._line = self._line, b""
        if len(line) > self._longest:
            self.cut_lines += 1
        return line[: self._longest].removesuffix(b"\r")

    def _read(self) -> bytes:
        try:
            with our_errors(self._server, self._budget):
                part = self._response.read1(STEP)
        except (KubeError, ValueError) as error:  # ValueError: closed under our hands
            if self._sock.aborted:
                part = b""
            elif isinstance(error, TimedOutError):
                self.ended = "deadline"
                return b""
            else:
                raise
        if not part:
            self.ended = "closed" if self._sock.aborted else "end"
        return part
