"""WebSockets over our own judged and bounded sockets; the `websockets` package only speaks for us.

Its ready-made clients follow redirects, use proxies of the environment and have no deadline.
"""

import logging
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from grader.kube.budget import Budget
from grader.kube.connection import our_errors
from grader.kube.errors import AnswerError, ConnectionLostError, TooLargeError, status_error
from grader.kube.tls import BoundedSocket

STEP = 64 * 1024
DATA = frozenset({Opcode.BINARY, Opcode.TEXT, Opcode.CONT})

# The package would log broken peers with stack traces; our errors say it in a sentence.
_silent = logging.getLogger("grader.kube.websocket")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True)
class Handshake:
    """What a WebSocket asks for."""

    authority: str
    path: str
    query: str
    protocols: Sequence[str]
    headers: Mapping[str, str]


def shake_hands(
    sock: BoundedSocket, ask: Handshake, budget: Budget, deadline: float, largest: int
) -> "WebSocket":
    sock.bound(deadline, budget.read)
    opened = WebSocket(ask, budget, sock, largest)
    try:
        opened.shake_hands(ask)
    except BaseException:
        sock.close()
        raise
    return opened


class WebSocket:
    """Messages of one connection; one thread receives, any may send.

    The bounds lie in the socket and in `largest`.
    """

    def __init__(self, ask: Handshake, budget: Budget, sock: BoundedSocket, largest: int) -> None:
        self._server = ask.authority
        self._path = ask.path
        self._budget = budget
        self._sock = sock
        self._largest = largest
        self._size = 0
        self._parts: list[bytes] = []
        self._messages: list[bytes] = []
        self._turn = threading.Lock()
        # Only for the request line; the headers below say the rest.
        uri = WebSocketURI(secure=True, host="api", port=443, path=ask.path, query=ask.query)
        subprotocols = [Subprotocol(name) for name in ask.protocols]
        self._protocol = ClientProtocol(
            uri, subprotocols=subprotocols, max_size=largest, logger=_silent
        )

    @property
    def subprotocol(self) -> str | None:
        return self._protocol.subprotocol

    def shake_hands(self, ask: Handshake) -> None:
        request = self._protocol.connect()
        del request.headers["Host"]
        for name, value in {"Host": ask.authority, **ask.headers}.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        with self._translated():
            self._flush()
            while not (answers := self._step()):
                if self._protocol.handshake_exc:
                    raise self._broken()
        self._accept(answers)

    def send(self, message: bytes) -> None:
        with self._turn, self._translated():
            if self._protocol.state is not State.OPEN:
                raise ConnectionLostError(f"{self._server} closed the connection.")
            self._protocol.send_binary(message)
            self._flush()

    def receive(self, deadline: float | None = None) -> bytes | None:
        """The next message; None once the server has closed. TimedOutError at the deadline."""
        self._sock.patience = math.inf if deadline is None else deadline
        with self._translated():
            while not self._messages:
                if self._protocol.state is not State.OPEN:
                    return None
                self._collect(self._step())
        return self._messages.pop(0)

    def close(self) -> None:
        """Says good-bye and does not wait for an answer."""
        with self._turn, suppress(OSError):
            if self._protocol.state is State.OPEN:
                self._protocol.send_close()
                self._flush()
        self._sock.close()

    def abort(self) -> None:
        """From any thread: whoever waits gets an end."""
        self._sock.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def _step(self) -> list[object]:
        """Reads once and lets the protocol answer pings."""
        content = self._sock.recv(STEP)
        with self._turn:
            if content:
                self._protocol.receive_data(content)
            else:
                self._protocol.receive_eof()
            # Who has hung up takes no answers any more; what it said before still counts.
            with suppress(OSError):
                self._flush()
            return list(self._protocol.events_received())

    def _flush(self) -> None:
        for content in self._protocol.data_to_send():
            if content:
                self._sock.sendall(content)

    def _collect(self, events: list[object]) -> None:
        for event in events:
            if isinstance(event, Frame) and event.opcode in DATA:
                self._size += len(event.data)
                self._parts.append(bytes(event.data))
                if event.fin:
                    self._messages.append(b"".join(self._parts))
                    self._parts.clear()
        if self._size > self._largest:
            raise TooLargeError(f"{self._server} sent more than {self._largest} bytes.")
        if self._protocol.parser_exc and not self._messages:
            raise self._broken()

    def _accept(self, answers: list[object]) -> None:
        answer, *frames = answers
        if not isinstance(answer, Response) or answer.status_code != 101:
            raise self._refused(answer)
        if self._protocol.handshake_exc:
            raise self._broken()
        self._collect(frames)

    def _refused(self, answer: object) -> Exception:
        if not isinstance(answer, Response):
            return self._broken()
        return status_error(answer.status_code, bytes(answer.body), self._path)

    def _broken(self) -> Exception:
        cause = self._protocol.handshake_exc or self._protocol.parser_exc
        if isinstance(cause, EOFError) or isinstance(getattr(cause, "__cause__", None), EOFError):
            return ConnectionLostError(f"{self._server} broke off the connection.")
        if type(cause).__name__ == "PayloadTooBig":
            return TooLargeError(f"{self._server} sent more than {self._largest} bytes.")
        return AnswerError(f"{self._server} does not speak WebSocket: {type(cause).__name__}.")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with our_errors(self._server, self._budget):
            yield
