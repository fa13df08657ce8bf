"""Why a workload has no Pods, or too few: refused, paused, or asked for none."""

import re
from collections.abc import Iterator

from grader.diagnosis.causes import kubectl, of_workload, with_lines
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene
from grader.evidence.reading import at, entries, number, text, truth
from grader.evidence.views import WorkloadView

NOT_THE_NEWS = re.compile(r'^(Error creating: )?pods "[^"]*" is forbidden: ')
# What the API server says, from the narrowest to the widest.
REFUSALS = (
    (
        "refused_by_quota",
        re.compile(
            r"exceeded quota: (?P<quota>\S+), requested: (?P<requested>.+?), "
            r"used: (?P<used>.+?), limited: (?P<limited>.+)$"
        ),
    ),
    ("refused_without_resources", re.compile(r"failed quota: (?P<quota>\S+): must specify (.+)$")),
    ("refused_by_limits", re.compile(r"(?:maximum|minimum|max limit to request) .*(usage|ratio)")),
    ("refused_by_pod_security", re.compile(r'violates PodSecurity "(?P<level>[^":]+)')),
    ("refused_service_account", re.compile(r'serviceaccount "(?P<account>[^"]+)" not found')),
    ("refused_by_webhook", re.compile(r'admission webhook "(?P<webhook>[^"]+)" denied')),
)


def find(scene: Scene) -> Iterator[Diagnosis]:
    for workload in scene.workloads:
        if workload.kind == "Deployment":
            yield from _of_deployment(scene, workload)


def _of_deployment(scene: Scene, workload: WorkloadView) -> Iterator[Diagnosis]:
    following = kubectl(scene, "describe", "deployment", workload.name)
    if number(workload.object, "spec", "replicas") == 0:
        yield of_workload("scaled_to_zero", Layer.ADMISSION, workload, following)
    elif _is_held_back(workload) and scene.knows("ReplicaSet", "Pod"):
        yield of_workload("rollout_paused", Layer.ADMISSION, workload, following)
    elif says := _refusal(workload):
        yield _refused(scene, workload, says)


def _is_held_back(workload: WorkloadView) -> bool:
    """Paused with nothing to show: no generation at all, or one that is not the template's."""
    return truth(workload.object, "spec", "paused") and not workload.pods


def _refusal(workload: WorkloadView) -> str:
    """The condition goes away as soon as a Pod is admitted, events stay."""
    for it in (workload.replica_set, workload.object):
        for condition in entries(it, "status", "conditions"):
            if text(condition, "type") == "ReplicaFailure" and text(condition, "status") == "True":
                return text(condition, "message")
    return ""


def _refused(scene: Scene, workload: WorkloadView, message: str) -> Diagnosis:
    says = NOT_THE_NEWS.sub("", message)
    for code, pattern in REFUSALS:
        if found := pattern.search(says):
            return _cause(scene, workload, code, says, **found.groupdict())
    return _cause(scene, workload, "refused_by_server", says)


def _cause(scene: Scene, workload: WorkloadView, code: str, says: str, **params: str) -> Diagnosis:
    name = text(at(workload.replica_set), "metadata", "name")
    following = kubectl(scene, "describe", "replicaset", *([name] if name else []))
    cause = of_workload(code, Layer.ADMISSION, workload, following, says=says, **params)
    return with_lines(cause, (says,))
