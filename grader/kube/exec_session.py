"""A command in a container that is talked to while it runs.

What such a command has to undo it undoes when its input ends. The input also ends when this process
is killed, because the connection then breaks: nothing of ours stays behind in the container.
"""

import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from grader.kube.errors import KubeError, StatusError, TimedOutError
from grader.kube.exec import (
    CLOSE,
    FRAMING,
    PROTOCOLS,
    STATUS,
    STDERR,
    STDIN,
    STDOUT,
    command_end,
    explained,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.kube.client import Client, Query

LARGEST = 256 * 1024


class ExecSession:
    """Lines of the command's output as they come. One thread reads, any may send."""

    def __init__(
        self,
        client: "Client",
        namespace: str,
        pod: str,
        container: str,
        command: "Sequence[str]",
        *,
        seconds: float,
    ) -> None:
        query: Query = {
            "container": container,
            "command": list(command),
            "stdin": True,
            "stdout": True,
            "stderr": True,
        }
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/exec"
        self.exit_code: int | None = None
        self.stderr = ""
        self._partial = b""
        self._lines: list[str] = []
        self._lock = threading.Lock()
        try:
            self._socket = client.websocket(
                path, query, PROTOCOLS, seconds=seconds, largest=LARGEST + FRAMING
            )
        except StatusError as error:
            raise explained(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        with self._lock:
            self._socket.send(bytes([STDIN]) + data)

    def end_input(self) -> None:
        """The command is told to come to its end. Without v5 a line must do."""
        with suppress(KubeError), self._lock:
            self._socket.send(bytes([STDIN]) + b"\n")
            if self._socket.subprotocol == PROTOCOLS[0]:
                self._socket.send(bytes([CLOSE, STDIN]))

    def abort(self) -> None:
        """From any thread: whoever reads gets an end, and so does the command."""
        self._socket.abort()

    def read_line(self, seconds: float) -> str | None:
        """The next line; None once the command has ended. `TimedOutError` where none comes."""
        deadline = time.monotonic() + seconds
        while not self._lines:
            if self.exit_code is not None:
                return None
            if time.monotonic() > deadline:
                raise TimedOutError("The command in the container says nothing.")
            self._take(self._socket.receive(deadline))
        return self._lines.pop(0)

    def _take(self, message: bytes | None) -> None:
        if message is None:
            self.exit_code = -1
            return
        channel, content = message[:1], message[1:]
        if channel == bytes([STDOUT]):
            *whole, self._partial = (self._partial + content).split(b"\n")
            self._lines += [line.decode("utf-8", "replace") for line in whole]
        elif channel == bytes([STDERR]):
            self.stderr = (self.stderr + content.decode("utf-8", "replace"))[:2000]
        elif channel == bytes([STATUS]):
            self.exit_code = command_end(content)
