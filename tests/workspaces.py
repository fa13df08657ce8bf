"""Evidence as a cluster would give it for some manifests, without a cluster: all stands, ready.

A test then breaks one thing in it and looks at what the judge says.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from grader.evidence.model import (
    Cut,
    Evidence,
    Listener,
    Listening,
    Log,
    LogLine,
    Transcript,
    Trouble,
)
from grader.evidence.plan import KINDS

NAMESPACE = "learner-1"
NOW = "2026-03-01T12:10:00Z"
LONG_AGO = "2026-03-01T12:00:00Z"
Json = Any


@dataclass
class Workspace:
    """Objects by kind, and what was seen of them."""

    objects: dict[str, list[dict[str, Json]]] = field(default_factory=dict)
    logs: list[Log] = field(default_factory=list)
    listening: list[Listening] = field(default_factory=list)
    probes: dict[str, Transcript] = field(default_factory=dict)
    answers: dict[str, dict[str, Json]] = field(default_factory=dict)
    before: dict[str, dict[str, int]] = field(default_factory=dict)
    unseen: dict[str, Trouble] = field(default_factory=dict)
    cuts: list[Cut] = field(default_factory=list)
    settled: bool = True
    taken_at: str = NOW

    def get(self, kind: str, name: str = "") -> dict[str, Json]:
        """The first of the kind whose name begins so, to be changed by a test."""
        return next(it for it in self.objects[kind] if it["metadata"]["name"].startswith(name))

    def status(self, container: str) -> dict[str, Json]:
        """A container's status in the first Pod that has it."""
        return next(
            status
            for pod in self.objects["Pod"]
            for key in ("containerStatuses", "initContainerStatuses")
            for status in pod["status"].get(key, [])
            if status["name"] == container
        )

    def spec(self, container: str) -> dict[str, Json]:
        return next(
            spec
            for pod in self.objects["Pod"]
            for key in ("containers", "initContainers")
            for spec in pod["spec"].get(key, [])
            if spec["name"] == container
        )

    def says(self, container: str, *lines: tuple[str, str], previous: bool = False) -> None:
        pod = self._pod_of(container)
        self.logs.append(
            Log(
                pod=pod["metadata"]["name"],
                uid=pod["metadata"]["uid"],
                container=container,
                previous=previous,
                lines=tuple(LogLine(at, text) for at, text in lines),
            )
        )

    def listens(self, container: str, *ports: int) -> None:
        pod = self._pod_of(container)
        listeners = tuple(Listener("0.0.0.0", port) for port in ports)
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        self.listening.append(Listening(name, uid, container, listeners))

    def evidence(self) -> Evidence:
        objects = {kind: tuple(copy.deepcopy(self.objects.get(kind, []))) for kind in KINDS}
        return Evidence(
            lab="lab",
            lab_version="",
            namespace=NAMESPACE,
            started_at=LONG_AGO,
            taken_at=self.taken_at,
            objects=objects,
            unseen=dict(self.unseen),
            cuts=tuple(self.cuts),
            before=copy.deepcopy(self.before),
            logs=tuple(self.logs),
            listening=tuple(self.listening),
            probes=dict(self.probes),
            answers=copy.deepcopy(self.answers),
            settled=self.settled,
        )

    def _pod_of(self, container: str) -> dict[str, Json]:
        return next(
            pod
            for pod in self.objects["Pod"]
            if container in {it["name"] for it in pod["status"]["containerStatuses"]}
            or container in {it["name"] for it in pod["status"]["initContainerStatuses"]}
        )


def workspace_of(*files: Path) -> Workspace:
    """As if these manifests had been applied ten minutes ago, and all went well."""
    documents = [it for file in files for it in yaml.safe_load_all(file.read_text()) if it]
    return workspace_from(copy.deepcopy(documents))


def workspace_from(documents: Iterable[dict[str, Json]]) -> Workspace:
    found = Workspace(objects={kind: [] for kind in KINDS})
    # What is applied twice is there once, as it was applied last.
    latest = {(it["kind"], it["metadata"]["name"]): it for it in documents if it["kind"] in KINDS}
    for document in latest.values():
        kind = document["kind"]
        document["metadata"] |= {"uid": f"uid-{kind}-{document['metadata']['name']}"}
        document["metadata"] |= {"namespace": NAMESPACE, "creationTimestamp": LONG_AGO}
        found.objects[kind].append(document)
        if kind == "Deployment":
            _roll_out(document, found)
        elif kind == "Pod":
            _run(document, found)
    for service in found.objects["Service"]:
        found.objects["EndpointSlice"].append(_endpoints(service, found.objects["Pod"]))
    return found


def visit(value: Json, see: Callable[[Json], None]) -> None:
    """Every node of some JSON, from the outside in."""
    see(value)
    for inner in value.values() if isinstance(value, Mapping) else ():
        visit(inner, see)
    for inner in value if isinstance(value, list | tuple) else ():
        visit(inner, see)


def _roll_out(deployment: dict[str, Json], found: Workspace) -> None:
    name = deployment["metadata"]["name"]
    replicas = deployment["spec"].setdefault("replicas", 1)
    deployment["metadata"]["generation"] = 1
    deployment["status"] = {
        "observedGeneration": 1,
        "replicas": replicas,
        "readyReplicas": replicas,
        "conditions": [{"type": "Available", "status": "True", "lastUpdateTime": LONG_AGO}],
    }
    template = deployment["spec"]["template"]
    replica_set = {
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name}-5d4f8",
            "uid": f"uid-rs-{name}",
            "creationTimestamp": LONG_AGO,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "ownerReferences": [_owner("Deployment", deployment)],
        },
        "spec": {"replicas": replicas, "template": copy.deepcopy(template)},
        "status": {"replicas": replicas},
    }
    found.objects["ReplicaSet"].append(replica_set)
    for number in range(replicas):
        pod = {
            "kind": "Pod",
            "metadata": {
                "name": f"{name}-5d4f8-{number}",
                "uid": f"uid-pod-{name}-{number}",
                "creationTimestamp": LONG_AGO,
                "labels": dict(template["metadata"].get("labels", {})),
                "ownerReferences": [_owner("ReplicaSet", replica_set)],
            },
            "spec": copy.deepcopy(template["spec"]),
        }
        found.objects["Pod"].append(pod)
        _run(pod, found)


def _owner(kind: str, owner: dict[str, Json]) -> dict[str, Json]:
    name, uid = owner["metadata"]["name"], owner["metadata"]["uid"]
    return {"kind": kind, "name": name, "uid": uid, "controller": True}


def _run(pod: dict[str, Json], found: Workspace) -> None:
    address = f"10.1.0.{len(found.objects['Pod']) + 1}"
    ready = {"type": "ContainersReady", "status": "True", "lastTransitionTime": LONG_AGO}
    pod["status"] = {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": [ready],
        "containerStatuses": [_running(it) for it in pod["spec"]["containers"]],
        "initContainerStatuses": [
            _running(it) if it.get("restartPolicy") == "Always" else _done(it)
            for it in pod["spec"].get("initContainers", [])
        ],
    }


def _running(container: dict[str, Json]) -> dict[str, Json]:
    return {
        "name": container["name"],
        "ready": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": LONG_AGO}},
        "lastState": {},
    }


def _done(container: dict[str, Json]) -> dict[str, Json]:
    return {
        "name": container["name"],
        "ready": True,
        "restartCount": 0,
        "state": {"terminated": {"exitCode": 0, "reason": "Completed"}},
    }


def _endpoints(service: dict[str, Json], pods: list[dict[str, Json]]) -> dict[str, Json]:
    name = service["metadata"]["name"]
    selector = service["spec"].get("selector") or {"nobody": "here"}
    chosen = [pod for pod in pods if selector.items() <= pod["metadata"].get("labels", {}).items()]
    return {
        "metadata": {
            "name": f"{name}-x1y2z",
            "labels": {"kubernetes.io/service-name": name},
            "ownerReferences": [_owner("Service", service)],
        },
        "ports": [
            {"name": port.get("name", ""), "port": _target(port, chosen)}
            for port in service["spec"]["ports"]
        ],
        "endpoints": [
            {
                "addresses": [pod["status"]["podIP"]],
                "conditions": {"ready": True},
                "targetRef": {
                    "kind": "Pod",
                    "name": pod["metadata"]["name"],
                    "uid": pod["metadata"]["uid"],
                },
            }
            for pod in chosen
        ],
    }


def _target(port: dict[str, Json], pods: list[dict[str, Json]]) -> int:
    wanted = port.get("targetPort", port["port"])
    if isinstance(wanted, int):
        return wanted
    named = (
        declared["containerPort"]
        for pod in pods
        for container in pod["spec"]["containers"]
        for declared in container.get("ports", [])
        if declared.get("name") == wanted
    )
    return int(next(named, 0))
