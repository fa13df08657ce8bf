"""Asks an API server whether it is ready: one bounded request."""

from grader.kube.budget import Budget
from grader.kube.client import Client
from grader.kube.credentials import Target
from grader.kube.errors import KubeconfigError, KubeError, UnreachableError, quote
from grader.kube.response import Answer

SECONDS = 2.0
LARGEST_ANSWER = 4096


def check_ready(target: Target, *, seconds: float = SECONDS) -> None:
    """Returns when `/readyz` says 200; raises `KubeError` otherwise."""
    answer = _ask(target, seconds)
    if answer.status in {401, 403}:
        raise UnreachableError(
            f"{target.server} refuses our credentials (HTTP {answer.status}).",
            "Check the user of the kubeconfig: kubectl --kubeconfig FILE auth whoami",
        )
    if answer.status != 200:
        said = quote(answer.body.decode("utf-8", "replace"))
        raise UnreachableError(
            f"{target.server} says that it is not ready: HTTP {answer.status} {said}",
            "Look at it with: kubectl --kubeconfig FILE get --raw '/readyz?verbose'",
        )


def _ask(target: Target, seconds: float) -> Answer:
    try:
        with Client(target, Budget(calls=1, seconds=seconds)) as client:
            return client.get(
                "/readyz", seconds=seconds, largest=LARGEST_ANSWER, accept="text/plain", raw=True
            )
    except (KubeconfigError, UnreachableError):
        raise
    except KubeError as error:  # too slow, or no API server at all
        raise UnreachableError(f"{target.server} does not answer: {error.message}") from error
