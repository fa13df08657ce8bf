"""The roles mount the same storage of the Pod."""

from grader.catalog.checks import SharedVolume
from grader.judge.case import Case
from grader.judge.containers import describe
from grader.judge.storage import mount_lines, not_shared, shared_by
from grader.judge.verdict import Finding


def find(check: SharedVolume, case: Case) -> Finding:
    gap = case.gap_of_roles(*check.roles)
    if gap:
        return gap
    containers = [player.example for key in check.roles if (player := case.role(key))]
    shared = shared_by(containers)
    if not shared:
        return not_shared(containers, case)
    return Finding(
        "passed",
        "volume_shared",
        {"volumes": list(shared), "containers": [it.name for it in containers]},
        describe(containers[0], case),
        tuple(line for it in containers for line in mount_lines(it)),
    )
