"""Every container of the roles is ready in every Pod, and has been for so long, by server time."""

from grader.catalog.checks import Ready
from grader.evidence.reading import number
from grader.evidence.views import ContainerView, WorkloadView
from grader.judge.case import Case
from grader.judge.containers import (
    describe,
    held_for,
    lasting_trouble,
    line_of,
    restarts_when_it_began,
)
from grader.judge.verdict import Finding

# What to say first where containers are in different troubles.
WORST_FIRST = (
    "crash_looping",
    "container_ended",
    "container_waiting",
    "container_unready",
    "restarted",
    "replicas_missing",
    "still_starting",
)


def find(check: Ready, case: Case) -> Finding:
    gap = case.gap_of_roles(*check.roles)
    if gap:
        return gap
    players = [player for key in check.roles if (player := case.role(key))]
    containers = [it for player in players for it in player.containers]
    found = [
        *(_trouble(it, check.seconds, case) for it in containers),
        *(
            _rollout(workload, check, case)
            for workload in {it.workload.key: it.workload for it in players}.values()
        ),
    ]
    failures = sorted((it for it in found if it), key=_severity)
    if failures:
        return failures[0]
    names = sorted({it.name for it in containers})
    return Finding(
        "passed",
        "ready_held",
        {"containers": names, "seconds": check.seconds},
        case.kubectl("get", "pods"),
        tuple(line_of(it, case) for it in containers),
    )


def _severity(finding: Finding) -> tuple[int, str, str]:
    params = finding.params
    return (
        WORST_FIRST.index(finding.code),
        str(params.get("container", "")),
        str(params.get("pod", "")),
    )


def _trouble(container: ContainerView, seconds: int, case: Case) -> Finding | None:
    trouble = lasting_trouble(container, case)
    if trouble:
        return trouble
    held = held_for(container, case)
    if held >= seconds:
        return None
    params = {
        "container": container.name,
        "pod": container.pod.name,
        "held": int(held),
        "seconds": seconds,
    }
    code = "restarted" if _restarted_meanwhile(container, case) else "still_starting"
    if code == "still_starting":
        params |= {"because": "too_young"}
    return Finding("failed", code, params, describe(container, case), (line_of(container, case),))


def _restarted_meanwhile(container: ContainerView, case: Case) -> bool:
    earlier = restarts_when_it_began(container, case)
    return earlier is not None and container.restarts > earlier


def _rollout(workload: WorkloadView, check: Ready, case: Case) -> Finding | None:
    """A Deployment whose newest change is not rolled out yet, or not with all its replicas."""
    if workload.kind != "Deployment":
        return None
    wanted = _or(number(workload.object, "spec", "replicas"), 1)
    generation = _or(number(workload.object, "metadata", "generation"), 0)
    observed = _or(number(workload.object, "status", "observedGeneration"), generation)
    command = case.kubectl("rollout", "status", workload.resource, "--timeout=5s")
    params = {"name": workload.name, "have": len(workload.pods), "want": wanted}
    if observed < generation:
        params |= {"because": "not_rolled_out"}
        return Finding("failed", "still_starting", params, command)
    if len(workload.pods) < wanted:
        missing = Finding("failed", "replicas_missing", params, command)
        return case.unless_settled(missing, case.matter_of(check))
    return None


def _or(found: int | None, otherwise: int) -> int:
    return otherwise if found is None else found
