"""One lab and the evidence of one workspace, as the checks look at it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.catalog.checks import AnyCheck
from grader.catalog.definition import LabDefinition
from grader.catalog.probes import Probe
from grader.diagnosis import diagnose
from grader.diagnosis.model import Diagnosis
from grader.diagnosis.services import meant_workload
from grader.evidence.model import Evidence, Listening, Log, Transcript
from grader.evidence.seen import cut_behind, is_cut, is_ending, list_trouble
from grader.evidence.views import ContainerView, WorkloadView, find_workload, main_workload
from grader.judge.prospects import Matter, is_hopeless, restart_awaited
from grader.judge.roles import assign
from grader.judge.verdict import Finding

# Parts of a probe that name roles.
_ROLE_FIELDS = ("role", "writer", "reader")
_NEEDED = ("Deployment", "ReplicaSet", "Pod")


@dataclass(frozen=True, eq=False)
class RolePlayer:
    """The containers that play a role: the same one in every Pod of the workload."""

    key: str
    workload: WorkloadView
    container_name: str
    containers: tuple[ContainerView, ...]

    @property
    def example(self) -> ContainerView:
        """One of them to read the spec from: replicas are made from one template."""
        return self.containers[0]


@dataclass(frozen=True, eq=False)
class Case:
    definition: LabDefinition
    evidence: Evidence

    @property
    def namespace(self) -> str:
        return self.evidence.namespace

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """Which container plays which role."""
        return assign(self.definition, self.evidence)

    @cached_property
    def causes(self) -> tuple[Diagnosis, ...]:
        """They help to understand a verdict, and tell what passes by itself."""
        try:
            return diagnose(self.definition, self.evidence)
        except Exception:  # noqa: BLE001 - total on purpose: without causes there is a verdict
            return ()

    def workload(self, key: str | None = None) -> WorkloadView | None:
        """Looked for once: every check asks for it."""
        if key not in self._workloads:
            self._workloads[key] = find_workload(self.evidence, self.definition, key)
        return self._workloads[key]

    @cached_property
    def _workloads(self) -> dict[str | None, WorkloadView | None]:
        return {}

    def role(self, key: str) -> RolePlayer | None:
        name = self.roles.get(key)
        workload = self.workload_of(key)
        if name is None or workload is None:
            return None
        found = (pod.container(name) for pod in workload.pods)
        containers = tuple(it for it in found if it is not None)
        return RolePlayer(key, workload, name, containers) if containers else None

    def workload_of(self, role: str) -> WorkloadView | None:
        declared = self.definition.roles.get(role)
        return self.workload(declared.workload) if declared else None

    def transcript(self, probe: str) -> Transcript | None:
        return self.evidence.probes.get(probe)

    def log(self, pod: str, container: str, *, previous: bool = False) -> Log | None:
        wanted = (pod, container, previous)
        logs = self.evidence.logs
        found = (log for log in logs if (log.pod, log.container, log.previous) == wanted)
        return min(found, key=str, default=None)

    def listening(self, pod: str, container: str) -> Listening | None:
        found = (it for it in self.evidence.listening if (it.pod, it.container) == (pod, container))
        return min(found, key=str, default=None)

    def kubectl(self, *words: str) -> str:
        """The command that shows a learner the same, safe to be pasted into a shell."""
        return shlex.join(("kubectl", "-n", self.namespace, *words))

    # What every check meets before it can look at its own matter: a ready-made finding, or None.

    def gap_of_kinds(self, *kinds: str) -> Finding | None:
        """Unknown where the API did not list what the check reads, or it is being taken away."""
        if is_ending(self.evidence):
            params = {"namespace": self.namespace}
            command = self.kubectl("get", "namespace", self.namespace)
            return Finding("unknown", "namespace_ending", params, command)
        gaps = (kind for kind in kinds if list_trouble(self.evidence, kind))
        return next((self.not_seen(kind) for kind in gaps), None)

    def gap_of_cuts(self, *kinds: str) -> Finding | None:
        """Unknown for whoever says “none” or “all” of what was read in part."""
        cuts = (kind for kind in kinds if is_cut(self.evidence, kind))
        return next((self.truncated(kind) for kind in cuts), None)

    def gap_of_workload(self, key: str | None = None) -> Finding | None:
        wanted = self.definition.workloads.get(key or main_workload(self.definition) or "")
        needed = wanted.kinds if wanted and "Deployment" not in wanted.kinds else _NEEDED
        gap = self.gap_of_kinds(*needed)
        if gap:
            return gap
        found = self.workload(key)
        cut = cut_behind(self.evidence, wanted, found) if wanted else ""
        if cut:
            return self.truncated(cut)
        if found is None:
            return self.workload_missing(key)
        return None if found.pods else self.pods_missing(found)

    def gap_of_roles(self, *keys: str) -> Finding | None:
        for key in keys:
            declared = self.definition.roles.get(key)
            gap = self.gap_of_workload(declared.workload if declared else None)
            if gap:
                return gap
            if self.role(key) is None:
                return self.role_missing(key)
        return None

    def gap_of_probe(self, key: str) -> Finding | None:
        """The roles and the workload that a probe names come before what it saw."""
        probe = self.definition.probes.get(key)
        gap = self.gap_of_kinds() or (self._gap_of_probed(probe) if probe else None)
        if gap:
            return gap
        found = self.transcript(key)
        if found is None:
            return Finding("unknown", "not_collected", {"probe": key})
        if found.trouble:
            trouble: dict[str, Any] = {"code": found.trouble.code, "detail": found.trouble.detail}
            return Finding("unknown", "probe_trouble", {"probe": key, **trouble})
        return None

    def _gap_of_probed(self, probe: Probe) -> Finding | None:
        roles = [getattr(probe, name) for name in _ROLE_FIELDS if getattr(probe, name, "")]
        if roles:
            return self.gap_of_roles(*roles)
        named = "workload" in type(probe).model_fields
        return self.gap_of_workload(getattr(probe, "workload", None)) if named else None

    def unless_settled(self, finding: Finding, matter: Matter) -> Finding:
        """What failed and may pass by itself is looked at again later."""
        if finding.verdict != "failed":
            return finding
        waits = restart_awaited(matter, self.causes)
        if waits:
            params = {"because": waits.code, **waits.params}
        elif self.evidence.settled or is_hopeless(matter, self.causes):
            return finding
        else:
            params = {"because": finding.code}
        command = finding.command or self.kubectl("get", "pods")
        return Finding("failed", "still_starting", params, command, finding.evidence)

    def matter_of(self, asking: AnyCheck | Probe) -> Matter:
        """The containers that what is asked rests on, and the Services on the way to them."""
        named = (getattr(asking, name, None) for name in ("service", "backend"))
        services = frozenset(name for name in named if name)
        keys = {meant_workload(self.definition, name) for name in services}
        roles = [getattr(asking, name) for name in _ROLE_FIELDS if getattr(asking, name, "")]
        roles += getattr(asking, "roles", ())
        found = [self.workload_of(role) for role in roles]
        found += [self.workload(key) for key in sorted(keys) if key]
        if "workload" in type(asking).model_fields:
            found.append(self.workload(getattr(asking, "workload", None)))
        workloads = {it.key: it for it in found if it is not None}
        counted = (it for workload in workloads.values() for it in self._counted(workload))
        return Matter(tuple(counted), services)

    def _counted(self, workload: WorkloadView) -> list[ContainerView]:
        """Of a workload with roles, those that play one: the others may be in trouble."""
        keys = [key for key in self.roles if self.workload_of(key) is workload]
        names = {self.roles[key] for key in keys}
        containers = [it for pod in workload.pods for it in pod.containers]
        return [it for it in containers if not names or it.name in names]

    def not_seen(self, kind: str) -> Finding:
        trouble = list_trouble(self.evidence, kind)
        params = {"kind": kind, "reason": trouble.code if trouble else ""}
        return Finding("unknown", "not_seen", params, self.kubectl("get", f"{kind.lower()}s"))

    def truncated(self, kind: str) -> Finding:
        command = self.kubectl("get", f"{kind.lower()}s")
        return Finding("unknown", "evidence_truncated", {"kind": kind}, command)

    def workload_missing(self, key: str | None) -> Finding:
        wanted = self.definition.workloads.get(key or main_workload(self.definition) or "")
        kinds = " / ".join(wanted.kinds) if wanted else "Deployment"
        name, *also = wanted.names if wanted else (str(key),)
        params = {"kind": kinds, "name": name, **({"also": also} if also else {})}
        return Finding(
            "failed", "workload_missing", params, self.kubectl("get", "deployments,pods")
        )

    def pods_missing(self, workload: WorkloadView) -> Finding:
        """Nothing is judged by a template alone: no Pod, no behaviour, no vacuous pass."""
        command = self.kubectl("describe", workload.resource)
        params = {"kind": workload.kind, "name": workload.name}
        return self.unless_settled(Finding("failed", "pods_missing", params, command), Matter(()))

    def role_missing(self, key: str) -> Finding:
        workload = self.workload_of(key)
        there = [it.name for it in workload.example.containers] if workload else []
        params = {"role": key, "containers": sorted(there)}
        target = workload.resource if workload else "pods"
        return Finding("failed", "role_missing", params, self.kubectl("describe", target))
