"""What a probe works on: the objects as they were listed, who plays which role, and the door."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from grader.catalog.definition import LabDefinition
from grader.evidence.model import Evidence
from grader.evidence.reading import entries, text, when
from grader.evidence.views import ContainerView, PodView, WorkloadView, find_workload
from grader.kube.client import Client
from grader.kube.clock import Clock
from grader.kube.listeners import ports

if TYPE_CHECKING:
    from grader.kube.probes.later import Later

# A sample of the replicas: they are made from one template, and the grade has a budget.
MOST_PODS = 3
# A server that was just started may need so long until it listens.
YOUNG = timedelta(seconds=60)
PATIENCE_WITH_YOUNG = 20.0
PATIENCE = 4.0


@dataclass(frozen=True, eq=False)
class Player:
    """A role's container, in those Pods that can be probed."""

    role: str
    workload: WorkloadView
    name: str
    pods: tuple[PodView, ...]

    @property
    def containers(self) -> tuple[ContainerView, ...]:
        return tuple(it for pod in self.pods if (it := pod.container(self.name)))


@dataclass(frozen=True, eq=False)
class Scene:
    client: Client
    namespace: str
    definition: LabDefinition
    evidence: Evidence
    roles: Mapping[str, str]
    clock: Clock
    learner: Client | None = None
    later: "Later[Scene] | None" = None

    def with_listeners(self) -> "Scene":
        """The same once it is known who listens: the roles may turn out to be others then."""
        return self.later.join() if self.later else self

    def workload(self, key: str | None) -> WorkloadView | None:
        return find_workload(self.evidence, self.definition, key)

    def pods(self, workload: WorkloadView) -> tuple[PodView, ...]:
        """Some of its running Pods, ready ones first."""
        running = [pod for pod in workload.pods if any(it.running for it in pod.containers)]
        return tuple(sorted(running, key=lambda pod: (not is_ready(pod), pod.name))[:MOST_PODS])

    def player(self, role: str) -> Player | None:
        name = self.roles.get(role)
        declared = self.definition.roles.get(role)
        workload = self.workload(declared.workload) if declared else None
        if name is None or workload is None:
            return None
        return Player(role, workload, name, self.pods(workload))

    def listening(self, container: ContainerView) -> tuple[int, ...]:
        return ports(self.evidence.listening, container.pod.name, container.name)

    def patience(self, pod: PodView) -> float:
        """How long a refused connection is asked again: longer where a server was just started."""
        started = [when(it.started_at) for it in pod.containers]
        newest = max(filter(None, started), default=None)
        is_young = newest is None or self.clock.now() - newest < YOUNG
        return PATIENCE_WITH_YOUNG if is_young else PATIENCE


def is_ready(pod: PodView) -> bool:
    conditions = entries(pod.object, "status", "conditions")
    return any(text(it, "type") == "Ready" and text(it, "status") == "True" for it in conditions)
