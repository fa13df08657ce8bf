"""Redis' wire protocol, as much of it as a probe says and hears."""

import time
from dataclasses import dataclass

from grader.kube.errors import KubeError
from grader.kube.http_over_tunnel import NoAnswerError, Tunnel

LARGEST_REPLY = 64 * 1024


class NotRedisError(KubeError):
    """The port speaks, but not Redis."""

    code = "not_redis"


@dataclass(frozen=True)
class Reply:
    """`text` is None where Redis has nothing under a key."""

    text: str | None
    is_error: bool = False


class RedisTalk:
    """One connection to a Redis, or to a proxy before it."""

    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel
        self._rest = b""

    def say(self, *words: str, seconds: float = 3.0) -> Reply:
        self._tunnel.send(command(*words))
        deadline = time.monotonic() + seconds
        while True:
            found = read_reply(self._rest)
            if found is not None:
                reply, self._rest = found
                return reply
            piece = self._tunnel.receive(LARGEST_REPLY, max(0.01, deadline - time.monotonic()))
            if not piece:
                raise NoAnswerError("The connection was closed before Redis answered.")
            self._rest += piece
            if len(self._rest) > LARGEST_REPLY:
                raise NotRedisError("The answer is longer than any that was asked for.")


def command(*words: str) -> bytes:
    pieces = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word.encode()
        pieces.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(pieces)


def read_reply(data: bytes) -> tuple[Reply, bytes] | None:
    """The first reply in the data and what follows it; None where it is not whole yet."""
    kind, rest = data[:1], data[1:]
    if kind and kind not in b"+-:$_":
        raise NotRedisError(f"The port did not answer as Redis does: {_short(data)}")
    line, found, after = rest.partition(b"\r\n")
    if not kind or not found:
        return None
    if kind == b"$":
        return _bulk(line, after)
    if kind == b"_":
        return Reply(None), after
    return Reply(_short(line), is_error=kind == b"-"), after


def _bulk(size: bytes, after: bytes) -> tuple[Reply, bytes] | None:
    if size == b"-1":
        return Reply(None), after
    if not size.isdigit() or len(size) > 6:
        raise NotRedisError(f"The port did not answer as Redis does: {_short(size)}")
    end = int(size)
    if len(after) < end + 2:
        return None
    return Reply(_short(after[:end])), after[end + 2 :]


def _short(data: bytes) -> str:
    return data[:400].decode("utf-8", "replace")
