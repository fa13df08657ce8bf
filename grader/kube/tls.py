"""TLS to an API server: one context per target, sockets that keep to a deadline and count bytes."""

import math
import os
import select
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from grader.kube.errors import KubeconfigError, quote

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

    from grader.kube.credentials import Target

Done = TypeVar("Done")

# A worker grades on one cluster; learners' own clusters pass by.
KEPT_CONTEXTS = 64


class BoundedSocket(ssl.SSLSocket):
    """Every wait on it ends at the deadline, and every byte that comes is counted.

    Time-outs of sockets begin anew with each byte, so that a dripping peer could hold us for ever.
    One thread may read while another writes: OpenSSL itself allows only one at a time, so that
    nobody waits with the lock in his hand.
    """

    deadline: float = 0.0
    patience: float = math.inf  # an earlier end, for reading only
    count: Callable[[int], None]
    aborted = False
    _turn: threading.Lock

    def bound(self, deadline: float, count: Callable[[int], None]) -> None:
        self._turn = threading.Lock()
        self.deadline = deadline
        self.patience = math.inf
        self.count = count

    def read(self, len: int = 1024, buffer: "WriteableBuffer | None" = None) -> bytes:  # noqa: A002 - the base's name
        # With a buffer, the base gives the number of bytes in it instead of the bytes.
        into = cast("bytearray | None", buffer)
        content = cast("bytes | int", self._do(lambda: super(BoundedSocket, self).read(len, into)))
        self.count(content if isinstance(content, int) else content.__len__())
        return cast("bytes", content)

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        return self._do(lambda: super(BoundedSocket, self).send(data, flags), reading=False)

    def abort(self) -> None:
        """Wakes whoever waits on it, from any thread."""
        self.aborted = True
        with suppress(OSError):
            # The base's own shutdown takes the TLS state from under a thread that is reading.
            super(ssl.SSLSocket, self).shutdown(socket.SHUT_RDWR)

    def _do(self, act: Callable[[], Done], *, reading: bool = True) -> Done:
        end = min(self.deadline, self.patience) if reading else self.deadline
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                with self._turn:
                    self.settimeout(0)
                    return act()
            except ssl.SSLWantReadError:
                _await(self, select.POLLIN, left)
            except ssl.SSLWantWriteError:
                _await(self, select.POLLOUT, left)
            except ValueError as error:  # closed by another thread
                raise ConnectionAbortedError from error


def _await(sock: socket.socket, what: int, seconds: float) -> None:
    poll = select.poll()
    poll.register(sock.fileno(), what)
    poll.poll(math.ceil(seconds * 1000))


def wrap(raw: socket.socket, context: ssl.SSLContext, name: str) -> BoundedSocket:
    """The TLS handshake; the raw socket's time-out bounds it as a whole."""
    try:
        wrapped = context.wrap_socket(raw, server_hostname=name)
    except BaseException:
        raw.close()
        raise
    return cast("BoundedSocket", wrapped)  # the context's `sslsocket_class`


@lru_cache(KEPT_CONTEXTS)
def context_for(target: "Target") -> ssl.SSLContext:
    try:
        cadata = target.ca.decode("ascii") if target.ca else None
        context = ssl.create_default_context(cadata=cadata)
        context.sslsocket_class = BoundedSocket
        if target.certificate and target.key:
            _load_pair(context, target.certificate + b"\n" + target.key)
    except (ssl.SSLError, ValueError) as error:
        raise KubeconfigError(
            f"A certificate or key of the kubeconfig is not valid: {quote(error)}",
            "Export the kubeconfig again.",
        ) from error
    return context


def _load_pair(context: ssl.SSLContext, pair: bytes) -> None:
    """OpenSSL reads key pairs from files only. Linux has files that are on no disk."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pair")
        try:
            os.write(descriptor, pair)
            context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=_no_password)
        finally:
            os.close(descriptor)
        return
    with tempfile.TemporaryDirectory(prefix="podlab-") as folder:
        file = Path(folder) / "pair.pem"
        file.touch(mode=0o600)
        file.write_bytes(pair)
        context.load_cert_chain(file, password=_no_password)


def _no_password() -> str:
    """Without this, OpenSSL asks the terminal, and waits."""
    raise ValueError("the key is encrypted")
