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
# What an error says of the port once the tunnel to it stood. Before that, the same errors tell of
# the API server only, or of the way to it.
SAID = {PortRefusedError: "refused", ConnectionLostError: "closed", TimedOutError: "silent"}


@dataclass(frozen=True)
class Failed:
    """Why a port gave no answer: a fact about the Pod, no trouble of ours."""

    code: str  # refused, no_answer, closed, silent, not_http, not_redis
    detail: str = ""


def talk(
    scene: Scene,
    pod: PodView,
    port: int,
    what: "Callable[[Tunnel], Found]",
    seconds: float,
    stop: threading.Event | None = None,
) -> Found | Failed:
    """`what` through a new tunnel, until it succeeds, the time is up, or it is called off.

    Raises where no tunnel could be opened: nobody has seen the port then.
    """
    deadline = time.monotonic() + min(seconds, scene.client.budget.left())
    stop = stop or threading.Event()
    attempt = 0
    while True:
        bound = max(SHORTEST_TRY, min(LONGEST_ANSWER, deadline - time.monotonic()))
        is_open = False
        try:
            with scene.client.port_forward(scene.namespace, pod.name, port, seconds=bound) as it:
                is_open = True
                return what(it)
        except LASTING as error:
            return failure(error)
        except PASSING as error:
            is_seen = is_open or isinstance(error, PortRefusedError)
            pause = PAUSES[min(attempt, len(PAUSES) - 1)]
            is_late = time.monotonic() + pause >= deadline and (is_seen or attempt > 0)
            attempt += 1
            is_last = is_late or scene.client.budget.calls_left() <= SPARED
            if is_last and not is_seen:
                raise
            if is_last or stop.wait(pause):
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
    return Failed(SAID.get(type(error), error.code), said)
