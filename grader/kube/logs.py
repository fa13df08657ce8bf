"""Tails of logs: of the roles that a lab asks about, and of whatever is not well."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from grader.catalog.definition import LabDefinition
from grader.catalog.workloads import Role
from grader.evidence.model import Evidence, Log, LogLine
from grader.evidence.reading import when
from grader.evidence.sanitise import clean
from grader.evidence.views import ContainerView, PodView, find_workload
from grader.kube.client import Client
from grader.kube.errors import KubeError
from grader.kube.snapshot import trouble
from grader.kube.together import run_together

TAIL = 200
# The kubelet cuts at the end, where the newest lines are: a tail that was cut is asked for shorter.
SHORT_TAIL = 20
LARGEST = 64 * 1024
MOST_LOGS = 18
MOST_PODS = 3


@dataclass(frozen=True)
class Wanted:
    pod: str
    uid: str
    container: str
    previous: bool = False


def wanted_logs(
    evidence: Evidence, definition: LabDefinition, roles: Mapping[str, str], keys: Iterable[str]
) -> tuple[Wanted, ...]:
    """First what checks need, then what tells why something is not well."""
    keys = tuple(keys)
    named = tuple(_of_roles(evidence, definition, roles, keys))
    # Who plays a role that is told by its log may be another than the one it seems without.
    told = tuple(key for key in keys if _is_told_by_its_log(definition.roles[key]))
    named += tuple(_of_roles(evidence, definition, {}, told))
    pods = tuple(_pods(evidence, definition))
    unwell = tuple(
        Wanted(pod.name, pod.uid, it.name, previous)
        for pod in pods
        for it in (*pod.init_containers, *pod.containers)
        for previous in (False, True)
        if _tells_trouble(it, previous=previous)
    )
    return tuple(dict.fromkeys((*named, *unwell)))[:MOST_LOGS]


def take_logs(client: Client, namespace: str, wanted: Iterable[Wanted]) -> tuple[Log, ...]:
    def taker(one: Wanted) -> Callable[[], Log]:
        return lambda: take_log(client, namespace, one)

    found = run_together({one: taker(one) for one in wanted})
    return tuple(
        Log(one.pod, one.uid, one.container, one.previous, trouble=trouble(it))
        if isinstance(it, KubeError)
        else it
        for one, it in found.items()
    )


def take_log(client: Client, namespace: str, one: Wanted) -> Log:
    body, cut = _tail(client, namespace, one, TAIL)
    if cut:
        body, _ = _tail(client, namespace, one, SHORT_TAIL)
    lines = tuple(read_line(line) for line in body.split(b"\n") if line)
    return Log(one.pod, one.uid, one.container, one.previous, lines, cut)


def read_line(raw: bytes) -> LogLine:
    """The kubelet's time and the container's words, whatever bytes those are."""
    text = raw.decode("utf-8", "replace")
    at, found, rest = text.partition(" ")
    if found and "T" in at and when(at):
        return LogLine(at, clean(rest))
    return LogLine("", clean(text))


def _tail(client: Client, namespace: str, one: Wanted, lines: int) -> tuple[bytes, bool]:
    answer = client.get(
        f"/api/v1/namespaces/{namespace}/pods/{one.pod}/log",
        {
            "container": one.container,
            "previous": one.previous,
            "tailLines": lines,
            "limitBytes": LARGEST,
            "timestamps": True,
        },
        largest=LARGEST + 1024,
        accept="*/*",
    )
    return answer.body, len(answer.body) >= LARGEST


def _of_roles(
    evidence: Evidence, definition: LabDefinition, roles: Mapping[str, str], keys: Iterable[str]
) -> Iterator[Wanted]:
    for key in keys:
        workload = find_workload(evidence, definition, definition.roles[key].workload)
        for pod in workload.pods[:MOST_PODS] if workload else ():
            # Where nobody plays it yet, what the containers print may tell who does.
            names = [roles[key]] if key in roles else [it.name for it in pod.containers]
            for name in names:
                found = pod.container(name)
                if found and (found.running or found.exit_code is not None):
                    yield Wanted(pod.name, pod.uid, name)
                if found and found.restarts and not found.running:
                    yield Wanted(pod.name, pod.uid, name, previous=True)


def _is_told_by_its_log(role: Role) -> bool:
    return bool(role.prints) or role.counts


def _pods(evidence: Evidence, definition: LabDefinition) -> Iterator[PodView]:
    for key in definition.workloads:
        workload = find_workload(evidence, definition, key)
        if workload:
            yield from workload.pods[:MOST_PODS]


def _tells_trouble(container: ContainerView, *, previous: bool) -> bool:
    if previous:
        return container.restarts > 0
    has_ended = container.exit_code is not None
    if container.is_init and not container.is_native_sidecar:
        return container.running or (has_ended and container.exit_code != 0)
    return (container.running and (container.restarts > 0 or not container.ready)) or has_ended


def last_stamp(client: Client, namespace: str, one: Wanted) -> str:
    """When the last line was written, by the clock of its node; "" before the first one."""
    body, _ = _tail(client, namespace, one, 1)
    lines = [line for line in body.split(b"\n") if line]
    return read_line(lines[-1]).at if lines else ""
