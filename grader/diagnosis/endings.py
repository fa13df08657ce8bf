"""How the last run of a container ended, if it is over or will be over again soon."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.diagnosis.scene import Scene
from grader.evidence.reading import mapping, number, seconds_between, text
from grader.evidence.views import ContainerView

BACK_OFF = re.compile(r"back-off (?:(\d+)m)?(\d+)s")
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10, 300
WAITING = ("CrashLoopBackOff", "RunContainerError", "PostStartHookError")
# As long as any check asks a container to hold.
LONGEST_HOLD = 20.0
# An end by a probe or a hook is announced by an event, at most this long before.
ANNOUNCED = 60.0


@dataclass(frozen=True)
class Ending:
    exit_code: int
    reason: str
    message: str
    started_at: str
    finished_at: str
    again: bool  # it runs at this moment, and will hardly outlive the run before


def ending_of(scene: Scene, container: ContainerView) -> Ending | None:
    """None for what runs well, has not run yet, or was to end and did."""
    now = mapping(container.status, "state", "terminated")
    before = mapping(container.status, "lastState", "terminated")
    if now:
        found = _ending(now)
        done = container.is_init and not container.is_native_sidecar and not found.exit_code
        return None if done else found
    if container.waiting_reason in WAITING:
        return _ending(before or {"message": text(container.status, "state", "waiting", "message")})
    if before and container.running and _is_flapping(scene, container, before):
        return _ending(before, again=True)
    return None


def seconds_left(scene: Scene, container: ContainerView, ending: Ending) -> int:
    """Until the kubelet starts it again."""
    said = BACK_OFF.search(text(container.status, "state", "waiting", "message"))
    if said:
        delay = int(said.group(1) or 0) * 60 + int(said.group(2))
    else:
        delay = _usual_back_off(container.restarts)
    passed = scene.age(ending.finished_at)
    return max(0, round(delay - passed)) if passed is not None else delay


def is_announced(ending: Ending, at: str) -> bool:
    """Whether something that happened then brought about this end."""
    before = seconds_between(at, ending.finished_at)
    return before is not None and -5 <= before <= ANNOUNCED


def _usual_back_off(restarts: int) -> int:
    if restarts < 1:
        return 0
    return int(min(FIRST_BACK_OFF * 2 ** min(restarts - 1, 10), LONGEST_BACK_OFF))


def _ending(found: Mapping[str, Any], *, again: bool = False) -> Ending:
    return Ending(
        exit_code=number(found, "exitCode") or 0,
        reason=text(found, "reason"),
        message=text(found, "message"),
        started_at=text(found, "startedAt"),
        finished_at=text(found, "finishedAt"),
        again=again,
    )


def _is_flapping(scene: Scene, container: ContainerView, before: Mapping[str, Any]) -> bool:
    """Earlier restarts are no fault. Running now, it must have ended twice, and be younger than
    its last run became: what waited for a file and has it now outlives that run at once.
    """
    age = scene.age(container.started_at)
    lasted = seconds_between(text(before, "startedAt"), text(before, "finishedAt"))
    if age is None or lasted is None:
        return False
    return container.restarts >= 2 and age < min(lasted, LONGEST_HOLD)
