"""A tunnel to one port inside a Pod, also to what listens on its localhost only."""

import struct
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from grader.kube.errors import (
    AnswerError,
    ConnectionLostError,
    ContainerNotRunningError,
    KubeError,
    PortRefusedError,
    quote,
)

if TYPE_CHECKING:
    from grader.kube.client import Client
    from grader.kube.websocket import WebSocket

PROTOCOL = "v4.channel.k8s.io"
DATA, ERROR = range(2)
FRAME = 16 * 1024
LARGEST = 2 * 1024 * 1024
SECONDS = 5.0


def open_tunnel(client: "Client", path: str, port: int, *, seconds: float) -> "Tunnel":
    socket = client.websocket(path, {"ports": port}, [PROTOCOL], seconds=seconds, largest=LARGEST)
    return Tunnel(socket, port, client.budget.deadline(seconds))


class Tunnel:
    """Bytes to and from the port. The API server says only later whether anybody listens.

    The end of the other side comes a second late (containerd waits for ours): read an answer by
    its length rather than to its end.
    """

    def __init__(self, socket: "WebSocket", port: int, deadline: float) -> None:
        self.port = port
        self._socket = socket
        self._deadline = deadline
        self._unread = b""
        self._opened: set[int] = set()

    def send(self, content: bytes) -> None:
        """Also to one who has answered already and gone, as `nc` does: then there is to read."""
        try:
            for start in range(0, len(content), FRAME):
                self._socket.send(bytes([DATA]) + content[start : start + FRAME])
        except ConnectionLostError:
            self._read_to_the_end()
            if not self._unread:
                raise

    def receive(self, largest: int = FRAME, seconds: float = SECONDS) -> bytes:
        """Some bytes; none once the other side has closed."""
        deadline = min(self._deadline, time.monotonic() + seconds)
        while not self._unread:
            message = self._socket.receive(deadline)
            if message is None:
                return b""
            self._unread = self._data(message)
        content, self._unread = self._unread[:largest], self._unread[largest:]
        return content

    def close(self) -> None:
        self._socket.close()

    def abort(self) -> None:
        """From any thread: whoever waits gets an end."""
        self._socket.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read_to_the_end(self) -> None:
        """Why nobody takes what we send may have been said before."""
        while (message := self._socket.receive(self._deadline)) is not None:
            self._unread += self._data(message)

    def _data(self, message: bytes) -> bytes:
        """The bytes of a message for the data channel; an error for the other."""
        if not message or message[0] > ERROR:
            raise AnswerError("The tunnel carries channels that nobody opened.")
        channel, content = message[0], message[1:]
        if channel not in self._opened:
            # The first message of each channel repeats the port.
            self._opened.add(channel)
            if content != struct.pack("<H", self.port):
                raise AnswerError("The tunnel leads to another port.")
            return b""
        if channel == ERROR and content:
            raise _explained(content.decode("utf-8", "replace"), self.port)
        return content if channel == DATA else b""


def _explained(said: str, port: int) -> KubeError:
    lower = said.lower()
    if "refused" in lower:
        return PortRefusedError(f"Nothing in the Pod listens on port {port}.")
    if "not running" in lower or "not found" in lower:
        return ContainerNotRunningError(f"The Pod is not running: {quote(said)}")
    return ConnectionLostError(f"The tunnel to port {port} broke: {quote(said)}")
