"""Errors of this door. Text of servers is cut short: it is theirs, not ours.

Each has a code, which evidence keeps; the sentence and the help are for people.
"""

import json
from collections.abc import Mapping

LONGEST_QUOTE = 256
DEFAULT_HELP = "Try again in a moment."


class KubeError(Exception):
    """What we saw, and what to do next."""

    code = "cluster"

    def __init__(self, message: str, help: str = DEFAULT_HELP) -> None:  # noqa: A002 - the house's word
        super().__init__(f"{message} {help}")
        self.message = message
        self.help = help


class KubeconfigError(KubeError):
    """A kubeconfig cannot be used as it is."""

    code = "bad_kubeconfig"


class NamespaceError(KubeError):
    """There is no such namespace to look at."""

    code = "no_namespace"


class EgressDeniedError(KubeError):
    """The address is none that this credential may lead us to."""

    code = "egress_denied"


class UnreachableError(KubeError):
    """The API server did not answer, or not with “ready”."""

    code = "unreachable"


class ConnectionLostError(UnreachableError):
    """The connection broke; a question that changes nothing may be asked again."""


class TimedOutError(KubeError):
    """One call took longer than it may."""

    code = "timeout"


class BudgetError(KubeError):
    """The whole grade has used up its calls, bytes or seconds."""

    code = "budget"


class AnswerError(KubeError):
    """The server answered with something that we do not take."""

    code = "bad_answer"


class EncodedBodyError(AnswerError):
    code = "encoded_body"


class TooLargeError(AnswerError):
    code = "too_large"


class TooDeepError(AnswerError):
    code = "too_deep"


class StatusError(KubeError):
    """The server said no. `status`, `reason` and `said` are its own words."""

    code = "rejected"

    def __init__(self, message: str, *, status: int, reason: str = "", said: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.said = said
        self.retry_after: float | None = None


class RedirectRefusedError(StatusError):
    code = "redirect_refused"


class UnauthorizedError(StatusError):
    code = "unauthorized"


class ForbiddenError(StatusError):
    code = "forbidden"


class NotFoundError(StatusError):
    code = "not_found"


class ConflictError(StatusError):
    code = "conflict"


class GoneError(StatusError):
    code = "gone"


class RateLimitedError(StatusError):
    code = "rate_limited"


class ServerError(StatusError):
    code = "server_error"


class ContainerNotRunningError(KubeError):
    code = "container_not_running"


class NoShellError(KubeError):
    """The image has no such program: nothing could be run in the container."""

    code = "no_shell"


class PortRefusedError(KubeError):
    """Nothing in the Pod listens on that port."""

    code = "refused"


BY_STATUS: Mapping[int, type[StatusError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    429: RateLimitedError,
}


def status_error(status: int, body: bytes, where: str) -> StatusError:
    """The error for an answer that is none of the 200s."""
    reason, said = _told(body)
    message = f"{where}: HTTP {status} {quote(said)}".rstrip()
    return _kind(status)(message, status=status, reason=quote(reason), said=said)


def quote(text: object) -> str:
    """Server text for a sentence of ours: one line, short."""
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"


def _kind(status: int) -> type[StatusError]:
    if 300 <= status < 400:
        return RedirectRefusedError
    if status >= 500:
        return ServerError
    return BY_STATUS.get(status, StatusError)


def _told(body: bytes) -> tuple[str, str]:
    """Reason and message of a Kubernetes Status, or the text as it is."""
    text = body[:LARGEST_STATUS].decode("utf-8", "replace")
    try:
        status = json.loads(text)
    except (ValueError, RecursionError):
        return "", text
    if not isinstance(status, dict):
        return "", text
    return str(status.get("reason") or ""), str(status.get("message") or "")


LARGEST_STATUS = 16 * 1024
