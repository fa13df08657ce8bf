"""Questions to a port of a Pod, asked again where the port is closed for a moment."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from grader.evidence.views import PodView
from grader.kube.errors import ConnectionLostError, KubeError, PortRefusedError, TimedOutError
from grader.kube.http_over_tunnel import HttpAnswer, NoAnswerError, NotHttpError, ask
from grader.kube.probes.journal import Journal
from grader.kube.probes.scene import Scene
from grader.kube.redis_over_tunnel import NotRedisError

if TYPE_CHECKING:
    from grader.kube.port_forward import Tunnel

Found = TypeVar("Found")
PAUSES = (0.05, 0.15, 0.4, 1.0, 2.0, 3.0)
# Calls that are not spent on asking again: the last failure is a fact, a spent budget is not.
SPARED = 2
LONGEST_ANSWER = 5.0
SHORTEST_TRY = 2.0
# What the other end does, and may do better in a moment.
PASSING = (PortRefusedError, NoAnswerError, ConnectionLostError, TimedOutError)
# What the other end is: asking again will not change it.
LASTING = (NotHttpError, NotRedisError)


@dataclass(frozen=True)
class Failed:
    """Why a port gave no answer: a fact about the Pod, no trouble of ours."""

    code: str  # refused, no_answer, timeout, not_http, not_redis, unreachable
    detail: str = ""


def talk(
    scene: Scene,
    pod: PodView,
    port: int,
    what: "Callable[[Tunnel], Found]",
    seconds: float,
    stop: threading.Event | None = None,
) -> Found | Failed:
    """`what` through a new tunnel, until it succeeds, the time is up, or it is called off."""
    deadline = time.monotonic() + min(seconds, scene.client.budget.left())
    stop = stop or threading.Event()
    attempt = 0
    while True:
        left = deadline - time.monotonic()
        try:
            bound = max(SHORTEST_TRY, min(LONGEST_ANSWER, left))
            with scene.client.port_forward(scene.namespace, pod.name, port, seconds=bound) as it:
                return what(it)
        except LASTING as error:
            return failure(error)
        except PASSING as error:
            pause = PAUSES[min(attempt, len(PAUSES) - 1)]
            attempt += 1
            is_late = time.monotonic() + pause >= deadline
            if is_late or scene.client.budget.calls_left() <= SPARED:
                return failure(error)
            if stop.wait(pause):
                return failure(error)


def get(  # noqa: PLR0913 - whom to ask for what, for how long
    scene: Scene,
    journal: Journal,
    pod: PodView,
    port: int,
    path: str,
    *,
    seconds: float,
    enough: Callable[[bytes], bool] | None = None,
    stop: threading.Event | None = None,
) -> HttpAnswer | Failed:
    host = "localhost" if port == 80 else f"localhost:{port}"

    def once(tunnel: "Tunnel") -> HttpAnswer:
        return ask(tunnel, path, host, LONGEST_ANSWER, enough)

    answer = talk(scene, pod, port, once, seconds, stop)
    target = f"{port} {path}"
    if isinstance(answer, Failed):
        saw = f"{answer.code} {answer.detail}".strip()
        journal.step("http_get", pod=pod.name, target=target, ok=False, saw=saw)
    else:
        journal.step("http_get", pod=pod.name, target=target, saw=f"HTTP {answer.status}")
    return answer


def failure(error: KubeError) -> Failed:
    said = error.first if isinstance(error, NotHttpError) else ""
    return Failed(error.code, said)
