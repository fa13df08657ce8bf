"""A cluster of one Pod for the probes: files and shells are this machine's, ports are functions.

What a probe sends into a port goes to a function; what it runs in a container runs in a shell here;
a log is a file that grows.
"""

# ruff: noqa: ARG002 - the parameters are those of the real client

from __future__ import annotations

import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from grader.judge.roles import assign
from grader.kube.budget import Budget
from grader.kube.client import Listing
from grader.kube.clock import Clock
from grader.kube.errors import NoShellError, PortRefusedError, TimedOutError
from grader.kube.exec import CLOSE, PROTOCOLS, STATUS, STDERR, STDIN, STDOUT
from grader.kube.probes.scene import Scene
from grader.kube.response import Answer

if TYPE_CHECKING:
    from grader.evidence.model import Evidence
    from tests.workspaces import Workspace

Serve = Callable[[bytes], bytes]
TICK = 0.01


class LocalShell:
    """Speaks as the exec WebSocket does, for a process of this machine."""

    subprotocol = PROTOCOLS[0]

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._open = selectors.DefaultSelector()
        self._open.register(self._process.stdout, selectors.EVENT_READ, STDOUT)  # type: ignore[arg-type]
        self._open.register(self._process.stderr, selectors.EVENT_READ, STDERR)  # type: ignore[arg-type]
        self._ended = False

    def send(self, message: bytes) -> None:
        assert self._process.stdin is not None
        if message[0] == STDIN:
            self._process.stdin.write(message[1:])
        elif message[0] == CLOSE:
            self._process.stdin.close()

    def receive(self, deadline: float | None = None) -> bytes | None:
        while self._open.get_map():
            left = None if deadline is None else deadline - time.monotonic()
            ready = self._open.select(left)
            if not ready:
                raise TimedOutError("silent")
            for key, _ in ready:
                if data := os.read(key.fd, 4096):
                    return bytes([key.data]) + data
                self._open.unregister(key.fileobj)
        if self._ended:
            return None
        self._ended = True
        status = "Success" if self._process.wait() == 0 else "Failure"
        return bytes([STATUS]) + b'{"status":"%s"}' % status.encode()

    def close(self) -> None:
        """As when the connection breaks: the command's input ends."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        self._process.wait(10)

    def abort(self) -> None:
        self.close()


class PortTunnel:
    """One connection to a port: what is sent goes to a function, its answer comes back."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._answer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        return

    def send(self, data: bytes) -> None:
        self._answer += self._serve(data)

    def receive(self, largest: int = 65536, seconds: float = 5.0) -> bytes:
        piece, self._answer = self._answer[:largest], self._answer[largest:]
        return piece


class FileLines:
    """Follows a file as the kubelet follows a log."""

    def __init__(self, file: Path, seconds: float) -> None:
        self._file = file
        self._end = time.monotonic() + seconds
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    def close(self) -> None:
        self._closed.set()

    def __iter__(self) -> Iterator[bytes]:
        at = 0
        while not self._closed.is_set() and time.monotonic() < self._end:
            content = self._file.read_bytes() if self._file.exists() else b""
            whole, newline, _ = content[at:].rpartition(b"\n")
            if newline:
                at += len(whole) + 1
                yield from whole.split(b"\n")
            self._closed.wait(TICK)


@dataclass
class SmallClient:
    """As much of the client as probes use."""

    ports: dict[tuple[str, int], Serve] = field(default_factory=dict)
    logs: dict[str, Path] = field(default_factory=dict)
    proxied: Callable[[str], Answer] | None = None
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    shell: tuple[str, ...] = ("sh",)
    budget: Budget = field(default_factory=Budget)
    asked: list[str] = field(default_factory=list)
    opens: Callable[[], None] = lambda: None  # raises where no tunnel can be opened

    @contextmanager
    def port_forward(
        self, namespace: str, pod: str, port: int, *, seconds: float
    ) -> Iterator[PortTunnel]:
        self.budget.call()
        self.asked.append(f"{pod}:{port}")
        self.opens()
        serve = self.ports.get((pod, port))
        if serve is None:
            raise PortRefusedError(f"Nothing in the Pod listens on port {port}.")
        yield PortTunnel(serve)

    def websocket(
        self, path: str, query: dict[str, Any], protocols: Any, *, seconds: float, largest: int
    ) -> LocalShell:
        self.budget.call()
        if not self.shell:
            raise NoShellError("The container has no such program.")
        assert query["command"][0] == "sh"
        return LocalShell([*self.shell, *query["command"][1:]])

    def stream(self, path: str, query: dict[str, Any], *, seconds: float) -> FileLines:
        self.budget.call()
        return FileLines(self.logs.get(query["container"], Path("/nowhere")), seconds)

    def get(self, path: str, query: Any = None, **bounds: Any) -> Answer:
        self.budget.call()
        self.asked.append(path)
        if self.proxied and "/proxy/" in path:
            return self.proxied(path)
        return Answer(200, b"", None)

    def list(self, path: str, query: Any = None, **bounds: Any) -> Listing:
        self.budget.call()
        return Listing(self.lists.get(path.rpartition("/")[2], []), None, "1", cut=False)


def scene_of(workspace: Workspace, definition: Any, client: SmallClient) -> Scene:
    evidence: Evidence = workspace.evidence()
    return Scene(
        client=client,  # type: ignore[arg-type]
        namespace=evidence.namespace,
        definition=definition,
        evidence=evidence,
        roles=assign(definition, evidence),
        clock=Clock(),
    )
