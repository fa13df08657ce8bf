"""Reads an answer within bounds: how it begins, how large it is, and how it is written."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse

from grader.kube.errors import EncodedBodyError, TooLargeError, status_error

STEP = 64 * 1024
LARGEST_REFUSAL = 64 * 1024
MOST_WARNINGS = 20


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    server_time: datetime | None
    cut: bool = False  # raw answers only: there was more than we take, or it was encoded
    content_type: str = ""
    warnings: tuple[str, ...] = ()


def take_answer(response: HTTPResponse, path: str, largest: int, *, raw: bool) -> Answer:
    """The whole answer. `raw` takes any status and cuts a large body, where others raise."""
    if not raw:
        refuse(response, path)
    body, cut = (b"", True) if _is_encoded(response) else _body(response, largest)
    if cut and not raw:
        raise TooLargeError(f"The server's answer is larger than {largest} bytes.")
    return Answer(
        response.status,
        body,
        _server_time(response),
        cut,
        response.headers.get("Content-Type", ""),
        _warnings(response),
    )


def refuse(response: HTTPResponse, path: str) -> None:
    """Raises for an answer that is none of the 200s, after a look at what it says, or encoded."""
    if not 200 <= response.status < 300:
        said = b"" if _is_encoded(response) else response.read1(LARGEST_REFUSAL)
        error = status_error(response.status, said, path.partition("?")[0])
        error.retry_after = _retry_after(response)
        raise error
    if _is_encoded(response):
        raise EncodedBodyError("The server sent an encoded body that nobody asked for.")


def is_whole(response: HTTPResponse) -> bool:
    """Whether the connection is free for the next question."""
    # The standard library closes a response by itself only when it was chunked.
    return (response.isclosed() or response.length == 0) and not response.will_close


def _body(response: HTTPResponse, largest: int) -> tuple[bytes, bool]:
    """In small reads, so that deadline and bound are looked at between them."""
    parts: list[bytes] = []
    size = 0
    while part := response.read1(min(STEP, largest + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > largest:
            return b"".join(parts)[:largest], True
    if response.length:
        raise ConnectionResetError
    return b"".join(parts), False


def _is_encoded(response: HTTPResponse) -> bool:
    return response.headers.get("Content-Encoding", "identity").strip().lower() != "identity"


def _server_time(response: HTTPResponse) -> datetime | None:
    try:
        said = parsedate_to_datetime(response.headers["Date"])
    except (TypeError, ValueError, OverflowError):
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _warnings(response: HTTPResponse) -> tuple[str, ...]:
    """The texts of `Warning: 299 - "…"`."""
    said = response.headers.get_all("Warning") or []
    parts = (one.partition('"')[2].rpartition('"')[0] for one in said[:MOST_WARNINGS])
    return tuple(part.replace('\\"', '"') for part in parts if part)


def _retry_after(response: HTTPResponse) -> float | None:
    said = response.headers.get("Retry-After", "").strip()
    return float(said) if said.isascii() and said.isdigit() and len(said) < 9 else None
