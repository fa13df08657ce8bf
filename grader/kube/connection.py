"""Connections to one API server: judged, encrypted, bounded, kept for the next question.

The standard library's HTTP, not urllib3: it follows nothing, retries nothing, decodes nothing and
knows no proxies, so nothing has to be switched off; and it loads in a fraction of the time.
"""

import http.client
import select
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from grader.kube import egress, tls
from grader.kube.budget import Budget
from grader.kube.credentials import Target
from grader.kube.errors import (
    AnswerError,
    ConnectionLostError,
    TimedOutError,
    UnreachableError,
    quote,
)

IDLE_MOST = 16
IDLE_SECONDS = 30.0  # API servers hang up on idle connections after 90 s or less
CHECK_ADDRESS = "Check the address, the network and the certificate authority of the kubeconfig."
LOST = (
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
    http.client.IncompleteRead,
    ssl.SSLEOFError,
)


@dataclass(frozen=True)
class Place:
    """The server's address, taken apart once."""

    host: str
    port: int
    authority: str  # as the Host header wants it
    prefix: str  # some servers stand behind a path
    name: str  # in the certificate


def place_of(target: Target) -> Place:
    parts = urlsplit(target.server)
    host, port = parts.hostname or "", parts.port or 443
    shown = f"[{host}]" if ":" in host else host
    return Place(
        host=host,
        port=port,
        authority=shown if port == 443 else f"{shown}:{port}",
        prefix=parts.path.rstrip("/"),
        name=target.tls_server_name or host,
    )


@dataclass(frozen=True)
class Idle:
    sock: tls.BoundedSocket
    since: float

    def usable(self) -> bool:
        """A server that hung up, or that talks unasked, has made the socket readable."""
        if time.monotonic() - self.since > IDLE_SECONDS:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)


class Pool:
    """A worker keeps one per target between grades; its connections are lent, never shared."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.place = place_of(target)
        self._idle: list[Idle] = []
        self._closed = False
        self._lock = threading.Lock()

    def take(self) -> tls.BoundedSocket | None:
        """A connection that was used before and still stands."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                idle = self._idle.pop()
            if idle.usable():
                return idle.sock
            idle.sock.close()

    def give(self, sock: tls.BoundedSocket) -> None:
        """Back, after an answer that was read to its end."""
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_MOST:
                self._idle.append(Idle(sock, time.monotonic()))
                return
        sock.close()

    def open(self, deadline: float, count: Callable[[int], None]) -> tls.BoundedSocket:
        context = tls.context_for(self.target)
        raw = egress.connect(self.target.egress, self.place.host, self.place.port, deadline)
        raw.settimeout(max(0.001, deadline - time.monotonic()))
        sock = tls.wrap(raw, context, self.place.name)
        sock.bound(deadline, count)
        return sock

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.sock.close()


@contextmanager
def our_errors(server: str, budget: Budget) -> Iterator[None]:
    """Puts what can go wrong on a connection into this door's words."""
    try:
        yield
    except TimeoutError as error:
        if not budget.left():
            raise budget.spent() from error
        raise TimedOutError(f"{server} does not answer in time.") from error
    except LOST as error:
        raise ConnectionLostError(
            f"{server} broke off the connection.", "Try again in a moment."
        ) from error
    except http.client.HTTPException as error:
        raise AnswerError(f"{server} does not speak HTTP: {quote(error)}") from error
    except OSError as error:
        raise UnreachableError(
            f"{server} does not answer: {quote(error)}", CHECK_ADDRESS
        ) from error
