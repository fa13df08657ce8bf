"""One cause per container, the first broken layer first, and what follows from it underneath."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from grader.diagnosis.model import Diagnosis, Layer

Follows = Callable[[Diagnosis, Diagnosis], bool]
LOCAL = ("localhost", "127.", "::1", "[::1]")
NAMES_OF_PODS = {"no_ready_endpoints": "pods", "old_pods_serve": "new"}
# A ReplicaSet's name ends with a hash, its Pods' names with five letters more, without vowels.
REPLICA = re.compile(r"(.+-[b-df-hj-np-tv-xz0-9]{3,10})-[b-df-hj-np-tv-xz0-9]{5}")
SEVERITIES = ("error", "waiting", "warning")


def fold(found: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    ordered = merge_replicas(sorted(found, key=order))
    for follows in (_same_container, _same_pod, _explained):
        ordered = _under(ordered, follows)
    return tuple(ordered)


def order(cause: Diagnosis) -> tuple[int, int, str, str, str, str, str]:
    """The same whatever order the rules and the lists of the API came in."""
    return (
        cause.layer,
        SEVERITIES.index(cause.severity),
        cause.pod,
        cause.container,
        str(cause.params.get("service", "")),  # workloads before the Services that lead to them
        cause.code,
        json.dumps(cause.params, sort_keys=True, default=str),
    )


def merge_replicas(ordered: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Replicas fail alike: one of them stands for all."""
    groups: dict[tuple[str, ...], list[Diagnosis]] = {}
    for cause in ordered:
        alike = (cause.code, cause.container, cause.pod and family(cause.pod), _object(cause))
        groups.setdefault(alike, []).append(cause)
    return [_for_all(group) for group in groups.values()]


def family(pod: str) -> str:
    """The name of a replica without what is its own; of a bare Pod the whole name."""
    made = REPLICA.fullmatch(pod)
    return made.group(1) if made else pod


def _for_all(group: list[Diagnosis]) -> Diagnosis:
    first = group[0]
    pods = {cause.pod for cause in group}
    if len(pods) < 2:
        return first
    return replace(first, params={**first.params, "pods_alike": len(pods)})


def _object(cause: Diagnosis) -> str:
    """What tells causes without a container apart."""
    if cause.container:
        return ""
    return json.dumps([str(cause.params.get(key, "")) for key in ("workload", "service", "volume")])


def _under(ordered: Sequence[Diagnosis], follows: Follows) -> list[Diagnosis]:
    """Each one goes under the first that explains it, unless that one is explained by it."""
    above: dict[int, int] = {}
    for place, cause in enumerate(ordered):
        for first, other in enumerate(ordered):
            if first != place and follows(cause, other) and _top(above, first) != place:
                above[place] = first
                break
    below: dict[int, list[Diagnosis]] = {}
    for place, cause in enumerate(ordered):
        if place in above:
            below.setdefault(_top(above, place), []).extend(_flat(cause))
    return [
        replace(cause, consequences=(*cause.consequences, *below.get(place, ())))
        for place, cause in enumerate(ordered)
        if place not in above
    ]


def _top(above: dict[int, int], place: int) -> int:
    while place in above:
        place = above[place]
    return place


def _flat(cause: Diagnosis) -> tuple[Diagnosis, ...]:
    return (replace(cause, consequences=()), *cause.consequences)


def _same_container(cause: Diagnosis, first: Diagnosis) -> bool:
    """The order of the layers says which of two is the cause."""
    return bool(cause.container) and (
        cause.container == first.container
        and _same_family(cause, first)
        and order(first) < order(cause)
    )


def _same_pod(cause: Diagnosis, first: Diagnosis) -> bool:
    """What concerns the Pod as a whole comes before its containers."""
    return bool(cause.container and first.pod and not first.container) and (
        _same_family(cause, first)
    )


def _explained(cause: Diagnosis, first: Diagnosis) -> bool:
    """By a neighbour or by a Service that the cause itself names."""
    return any(explains(cause, first) for explains in EXPLANATIONS)


def _waits_for_its_init(cause: Diagnosis, first: Diagnosis) -> bool:
    return cause.params.get("init") == first.container and _same_family(cause, first)


def _misses_its_writer(cause: Diagnosis, first: Diagnosis) -> bool:
    return cause.params.get("writer") == first.container and _same_family(cause, first)


def _calls_a_neighbour(cause: Diagnosis, first: Diagnosis) -> bool:
    """Refused at localhost, because the one that should listen there does not run."""
    target = str(cause.params.get("target", ""))
    return (
        target.startswith(LOCAL)
        and first.layer < Layer.BEHAVIOUR
        and bool(first.container)
        and first.code != cause.code
        and _same_family(cause, first)
    )


def _calls_a_service(cause: Diagnosis, first: Diagnosis) -> bool:
    host = str(cause.params.get("host", "")).partition(".")[0]
    return bool(host) and host == first.params.get("service")


def _leads_nowhere(cause: Diagnosis, first: Diagnosis) -> bool:
    """A Service without a ready Pod, or a rollout: the Pods have causes of their own."""
    pods = cause.params.get(NAMES_OF_PODS.get(cause.code, ""), ())
    return bool(first.pod) and family(first.pod) in {family(pod) for pod in pods}


def _has_no_pods_to_lead_to(cause: Diagnosis, first: Diagnosis) -> bool:
    return first.layer <= Layer.ADMISSION and (
        first.params.get("workload") in cause.params.get("meant", ())
    )


def _same_family(cause: Diagnosis, first: Diagnosis) -> bool:
    return bool(cause.pod and first.pod) and family(cause.pod) == family(first.pod)


EXPLANATIONS = (
    _waits_for_its_init,
    _misses_its_writer,
    _calls_a_neighbour,
    _calls_a_service,
    _leads_nowhere,
    _has_no_pods_to_lead_to,
)
