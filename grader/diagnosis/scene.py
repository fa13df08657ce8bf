"""The evidence as a diagnosis looks at it: the lab's workloads, their containers, who said what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.catalog.definition import LabDefinition
from grader.diagnosis.outcomes import came_to_nothing
from grader.evidence.model import Evidence, Listener, Listening, Log
from grader.evidence.reading import entries, seconds_between, text
from grader.evidence.seen import is_whole
from grader.evidence.views import (
    ContainerView,
    PodView,
    WorkloadView,
    find_workload,
    main_workload,
    objects,
)

# What the kubelet says in place of a log that is gone already.
GONE = "to retrieve container logs for"


@dataclass(frozen=True, order=True)
class Event:
    at: str
    reason: str
    message: str
    field: str  # "spec.containers{web}"


@dataclass(frozen=True, eq=False)
class Scene:
    definition: LabDefinition
    evidence: Evidence

    @property
    def namespace(self) -> str:
        return self.evidence.namespace

    def knows(self, *kinds: str) -> bool:
        """Whether it can be said of these kinds what is not there, and who is a stranger."""
        return is_whole(self.evidence, *kinds)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The workloads that have to be right: the main one and those that checks and probes ask
        after. One that only questions are about may be broken, or gone.
        """
        asking = (*self.checks, *self.definition.probes.values())
        named = {getattr(it, "workload", None) for it in asking}
        played = [self.definition.roles.get(role) for it in asking for role in _roles(it)]
        named |= {role.workload for role in played if role is not None}
        main = main_workload(self.definition)
        return tuple(key for key in self.definition.workloads if key in named or key == main)

    @cached_property
    def workloads(self) -> tuple[WorkloadView, ...]:
        """Those of them that exist."""
        found = (self.workload(key) for key in self.keys)
        return tuple(workload for workload in found if workload is not None)

    def workload(self, key: str | None) -> WorkloadView | None:
        return find_workload(self.evidence, self.definition, key)

    @cached_property
    def pods(self) -> tuple[PodView, ...]:
        """Of the newest generation; older ones are on their way out."""
        return tuple(pod for workload in self.workloads for pod in workload.pods)

    def containers(self) -> Iterator[ContainerView]:
        for pod in self.pods:
            yield from starting_order(pod)

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Names of the Services that the lab asks after, in the order of the names."""
        probes = self.definition.probes.values()
        asked = {getattr(probe, "service", None) for probe in probes}
        asked |= {getattr(probe, "backend", None) for probe in probes}
        asked |= {getattr(check, "service", None) for check in self.checks}
        return tuple(sorted(name for name in asked if isinstance(name, str)))

    @property
    def checks(self) -> tuple[Any, ...]:
        return tuple(check for task in self.definition.tasks for check in task.checks)

    @cached_property
    def _events(self) -> Mapping[str, tuple[Event, ...]]:
        """By the uid of what they are about, oldest first."""
        found: dict[str, list[Event]] = {}
        for entry in self.evidence.objects.get("Event", ()):
            found.setdefault(text(entry, "involvedObject", "uid"), []).append(_event(entry))
        return {uid: tuple(sorted(events)) for uid, events in found.items() if uid}

    def latest_event(self, uid: str, reasons: tuple[str, ...], says: str = "") -> Event | None:
        fitting = [
            event
            for event in self._events.get(uid, ())
            if event.reason in reasons and says in event.message
        ]
        return fitting[-1] if fitting else None

    def container_event(
        self, container: ContainerView, reasons: tuple[str, ...], says: str = ""
    ) -> Event | None:
        """The latest about this container, not about its neighbours."""
        fitting = [
            event
            for event in self._events.get(container.pod.uid, ())
            if event.field.endswith(f"{{{container.name}}}")
            and event.reason in reasons
            and says in event.message
        ]
        return fitting[-1] if fitting else None

    def said(self, container: ContainerView, *, previous: bool) -> tuple[str, ...]:
        """The lines of its log; none where the kubelet had thrown it away."""
        log = self.log(container, previous=previous)
        lines = log.lines if log else ()
        return tuple(line.text for line in lines if line.text.strip() and GONE not in line.text)

    def log(self, container: ContainerView, *, previous: bool) -> Log | None:
        """Logs of a Pod of the same name that was there before do not count."""
        log = self._logs.get((container.pod.name, container.name, previous))
        return log if log and log.uid in ("", container.pod.uid) else None

    @cached_property
    def _logs(self) -> Mapping[tuple[str, str, bool], Log]:
        return {(log.pod, log.container, log.previous): log for log in self.evidence.logs}

    def listeners(self, container: ContainerView) -> tuple[Listener, ...] | None:
        """None where nobody could look."""
        listening = self._listening.get((container.pod.uid, container.name))
        return None if listening is None or listening.trouble else listening.listeners

    @cached_property
    def _listening(self) -> Mapping[tuple[str, str], Listening]:
        return {(it.uid, it.container): it for it in self.evidence.listening}

    def pod_listeners(self, pod: PodView) -> Mapping[str, tuple[Listener, ...]] | None:
        """By container. None where one that runs could not be looked into."""
        found = {it.name: self.listeners(it) for it in pod.containers if it.running}
        if not found or any(listeners is None for listeners in found.values()):
            return None
        return {name: listeners or () for name, listeners in found.items()}

    @cached_property
    def failing_probe(self) -> bool:
        """Whether something that the lab tried on the running workload did not come out."""
        return any(came_to_nothing(probe) for probe in self.evidence.probes.values())

    def age(self, stamp: str) -> float | None:
        """Seconds from then until the objects were read."""
        return seconds_between(stamp, self.evidence.taken_at)

    def age_is_below(self, stamp: str, seconds: float) -> bool:
        age = self.age(stamp)
        return age is not None and age < seconds


def starting_order(pod: PodView) -> tuple[ContainerView, ...]:
    """Those listed as initial first, each in its place; the order in which the kubelet starts."""
    initial = {it.name: it for it in (*pod.init_containers, *pod.containers) if it.is_init}
    listed = (text(spec, "name") for spec in entries(pod.object, "spec", "initContainers"))
    first = tuple(initial[name] for name in dict.fromkeys(listed) if name in initial)
    return (*first, *(it for it in pod.containers if not it.is_init))


def bare_pods(evidence: Evidence) -> tuple[PodView, ...]:
    """Pods that belong to nobody."""
    found = (PodView(pod) for pod in objects(evidence, "Pod"))
    return tuple(pod for pod in found if not entries(pod.object, "metadata", "ownerReferences"))


def _roles(asking: object) -> tuple[str, ...]:
    """The roles that a check or a probe is about."""
    single = (getattr(asking, name, None) for name in ("role", "reader", "writer", "other_than"))
    several: tuple[str, ...] = getattr(asking, "roles", ())
    return (*several, *(role for role in single if isinstance(role, str)))


def _event(entry: Mapping[str, Any]) -> Event:
    stamps = (
        text(entry, "lastTimestamp"),
        text(entry, "series", "lastObservedTime"),
        text(entry, "eventTime"),
        text(entry, "metadata", "creationTimestamp"),
    )
    return Event(
        reason=text(entry, "reason"),
        message=text(entry, "message"),
        at=next((stamp for stamp in stamps if stamp), ""),
        field=text(entry, "involvedObject", "fieldPath"),
    )
