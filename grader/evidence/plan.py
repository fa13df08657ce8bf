"""Which evidence a lab's checks need. Pure: a lab's definition in, what is to be collected out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.catalog.checks import FreshLog, GrowingNumbers, Ready
from grader.catalog.definition import LabDefinition
from grader.catalog.probes import FreshLine, LogFlow, Probe
from grader.catalog.workloads import Workload

KINDS = ("Deployment", "ReplicaSet", "Pod", "Service", "EndpointSlice", "ConfigMap", "Event")


@dataclass(frozen=True)
class Plan:
    kinds: tuple[str, ...]  # of the API; the diagnosis reads all of them
    workloads: Mapping[str, Workload]
    log_roles: tuple[str, ...]  # whose logs checks, probes or questions need
    listener_roles: tuple[str, ...]  # that are told from others by who listens
    hold_seconds: int  # the longest time that a check wants containers to have been ready for
    probes: Mapping[str, Probe]


def plan(definition: LabDefinition) -> Plan:
    """What a lab does not ask for is not looked at: one without workloads needs nothing."""
    checks = tuple(check for task in definition.tasks for check in task.checks)
    return Plan(
        kinds=KINDS if definition.workloads else (),
        workloads=definition.workloads,
        log_roles=tuple(dict.fromkeys(_log_roles(definition))),
        listener_roles=tuple(
            key for key, role in definition.roles.items() if role.listens is not None
        ),
        hold_seconds=max(
            (check.seconds for check in checks if isinstance(check, Ready)), default=0
        ),
        probes=definition.probes,
    )


def _log_roles(definition: LabDefinition) -> Iterator[str]:
    for task in definition.tasks:
        yield from (it.role for it in task.checks if isinstance(it, GrowingNumbers | FreshLog))
        live = (it.live for it in task.questions if it.live)
        yield from (it.role for it in live if it.fact == "error_line")
    for probe in definition.probes.values():
        if isinstance(probe, LogFlow):
            yield probe.reader
        elif isinstance(probe, FreshLine):
            yield probe.role
    yield from (key for key, role in definition.roles.items() if role.prints or role.counts)
