"""Runs one bounded command in a container and brings back what it wrote."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.kube.errors import (
    AnswerError,
    ConnectionLostError,
    ContainerNotRunningError,
    KubeError,
    NoShellError,
    ServerError,
    StatusError,
    TooLargeError,
    quote,
)

if TYPE_CHECKING:
    from grader.kube.client import Client, Query
    from grader.kube.websocket import WebSocket

# v5 can close our end of stdin; v4 cannot.
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDIN, STDOUT, STDERR, STATUS = range(4)
CLOSE = 255
FRAME = 16 * 1024
FRAMING = 64 * 1024  # what the status and the frames' own bytes may add
NO_PROGRAM = ("executable file not found", "no such file or directory", "exec format error")
NOT_RUNNING = (
    "container not found",
    "not running",
    "is not created",
    "stopped",
    "not valid for pod",
)


@dataclass(frozen=True)
class ExecResult:
    stdout: bytes
    stderr: bytes
    exit_code: int


def run(
    client: "Client", path: str, query: "Query", stdin: bytes, *, seconds: float, largest: int
) -> ExecResult:
    query = {**query, "stdout": True, "stderr": True}
    try:
        socket = client.websocket(
            path, query, PROTOCOLS, seconds=seconds, largest=largest + FRAMING
        )
    except StatusError as error:
        raise explained(error) from error
    with socket:
        if stdin:
            # A command that could not be run, or read enough, has told its end before.
            with suppress(ConnectionLostError):
                _send_input(socket, stdin)
        return _result(socket, largest)


def _send_input(socket: "WebSocket", stdin: bytes) -> None:
    for start in range(0, len(stdin), FRAME):
        socket.send(bytes([STDIN]) + stdin[start : start + FRAME])
    if socket.subprotocol == PROTOCOLS[0]:
        socket.send(bytes([CLOSE, STDIN]))


def _result(socket: "WebSocket", largest: int) -> ExecResult:
    output = {STDOUT: bytearray(), STDERR: bytearray()}
    while (message := socket.receive()) is not None:
        channel = message[0] if message else -1
        if channel == STATUS:
            code = command_end(message[1:])
            return ExecResult(bytes(output[STDOUT]), bytes(output[STDERR]), code)
        if channel in output:
            output[channel] += message[1:]
        if len(output[STDOUT]) + len(output[STDERR]) > largest:
            raise TooLargeError(f"The command wrote more than {largest} bytes.")
    raise ConnectionLostError("The container's connection ended before the command did.")


def command_end(message: bytes) -> int:
    """From a Kubernetes Status: success, or the exit code among its causes."""
    status = _status(message)
    if status.get("status") == "Success":
        return 0
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else []:
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode":
            said = str(cause.get("message"))
            if said.isascii() and said.isdigit() and len(said) < 4:
                return int(said)
    raise _explained_text(str(status.get("message") or ""))


def _status(message: bytes) -> dict[str, Any]:
    try:
        status = json.loads(message.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        status = None
    if not isinstance(status, dict):
        raise AnswerError("The end of the command came without a status.")
    return status


def explained(error: StatusError) -> KubeError:
    """A refusal that is about the container rather than about us."""
    if isinstance(error, ServerError) or error.status == 400:
        found = _explained_text(error.said)
        return error if isinstance(found, AnswerError) else found
    return error


def _explained_text(said: str) -> KubeError:
    lower = said.lower()
    if any(words in lower for words in NO_PROGRAM):
        return NoShellError(f"The container has no such program: {quote(said)}")
    if any(words in lower for words in NOT_RUNNING):
        return ContainerNotRunningError(f"The container is not running: {quote(said)}")
    return AnswerError(f"The command could not be run: {quote(said)}")
