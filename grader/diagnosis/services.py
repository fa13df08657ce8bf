"""Why a Service that the lab asks after does not lead to the learner's Pods."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from grader.catalog.definition import LabDefinition
from grader.diagnosis.causes import kubectl, of_object
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.outcomes import came_to_nothing
from grader.diagnosis.probing import is_local
from grader.diagnosis.scene import Scene
from grader.evidence.reading import entries, mapping, number, text
from grader.evidence.views import (
    Endpoint,
    PodView,
    WorkloadView,
    endpoints,
    find_service,
    objects,
)

SLICE = "kubernetes.io/service-name"
Object = Mapping[str, Any]


def find(scene: Scene) -> Iterator[Diagnosis]:
    for name in scene.services:
        service = find_service(scene.evidence, name)
        if service is not None:
            cause = _of_service(scene, name, service)
            if cause is not None:
                yield cause


def _of_service(scene: Scene, name: str, service: Object) -> Diagnosis | None:
    """The first that is wrong: the port asked for, whom it selects, where it sends to."""
    return (
        _port_not_offered(scene, name, service)
        or _selection(scene, name, service)
        or _targets(scene, name, service)
    )


def _port_not_offered(scene: Scene, name: str, service: Object) -> Diagnosis | None:
    offered = [number(it, "port") or 0 for it in entries(service, "spec", "ports")]
    missing = [port for port in _asked_ports(scene, name) if port not in offered]
    if not missing:
        return None
    following = kubectl(scene, "get", "service", name)
    return of_object(
        "service_port_missing",
        Layer.SERVICE,
        following,
        service=name,
        port=missing[0],
        offered=[str(port) for port in offered],
    )


def _asked_ports(scene: Scene, name: str) -> list[int]:
    asking = (*scene.checks, *scene.definition.probes.values())
    found = {it.port for it in asking if getattr(it, "service", None) == name}
    found |= {it.backend_port for it in asking if getattr(it, "backend", None) == name}
    return sorted(found)


def _selection(scene: Scene, name: str, service: Object) -> Diagnosis | None:
    if not scene.knows("EndpointSlice", *_owners(scene)):
        return None
    if text(service, "spec", "type") == "ExternalName":
        return of_object(
            "service_is_another_name",
            Layer.SERVICE,
            kubectl(scene, "get", "service", name),
            service=name,
            name=text(service, "spec", "externalName"),
        )
    selector = _labels(mapping(service, "spec", "selector"))
    reached = [it for it in endpoints(scene.evidence, name) if not it.terminating]
    if not reached:
        return _nobody(scene, name, selector)
    strangers = _strangers(scene, name, reached)
    if strangers:
        return of_object(
            "service_leads_elsewhere",
            Layer.SERVICE,
            _slices(scene, name),
            service=name,
            pods=strangers,
            selector=selector or ["-"],
        )
    if not any(it.ready for it in reached):
        pods = sorted(it.pod_name for it in reached)
        following = _slices(scene, name)
        return of_object("no_ready_endpoints", Layer.SERVICE, following, service=name, pods=pods)
    return None


def _nobody(scene: Scene, name: str, selector: list[str]) -> Diagnosis | None:
    following = kubectl(scene, "get", "pods", "--show-labels")
    if not selector:
        return of_object("selector_missing", Layer.SERVICE, following, service=name)
    meant = _meant_pods(scene, name)
    if any(set(selector) <= set(_labels(pod.labels)) for pod in meant):
        return None  # just made: the addresses are on their way
    nearest = max(meant, key=lambda pod: (_likeness(selector, pod), pod.name), default=None)
    if nearest is None:
        return of_object(
            "service_without_pods",
            Layer.SERVICE,
            following,
            service=name,
            selector=selector,
            meant=_meant_names(scene, name),
        )
    return of_object(
        "selector_mismatch",
        Layer.SERVICE,
        following,
        service=name,
        selector=selector,
        pod=nearest.name,
        labels=_own_labels(nearest),
    )


def _owners(scene: Scene) -> tuple[str, ...]:
    """The kinds that tell whose a Pod is."""
    named = any("Deployment" in it.kinds for it in scene.definition.workloads.values())
    return ("Deployment", "ReplicaSet", "Pod") if named else ("Pod",)


def _meant_pods(scene: Scene, name: str) -> tuple[PodView, ...]:
    """Those of the workload it is to lead to; where nobody says which, all there are."""
    if not _meant_names(scene, name):
        return tuple(PodView(pod) for pod in objects(scene.evidence, "Pod"))
    workload = _meant_workload(scene, name)
    return workload.pods if workload else ()


def _meant_workload(scene: Scene, name: str) -> WorkloadView | None:
    key = meant_workload(scene.definition, name)
    return scene.workload(key) if key else None


def _meant_names(scene: Scene, name: str) -> list[str]:
    workload = scene.definition.workloads.get(meant_workload(scene.definition, name))
    return list(workload.names) if workload else []


def meant_workload(definition: LabDefinition, service: str) -> str:
    """Its key: said by a check, or told by the name; "" where neither says."""
    workloads = definition.workloads
    for check in (check for task in definition.tasks for check in task.checks):
        if check.kind == "service_leads" and check.service == service:
            return check.workload or next(iter(workloads), "")
    return next((key for key, it in workloads.items() if service in it.names), "")


def _strangers(scene: Scene, name: str, reached: list[Endpoint]) -> list[str]:
    workload = _meant_workload(scene, name)
    if workload is None:
        return []
    own = {pod.uid for pod in (*workload.pods, *workload.older_pods)}
    return sorted({it.pod_name or it.ip for it in reached if it.pod_uid not in own})


def _targets(scene: Scene, name: str, service: Object) -> Diagnosis | None:
    if _was_answered(scene, name):
        return None
    pods = {pod.uid: pod for pod in scene.pods}
    reached = [it for it in endpoints(scene.evidence, name) if it.ready and it.pod_uid in pods]
    for port in entries(service, "spec", "ports"):
        wanted = number(port, "port")
        if wanted not in _asked_ports(scene, name):
            continue
        for endpoint in reached:
            cause = _target(scene, name, port, endpoint, pods[endpoint.pod_uid])
            if cause is not None:
                return cause
    return None


def _was_answered(scene: Scene, name: str) -> bool:
    """Who listens was read before: one that opened its port since has answered through it."""
    probes = scene.definition.probes.items()
    keys = [key for key, it in probes if getattr(it, "service", None) == name]
    tried = [scene.evidence.probes[key] for key in keys if key in scene.evidence.probes]
    return any(it.steps and not it.trouble and not came_to_nothing(it) for it in tried)


def _target(
    scene: Scene, name: str, port: Object, endpoint: Endpoint, pod: PodView
) -> Diagnosis | None:
    target = endpoint.ports.get(text(port, "name"))
    if target is None:
        return _port_name(scene, name, port, pod)
    found = scene.pod_listeners(pod)
    if found is None or _opens_now_and_then(pod, target):
        return None
    listeners = [it for listeners in found.values() for it in listeners]
    here = [it for it in listeners if it.port == target]
    if any(not is_local(it) for it in here):
        return None
    named = {"service": name, "port": number(port, "port") or 0, "target": target, "pod": pod.name}
    following = kubectl(scene, "describe", "service", name)
    if here:
        owner = min(key for key, them in found.items() if any(it in here for it in them))
        return of_object(
            "listens_on_localhost_only", Layer.SERVICE, following, listener=owner, **named
        )
    return of_object(
        "target_port_closed",
        Layer.SERVICE,
        following,
        listens=_who_listens(found) or ["-"],
        **named,
    )


def _port_name(scene: Scene, name: str, port: Object, pod: PodView) -> Diagnosis | None:
    wanted = text(port, "targetPort")
    declared = [
        text(it, "name") for container in pod.containers for it in entries(container.spec, "ports")
    ]
    if not wanted or wanted in declared:
        return None
    return of_object(
        "target_port_name_unknown",
        Layer.SERVICE,
        kubectl(scene, "describe", "service", name),
        service=name,
        port=number(port, "port") or 0,
        target=wanted,
        names=sorted(filter(None, declared)) or ["-"],
        pod=pod.name,
    )


def _opens_now_and_then(pod: PodView, port: int) -> bool:
    """`nc` in a loop closes its port between two answers."""
    scripts = (" ".join(it.command) for it in pod.containers)
    return any("nc " in script and str(port) in script for script in scripts)


def _who_listens(found: Mapping[str, tuple[Any, ...]]) -> list[str]:
    return [
        f"{name}: {', '.join(str(port) for port in ports)}"
        for name in sorted(found)
        if (ports := sorted({it.port for it in found[name]}))
    ]


def _likeness(selector: list[str], pod: PodView) -> float:
    return SequenceMatcher(None, ",".join(selector), ",".join(_own_labels(pod))).ratio()


def _own_labels(pod: PodView) -> list[str]:
    return [it for it in _labels(pod.labels) if not it.startswith("pod-template-hash=")]


def _labels(labels: Mapping[str, Any]) -> list[str]:
    return sorted(f"{key}={value}" for key, value in labels.items())


def _slices(scene: Scene, name: str) -> str:
    return kubectl(scene, "get", "endpointslices", "-l", f"{SLICE}={name}", "-o", "yaml")
