"""Why a Pod got no node, or lost it."""

import re
from collections.abc import Iterator

from grader.diagnosis.causes import describe, of_pod, with_lines
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene
from grader.evidence.reading import entries, mapping, text
from grader.evidence.views import PodView

RESOURCES = re.compile(r"Insufficient ([\w./-]+?)(?=[.,]|$)")
CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" not found')


def find(scene: Scene) -> Iterator[Diagnosis]:
    for pod in scene.pods:
        if text(pod.object, "status", "reason") == "Evicted":
            says = text(pod.object, "status", "message")
            cause = of_pod("evicted", Layer.SCHEDULING, pod, describe(scene, pod))
            yield with_lines(cause, (says,))
        elif says := _unschedulable(pod):
            yield with_lines(_cause(scene, pod, says), (says,))


def _unschedulable(pod: PodView) -> str:
    for condition in entries(pod.object, "status", "conditions"):
        if text(condition, "type") == "PodScheduled" and text(condition, "status") == "False":
            return text(condition, "message")
    return ""


def _cause(scene: Scene, pod: PodView, says: str) -> Diagnosis:
    following = describe(scene, pod)
    if missing := CLAIM.search(says):
        claim = missing.group(1)
        return of_pod("claim_missing", Layer.SCHEDULING, pod, following, claim=claim)
    if "unbound immediate PersistentVolumeClaims" in says:
        claims = _claims(pod)
        return of_pod("claim_unbound", Layer.SCHEDULING, pod, following, claims=claims)
    if "didn't match Pod's node affinity/selector" in says:
        wanted = [f"{key}={value}" for key, value in _node_selector(pod)]
        return of_pod("no_such_node", Layer.SCHEDULING, pod, following, selector=wanted)
    if lacking := RESOURCES.findall(says):
        return of_pod(
            "too_big_for_nodes",
            Layer.SCHEDULING,
            pod,
            following,
            resources=sorted(set(lacking)),
            asked=_asked(pod, sorted(set(lacking))),
        )
    return of_pod("unschedulable", Layer.SCHEDULING, pod, following, says=says)


def _claims(pod: PodView) -> list[str]:
    found = (text(volume, "persistentVolumeClaim", "claimName") for volume in pod.volumes.values())
    return sorted(name for name in found if name)


def _node_selector(pod: PodView) -> list[tuple[str, str]]:
    selector = mapping(pod.object, "spec", "nodeSelector")
    return sorted((key, str(value)) for key, value in selector.items())


def _asked(pod: PodView, resources: list[str]) -> list[str]:
    """What each container asks for of that which is short, as it is written."""
    return [
        f"{container.name}: {resource} {amount}"
        for container in (*pod.init_containers, *pod.containers)
        for resource in resources
        if (amount := text(container.spec, "resources", "requests", resource))
    ]
