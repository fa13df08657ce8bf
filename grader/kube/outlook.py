"""What may still become of a workload: is it worth waiting for, and how long. Pure.

A correct answer must not fail by impatience: a container that ended once and is started again, an
image on its way, a Pod that was just made are waited for. What will not move before the time is up
is not: a back-off that lasts longer, an image that does not exist, silence for a long time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from grader.evidence.reading import entries, number, text, when
from grader.evidence.views import ContainerView, PodView, WorkloadView

State = Literal["held", "holding", "starting", "stuck"]

# Nothing of it moved for so long: it waits for somebody, not for time.
SILENCE = timedelta(seconds=40)
# So long after it was made, a Pod has been tried more than once.
YOUNG = timedelta(seconds=25)
# The server's times are whole seconds.
ROUNDING = timedelta(seconds=1)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=5)
LONG_RUN = timedelta(minutes=10)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FINAL_REASONS = frozenset({"InvalidImageName", "ErrImageNeverPull"})
FINAL_WORDS = (
    "not found",
    "manifest unknown",
    "does not exist",
    "access denied",
    "insufficient_scope",
    "invalid reference format",
    "no match for platform",
)
IMAGE_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", *FINAL_REASONS})
_BACK_OFF = re.compile(r"back-off (?:(\d+)m)?(?:(\d+)s)? restarting")


@dataclass(frozen=True)
class Outlook:
    """One container, or (without one) what its Pod or workload waits for."""

    state: State
    workload: str
    pod: str = ""
    container: str = ""
    until: datetime | None = None  # holding: when it will have been held


@dataclass(frozen=True)
class Horizon:
    """From when to when is looked."""

    now: datetime
    limit: datetime  # the last moment at which starting is waited for
    hold: timedelta


def look_ahead(workloads: Iterable[WorkloadView], horizon: Horizon) -> tuple[Outlook, ...]:
    return tuple(one for workload in workloads for one in _workload(workload, horizon))


def _workload(workload: WorkloadView, horizon: Horizon) -> Iterator[Outlook]:
    if workload.kind == "Deployment" and (state := _rollout(workload, horizon)):
        yield Outlook(state, workload.name)
    for pod in workload.pods:
        yield from _pod(workload.name, pod, horizon)


def _rollout(workload: WorkloadView, horizon: Horizon) -> State | None:
    """Whether Pods are still missing; None where all that are wanted are there."""
    seen = number(workload.object, "status", "observedGeneration") or 0
    made = number(workload.object, "metadata", "generation") or 0
    wanted = number(workload.object, "spec", "replicas")
    if seen >= made and len(workload.pods) >= (1 if wanted is None else wanted):
        return None
    refused = any(
        text(it, "type") == "ReplicaFailure" and text(it, "status") == "True"
        for it in entries(workload.object, "status", "conditions")
    )
    stamps = [when(text(workload.object, "metadata", "creationTimestamp"))]
    if workload.replica_set:
        stamps.append(when(text(workload.replica_set, "metadata", "creationTimestamp")))
    stamps += [
        when(text(it, "lastUpdateTime")) for it in entries(workload.object, "status", "conditions")
    ]
    is_quiet = _quiet(stamps, horizon, YOUNG)
    return "stuck" if is_quiet or (refused and not workload.older_pods) else "starting"


def _pod(workload: str, pod: PodView, horizon: Horizon) -> Iterator[Outlook]:
    initial = [it for it in pod.init_containers if it.exit_code != 0]
    for container in (*initial[:1], *pod.containers):
        state, until = _container(container, horizon)
        yield Outlook(state, workload, pod.name, container.name, until)


def _container(container: ContainerView, horizon: Horizon) -> tuple[State, datetime | None]:
    if (
        container.running
        and container.ready
        and container.pod.init_containers.count(container) == 0
    ):
        return _held(container, horizon)
    if container.running:
        return _unless_quiet(container, horizon, SILENCE + _start_time(container)), None
    if container.exit_code is not None:
        return _ended(container, horizon), None
    return _waiting(container, horizon), None


def _held(container: ContainerView, horizon: Horizon) -> tuple[State, datetime | None]:
    since = max(
        filter(None, (when(container.started_at), _pod_ready_since(container.pod))),
        default=horizon.now,
    )
    until = since + horizon.hold + ROUNDING
    return ("held", None) if until <= horizon.now else ("holding", until)


def _pod_ready_since(pod: PodView) -> datetime | None:
    """Counts only while the Pod is ready; another container's trouble is its own matter."""
    conditions = entries(pod.object, "status", "conditions")
    ready = next((it for it in conditions if text(it, "type") == "ContainersReady"), {})
    if text(ready, "status") != "True":
        return None
    return when(text(ready, "lastTransitionTime"))


def _ended(container: ContainerView, horizon: Horizon) -> State:
    """The kubelet starts it again in a moment, unless the Pod says never."""
    policy = text(container.pod.object, "spec", "restartPolicy", default="Always")
    again = policy == "Always" or container.is_native_sidecar
    if not again and policy == "OnFailure":
        again = container.exit_code != 0
    if not again or _next_start(container) > horizon.limit:
        return "stuck"
    return _unless_quiet(container, horizon, SILENCE)


def _next_start(container: ContainerView) -> datetime:
    """The kubelet's pause doubles with every restart, and is forgotten after a long run."""
    ended = _moment(container, "finishedAt")
    ran = ended - _moment(container, "startedAt")
    if not container.restarts or ran > LONG_RUN:
        return ended
    pause: timedelta = FIRST_PAUSE * 2 ** min(container.restarts - 1, 5)
    return ended + min(pause, LONGEST_PAUSE)


def _moment(container: ContainerView, which: str) -> datetime:
    """Of the run that is over; long ago where it is not told."""
    return when(text(container.status, "state", "terminated", which)) or LONG_AGO


def _waiting(container: ContainerView, horizon: Horizon) -> State:
    reason = container.waiting_reason
    message = text(container.status, "state", "waiting", "message")
    if reason == "CrashLoopBackOff":
        return _backing_off(container, message, horizon)
    if reason in IMAGE_REASONS and (reason in FINAL_REASONS or _is_final(message)):
        return "stuck"
    if reason in {"", "PodInitializing", "ContainerCreating"}:
        return _unless_quiet(container, horizon, SILENCE)
    made = when(text(container.pod.object, "metadata", "creationTimestamp"))
    return "stuck" if _quiet([made], horizon, YOUNG) else "starting"


def _backing_off(container: ContainerView, message: str, horizon: Horizon) -> State:
    """Worth waiting for where its next start lies before the time is up."""
    found = _BACK_OFF.search(message)
    ended = when(text(container.status, "lastState", "terminated", "finishedAt"))
    if found is None or ended is None:
        return "stuck" if container.restarts > 2 else "starting"
    pause = timedelta(minutes=int(found[1] or 0), seconds=int(found[2] or 0))
    return "starting" if ended + pause <= horizon.limit else "stuck"


def _is_final(message: str) -> bool:
    lower = message.lower()
    return any(words in lower for words in FINAL_WORDS)


def _unless_quiet(container: ContainerView, horizon: Horizon, patience: timedelta) -> State:
    return "stuck" if _quiet(_stamps(container), horizon, patience) else "starting"


def _quiet(stamps: Iterable[datetime | None], horizon: Horizon, patience: timedelta) -> bool:
    known = [stamp for stamp in stamps if stamp]
    return bool(known) and horizon.now - max(known) > patience


def _stamps(container: ContainerView) -> list[datetime | None]:
    """When something moved about this container or its Pod."""
    pod = container.pod.object
    paths = (("state", "terminated", "finishedAt"), ("lastState", "terminated", "finishedAt"))
    return [
        when(text(pod, "metadata", "creationTimestamp")),
        when(container.started_at),
        *(when(text(container.status, *path)) for path in paths),
        *(when(text(it, "lastTransitionTime")) for it in entries(pod, "status", "conditions")),
    ]


def _start_time(container: ContainerView) -> timedelta:
    """How long its own probes allow it for starting."""
    spec: Any = container.spec
    delay = number(spec, "readinessProbe", "initialDelaySeconds") or 0
    startup = spec.get("startupProbe")
    if startup:
        tries = number(startup, "failureThreshold") or 3
        period = number(startup, "periodSeconds") or 10
        delay += (number(startup, "initialDelaySeconds") or 0) + tries * period
    return timedelta(seconds=min(delay, 600))
