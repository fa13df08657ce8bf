"""The objects of the evidence as people think of them: a workload, its Pods, their containers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.catalog.definition import LabDefinition
from grader.catalog.workloads import Workload
from grader.evidence.model import Evidence
from grader.evidence.reading import at, entries, mapping, number, strings, text, truth

Object = Mapping[str, Any]
# Kubernetes or an operator fills these; nobody shares work through them.
NO_STORAGE = ("configMap", "secret", "projected", "downwardAPI", "image")
REVISION = "deployment.kubernetes.io/revision"
ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Mount:
    """One `volumeMounts` entry; `field` is where kubectl shows it."""

    volume: str
    path: str
    sub_path: str
    read_only: bool
    field: str


@dataclass(frozen=True, eq=False)
class ContainerView:
    """A container of a Pod, or a native sidecar: spec and status side by side."""

    pod: "PodView"
    spec: Object
    is_init: bool = False  # listed under initContainers, native sidecars too

    @property
    def name(self) -> str:
        return text(self.spec, "name")

    @property
    def is_native_sidecar(self) -> bool:
        return self.is_init and text(self.spec, "restartPolicy") == "Always"

    @property
    def field(self) -> str:
        """The path of its spec, by name: places in a list change."""
        return f"spec.{'initContainers' if self.is_init else 'containers'}[{self.name}]"

    @cached_property
    def status(self) -> Object:
        lists = "initContainerStatuses" if self.is_init else "containerStatuses"
        found = entries(self.pod.object, "status", lists)
        return next((it for it in found if text(it, "name") == self.name), {})

    @property
    def image(self) -> str:
        return text(self.spec, "image")

    @property
    def command(self) -> tuple[str, ...]:
        return (*strings(self.spec, "command"), *strings(self.spec, "args"))

    @property
    def env(self) -> tuple[Object, ...]:
        return entries(self.spec, "env")

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports its spec declares."""
        found = (number(port, "containerPort") for port in entries(self.spec, "ports"))
        return tuple(port for port in found if port is not None)

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        return tuple(
            Mount(
                volume=text(mount, "name"),
                path=text(mount, "mountPath"),
                sub_path=text(mount, "subPath") or text(mount, "subPathExpr"),
                read_only=truth(mount, "readOnly") or self.pod.is_read_only(text(mount, "name")),
                field=f"{self.field}.volumeMounts[{place}]",
            )
            for place, mount in enumerate(entries(self.spec, "volumeMounts"))
        )

    @property
    def storage_mounts(self) -> tuple[Mount, ...]:
        """The mounts through which it can share files with its neighbours."""
        return tuple(mount for mount in self.mounts if self.pod.is_storage(mount.volume))

    @property
    def only_reads(self) -> bool:
        """It shares storage with its neighbours, and can write to none of it."""
        pod = self.pod
        others = (it for it in pod.containers if it.name != self.name)
        theirs = {pod.storage_behind(mount.volume) for it in others for mount in it.storage_mounts}
        shared = [it for it in self.storage_mounts if pod.storage_behind(it.volume) in theirs]
        return bool(shared) and all(it.read_only for it in shared)

    @property
    def ready(self) -> bool:
        return truth(self.status, "ready")

    @property
    def running(self) -> bool:
        return bool(at(self.status, "state", "running") is not None)

    @property
    def restarts(self) -> int:
        return number(self.status, "restartCount") or 0

    @property
    def started_at(self) -> str:
        return text(self.status, "state", "running", "startedAt")

    @property
    def waiting_reason(self) -> str:
        return text(self.status, "state", "waiting", "reason")

    @property
    def exit_code(self) -> int | None:
        """Of the run that is over now; None while it runs or waits."""
        return number(self.status, "state", "terminated", "exitCode")

    @property
    def last_exit_code(self) -> int | None:
        """Of the run before this one."""
        return number(self.status, "lastState", "terminated", "exitCode")


@dataclass(frozen=True, eq=False)
class PodView:
    """A Pod, or the template of one that was never made."""

    object: Object

    @property
    def name(self) -> str:
        return text(self.object, "metadata", "name")

    @property
    def uid(self) -> str:
        return text(self.object, "metadata", "uid")

    @property
    def ip(self) -> str:
        return text(self.object, "status", "podIP")

    @property
    def ips(self) -> frozenset[str]:
        """Its addresses of both families."""
        found = (text(it, "ip") for it in entries(self.object, "status", "podIPs"))
        return frozenset((self.ip, *found)) - {""}

    @property
    def made_at(self) -> str:
        return text(self.object, "metadata", "creationTimestamp")

    @property
    def labels(self) -> Mapping[str, Any]:
        return mapping(self.object, "metadata", "labels")

    @cached_property
    def init_containers(self) -> tuple[ContainerView, ...]:
        """Those that end before the others start; native sidecars are not among them."""
        return tuple(it for it in self._initial if not it.is_native_sidecar)

    @cached_property
    def containers(self) -> tuple[ContainerView, ...]:
        """Those that run side by side: plain containers and native sidecars."""
        plain = (ContainerView(self, spec) for spec in entries(self.object, "spec", "containers"))
        return (*plain, *(it for it in self._initial if it.is_native_sidecar))

    @property
    def _initial(self) -> tuple[ContainerView, ...]:
        specs = entries(self.object, "spec", "initContainers")
        return tuple(ContainerView(self, spec, is_init=True) for spec in specs)

    def container(self, name: str) -> ContainerView | None:
        return next((it for it in self.containers if it.name == name), None)

    @cached_property
    def volumes(self) -> Mapping[str, Object]:
        return {text(it, "name"): it for it in entries(self.object, "spec", "volumes")}

    def is_storage(self, volume: str) -> bool:
        """Whether the Pod has this volume and it can hold files of the containers."""
        return volume in self.volumes and is_storage(self.volumes[volume])

    def storage_behind(self, volume: str) -> str:
        """What tells storage from other storage: two volumes may be of one claim or one folder."""
        source = self.volumes.get(volume, {})
        claim = text(source, "persistentVolumeClaim", "claimName")
        folder = text(source, "hostPath", "path").rstrip("/")
        return f"claim {claim}" if claim else f"host {folder}" if folder else volume

    def is_read_only(self, volume: str) -> bool:
        """Some sources are read-only for every container that mounts them."""
        source = self.volumes.get(volume, {})
        return any(truth(source, kind, "readOnly") for kind in ("persistentVolumeClaim", "csi"))


@dataclass(frozen=True, eq=False)
class WorkloadView:
    """A Deployment with its newest ReplicaSet and that one's Pods, or a Pod by itself."""

    key: str
    kind: str
    name: str
    object: Object
    replica_set: Object | None
    pods: tuple[PodView, ...]  # by name; those being deleted or already ended are left out
    older_pods: tuple[PodView, ...] = ()  # of older ReplicaSets, still there
    all_pods: tuple[PodView, ...] = ()  # also those that are being deleted or have ended

    @property
    def resource(self) -> str:
        """How kubectl is told about it."""
        return f"{self.kind.lower()}/{self.name}"

    @cached_property
    def template(self) -> PodView:
        """What its Pods are made from."""
        return PodView(mapping(self.object, "spec", "template"))

    @property
    def example(self) -> PodView:
        """One Pod to read the spec from, also where none was made yet."""
        return self.pods[0] if self.pods else self.template


@dataclass(frozen=True)
class Endpoint:
    """One address behind a Service. `ports`: target port by the name of the Service's port."""

    pod_name: str
    pod_uid: str
    ip: str
    ready: bool
    terminating: bool
    ports: Mapping[str, int]


def revision_of(found: Object) -> str:
    """Which generation a ReplicaSet is, or a Deployment stands at."""
    return text(found, "metadata", "annotations", REVISION)


def is_storage(volume: Object) -> bool:
    return not any(volume.get(kind) is not None for kind in NO_STORAGE)


def objects(evidence: Evidence, kind: str) -> tuple[Object, ...]:
    """In the order of their names: the order of a list says nothing."""
    return tuple(sorted(evidence.objects.get(kind, ()), key=lambda it: (_name(it), _uid(it))))


def find_object(evidence: Evidence, kind: str, name: str) -> Object | None:
    return next((it for it in objects(evidence, kind) if _name(it) == name), None)


def find_service(evidence: Evidence, name: str) -> Object | None:
    return find_object(evidence, "Service", name)


def config_map(evidence: Evidence, name: str) -> Object | None:
    return find_object(evidence, "ConfigMap", name)


def main_workload(definition: LabDefinition) -> str | None:
    return next(iter(definition.workloads), None)


def find_workload(
    evidence: Evidence, definition: LabDefinition, key: str | None = None
) -> WorkloadView | None:
    """The first of the names, in the first of the kinds, that exists. No key: the main workload."""
    wanted = key or main_workload(definition)
    workload = definition.workloads.get(wanted) if wanted else None
    if workload is None or wanted is None:
        return None
    return _first(evidence, wanted, workload)


def endpoints(evidence: Evidence, service_name: str) -> tuple[Endpoint, ...]:
    found = (
        _endpoint(entry, piece)
        for piece in objects(evidence, "EndpointSlice")
        if text(piece, "metadata", "labels", "kubernetes.io/service-name") == service_name
        for entry in entries(piece, "endpoints")
    )
    return tuple(sorted(found, key=lambda it: (it.pod_name, it.ip, it.pod_uid, str(it.ports))))


def _first(evidence: Evidence, key: str, workload: Workload) -> WorkloadView | None:
    for name in workload.names:
        for kind in workload.kinds:
            found = find_object(evidence, kind, name)
            if found is not None and not _is_deleting(found):
                return _view(evidence, key, kind, found)
    return None


def _view(evidence: Evidence, key: str, kind: str, found: Object) -> WorkloadView:
    if kind == "Pod":
        return WorkloadView(
            key, kind, _name(found), found, None, (PodView(found),), (), (PodView(found),)
        )
    sets = sorted(_owned(objects(evidence, "ReplicaSet"), _uid(found)), key=_revision)
    newest = sets[-1] if sets else None
    everything = objects(evidence, "Pod")
    pods = [it for it in everything if not _is_deleting(it) and not _is_over(it)]
    return WorkloadView(
        key=key,
        kind=kind,
        name=_name(found),
        object=found,
        replica_set=newest,
        pods=_pods_of(pods, sets[-1:]),
        older_pods=_pods_of(pods, sets[:-1]),
        all_pods=_pods_of(everything, sets),
    )


def _pods_of(pods: Iterable[Object], replica_sets: Iterable[Object]) -> tuple[PodView, ...]:
    owners = {_uid(it) for it in replica_sets} - {""}
    return tuple(PodView(pod) for pod in pods if _owner(pod) in owners)


def _owned(candidates: Iterable[Object], owner: str) -> list[Object]:
    return [it for it in candidates if owner and _owner(it) == owner]


def _owner(found: Object) -> str:
    """By uid: a name or a label can be copied."""
    owners = entries(found, "metadata", "ownerReferences")
    return next((text(it, "uid") for it in owners if truth(it, "controller")), "")


def _revision(replica_set: Object) -> tuple[int, str, str]:
    revision = revision_of(replica_set)
    made = text(replica_set, "metadata", "creationTimestamp")
    counts = revision.isdecimal() and len(revision) < 10
    return (int(revision) if counts else 0, made, _name(replica_set))


def _endpoint(entry: Object, piece: Object) -> Endpoint:
    ports = ((text(it, "name"), number(it, "port")) for it in entries(piece, "ports"))
    return Endpoint(
        pod_name=text(entry, "targetRef", "name"),
        pod_uid=text(entry, "targetRef", "uid"),
        ip=next(iter(strings(entry, "addresses")), ""),
        # Left out means ready.
        ready=at(entry, "conditions", "ready") is not False,
        terminating=truth(entry, "conditions", "terminating"),
        ports={name: port for name, port in ports if port is not None},
    )


def _name(found: Object) -> str:
    return text(found, "metadata", "name")


def _uid(found: Object) -> str:
    return text(found, "metadata", "uid")


def _is_deleting(found: Object) -> bool:
    return bool(text(found, "metadata", "deletionTimestamp"))


def _is_over(pod: Object) -> bool:
    """An evicted Pod stays as an object; its ReplicaSet has made another one by then."""
    return text(pod, "status", "phase") in ENDED
