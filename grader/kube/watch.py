"""Changes as they happen, from where a list left off."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.kube.answers import parse_json
from grader.kube.errors import AnswerError, status_error

if TYPE_CHECKING:
    from grader.kube.client import Client, Query
    from grader.kube.log_stream import ByteLines

LARGEST_OBJECT = 2 * 1024 * 1024
LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Change:
    kind: str  # ADDED, MODIFIED, DELETED
    object: Mapping[str, Any]


class Watch:
    """Iterate for the changes. Close it, from any thread, and the iteration ends."""

    def __init__(self, lines: "ByteLines") -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Change]:
        """GoneError when the server has forgotten where we were: list anew."""
        for line in self._lines:
            if line and (change := _change(line)):
                yield change

    def close(self) -> None:
        self._lines.close()


@contextmanager
def watch(
    client: "Client",
    path: str,
    resource_version: str,
    query: "Query | None" = None,
    *,
    seconds: float,
) -> Iterator[Watch]:
    asked: Query = {
        **(query or {}),
        "watch": True,
        "resourceVersion": resource_version,
        "timeoutSeconds": math.ceil(seconds),
    }
    bounds = {"longest_line": LARGEST_OBJECT, "largest": LARGEST}
    with client.stream(path, asked, seconds=seconds, **bounds) as lines:
        yield Watch(lines)


def _change(line: bytes) -> Change | None:
    event = parse_json(line)
    changed = event.get("object") if isinstance(event, dict) else None
    if not isinstance(changed, dict):
        raise AnswerError("The watch brought something that is no event.")
    kind = str(event.get("type"))
    if kind == "ERROR":
        raise _error(changed, line)
    return None if kind == "BOOKMARK" else Change(kind, changed)


def _error(status: Mapping[str, Any], line: bytes) -> Exception:
    code = status.get("code")
    if not isinstance(code, int):
        return AnswerError("The watch ended with an error that has no code.")
    said = str(status.get("message") or "").encode() or line
    return status_error(code, said, "watch")
