"""How a container is, at the moment the evidence was taken, in words of the judge."""

from grader.evidence.reading import entries, number, seconds_between, text
from grader.evidence.views import ContainerView, PodView
from grader.judge.case import Case
from grader.judge.prospects import Matter, is_crash_looping
from grader.judge.verdict import Finding

# Reasons of a container that is on its way; any other one says what keeps it.
ON_ITS_WAY = ("ContainerCreating", "PodInitializing", "")


def lasting_trouble(container: ContainerView, case: Case) -> Finding | None:
    """What keeps it; still starting where only time does. A crash loop ends by itself only where
    its cause is gone.
    """
    trouble = trouble_of(container, case)
    return case.unless_settled(trouble, Matter((container,))) if trouble else None


def trouble_of(container: ContainerView, case: Case) -> Finding | None:
    """Why it does not run and is not ready; None where it is."""
    if container.running and container.ready:
        return None
    if container.running:
        return _failed("container_unready", container, case)
    if is_crash_looping(container):
        return _crashing(container, case)
    if container.exit_code is not None:
        return _failed("container_ended", container, case, exit_code=container.exit_code)
    reason = container.waiting_reason or _reason_of(container.pod)
    if reason in ON_ITS_WAY and not case.evidence.settled:
        return _failed("still_starting", container, case, because="container_waiting")
    return _failed("container_waiting", container, case, reason=reason or "ContainerCreating")


def held_for(container: ContainerView, case: Case) -> float:
    """For how many seconds it has been running and ready, by the cluster's clock."""
    ages = [
        seconds_between(since, case.evidence.taken_at)
        for since in (container.started_at, _ready_since(container.pod))
    ]
    known = [age for age in ages if age is not None]
    return min(known, default=0.0) if container.ready and container.running else 0.0


def age_of(container: ContainerView, case: Case) -> float | None:
    """How long its present run has lasted."""
    return seconds_between(container.started_at, case.evidence.taken_at)


def line_of(container: ContainerView, case: Case) -> str:
    """One line of evidence: `pod/web-1 container app: running for 12 s, ready, 0 restarts`."""
    ready = "ready" if container.ready else "not ready"
    return (
        f"pod/{container.pod.name} container {container.name}: "
        f"{_state(container, case)}, {ready}, {container.restarts} restarts"
    )


def describe(container: ContainerView, case: Case) -> str:
    return case.kubectl("describe", "pod", container.pod.name)


def logs(container: ContainerView, case: Case, *, previous: bool = False) -> str:
    earlier = ("--previous",) if previous else ()
    return case.kubectl("logs", container.pod.name, "-c", container.name, *earlier, "--tail=20")


def _state(container: ContainerView, case: Case) -> str:
    age = age_of(container, case)
    if container.running:
        return "running" if age is None else f"running for {age:.0f} s"
    if container.exit_code is not None:
        return f"ended with exit code {container.exit_code}"
    return f"waiting: {container.waiting_reason or _reason_of(container.pod) or 'not started'}"


def _crashing(container: ContainerView, case: Case) -> Finding:
    codes = (container.exit_code, container.last_exit_code)
    code = next((it for it in codes if it is not None), None)
    return Finding(
        "failed",
        "crash_looping",
        {
            "container": container.name,
            "pod": container.pod.name,
            "restarts": container.restarts,
            "exit_code": "?" if code is None else code,
        },
        logs(container, case, previous=True),
        (line_of(container, case),),
    )


def _failed(code: str, container: ContainerView, case: Case, **params: object) -> Finding:
    named = {"container": container.name, "pod": container.pod.name, **params}
    return Finding("failed", code, named, describe(container, case), (line_of(container, case),))


def _ready_since(pod: PodView) -> str:
    """Since when all containers of the Pod are ready.

    Where one of them is not (it may play no role here), nobody wrote down since when the others
    are: their own start has to do.
    """
    conditions = entries(pod.object, "status", "conditions")
    return next(
        (
            text(it, "lastTransitionTime")
            for it in conditions
            if text(it, "type") == "ContainersReady" and text(it, "status") == "True"
        ),
        "",
    )


def _reason_of(pod: PodView) -> str:
    """Why no container of the Pod was even started: it has no place, say."""
    conditions = entries(pod.object, "status", "conditions")
    reasons = (text(it, "reason") for it in conditions if text(it, "type") == "PodScheduled")
    return next((it for it in reasons if it), "") or text(pod.object, "status", "reason")


def restarts_when_it_began(container: ContainerView, case: Case) -> int | None:
    return number(case.evidence.before, container.pod.uid, container.name)
