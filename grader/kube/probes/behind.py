"""Who stands behind a Service: nothing is sent to any but Pods of this namespace."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta

from grader.evidence.model import Evidence
from grader.evidence.reading import entries, number, text, when
from grader.evidence.views import Endpoint, PodView, endpoints, find_service, objects
from grader.kube.errors import KubeError
from grader.kube.probes.scene import Scene, is_ready
from grader.kube.snapshot import take_kind

NEEDED = ("Service", "EndpointSlice", "Pod")
# Endpoints follow a Pod that has just become ready by a moment.
FRESH = timedelta(seconds=8)
PAUSES = (0.3, 0.7, 1.5, 2.5)


class NotSeenError(KubeError):
    """Nobody can say where a Service leads without having seen it."""

    code = "not_seen"


@dataclass(frozen=True)
class Behind:
    """`why` is empty where the Service leads to a ready Pod, and to none but this namespace's."""

    why: str  # no_service, no_port, no_endpoints, not_ready, foreign_endpoint
    pods: tuple[PodView, ...] = ()
    foreign: str = ""


def look_behind(scene: Scene, service: str, port: int) -> Behind:
    """Waits a moment where a Pod has become ready and its endpoint has not yet."""
    evidence = scene.evidence
    for kind in NEEDED:
        if kind not in evidence.objects:
            raise NotSeenError(f"The cluster did not list the {kind}s of this namespace.")
    for pause in PAUSES:
        found = _behind(evidence, service, port)
        if found.why not in {"no_endpoints", "not_ready"} or not _is_fresh(scene):
            return found
        time.sleep(min(pause, scene.client.budget.left()))
        kept = take_kind(scene.client, scene.namespace, "EndpointSlice", scene.clock)
        evidence = replace(evidence, objects={**evidence.objects, "EndpointSlice": kept.objects})
    return _behind(evidence, service, port)


def _behind(evidence: Evidence, name: str, port: int) -> Behind:
    service = find_service(evidence, name)
    if service is None:
        return Behind("no_service")
    if not any(number(it, "port") == port for it in entries(service, "spec", "ports")):
        return Behind("no_port")
    found = endpoints(evidence, name)
    pods = {pod.uid: pod for pod in map(PodView, objects(evidence, "Pod"))}
    stranger = next((one for one in found if not _is_ours(one, pods.get(one.pod_uid))), None)
    if stranger:
        return Behind("foreign_endpoint", foreign=stranger.ip or stranger.pod_name)
    ready = {one.pod_uid: pods[one.pod_uid] for one in found if one.ready and not one.terminating}
    if ready:
        return Behind("", tuple(ready.values()))
    return Behind("not_ready" if found else "no_endpoints")


def _is_ours(one: Endpoint, pod: PodView | None) -> bool:
    if pod is None or not one.ip:
        return False
    more = (text(it, "ip") for it in entries(pod.object, "status", "podIPs"))
    return one.ip in {pod.ip, *more}


def _is_fresh(scene: Scene) -> bool:
    """Whether any Pod became ready only a moment ago."""
    now = scene.clock.now()
    moments = (
        when(text(it, "lastTransitionTime"))
        for pod in map(PodView, objects(scene.evidence, "Pod"))
        for it in entries(pod.object, "status", "conditions")
        if is_ready(pod)
    )
    return any(moment and now - moment < FRESH for moment in moments)
