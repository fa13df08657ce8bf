"""Which container plays which part: by what it does, then by what its spec says, never by name.

All ways of giving the roles of a workload to its containers are compared; the one that explains
most wins. What a container does weighs more than any one line of its spec: behaviour more than
storage, storage more than declared ports, those more than commands, and those more than images.
It does not weigh more than all of them together: where somebody else has taken the port of a
container that mounts the configuration and declares the port, that container still has the role,
and only its behaviour is found wanting. A role that nothing speaks for is not given.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from grader.catalog.definition import LabDefinition
from grader.catalog.workloads import Role
from grader.evidence.model import Evidence, Listening, content_hash
from grader.evidence.reading import entries, mapping, strings, text
from grader.evidence.views import (
    ContainerView,
    WorkloadView,
    find_workload,
    main_workload,
)
from grader.judge.counting import counts

PROVEN = 1000
# Several may be proven to read a log: one that cannot write to it is the better reader.
ONLY_READS = 500
LISTENS = 120
PRINTS = 60
# The rule that a counter is judged by: more than what two containers print, and their commands.
COUNTS = 180
COUNTED = 3
STORAGE = 100
PORTS = 30
COMMAND = 10
IMAGE = 3
# So many ways of giving out roles are compared at most; beyond, the least likely are left out.
MOST_WAYS = 5000
Rank = tuple[int, int, str, str]


def assign(definition: LabDefinition, evidence: Evidence) -> Mapping[str, str]:
    """The name of the container that plays each role; roles that nobody fits are left out."""
    given: dict[str, str] = {}
    for key in definition.workloads:
        workload = find_workload(evidence, definition, key)
        roles = _roles_of(definition, key)
        if workload is not None and roles:
            given |= _best(roles, _candidates(workload, evidence))
    return given


@dataclass(frozen=True, eq=False)
class Candidate:
    """A container of the workload's Pods: its spec, and what it was seen doing in any of them."""

    spec: ContainerView
    replicas: tuple[ContainerView, ...]
    evidence: Evidence

    @cached_property
    def ports(self) -> frozenset[int]:
        return frozenset(it.port for seen in self._listening for it in seen.listeners)

    @cached_property
    def is_silent(self) -> bool:
        """It was looked at and listens on nothing."""
        return not self.ports and any(not seen.trouble for seen in self._listening)

    @cached_property
    def _listening(self) -> tuple[Listening, ...]:
        mine = {(it.pod.name, it.name) for it in self.replicas}
        return tuple(it for it in self.evidence.listening if (it.pod, it.container) in mine)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(line for log in self._logs for line in log)

    @cached_property
    def counts(self) -> bool:
        """In the log of one of its replicas; those of several do not make one count."""
        return any(counts(log, COUNTED) for log in self._logs)

    @cached_property
    def _logs(self) -> tuple[tuple[str, ...], ...]:
        mine = {(it.pod.name, it.name) for it in self.replicas}
        logs = (log for log in self.evidence.logs if (log.pod, log.container) in mine)
        return tuple(tuple(line.text for line in log.lines) for log in logs)

    @cached_property
    def proven(self) -> frozenset[str]:
        """Roles that a probe saw it play: where several fit, the one that works is meant."""
        plays = (mapping(it.facts, "plays") for it in self.evidence.probes.values())
        return frozenset(
            role for played in plays for role in played if self.spec.name in strings(played, role)
        )

    @cached_property
    def command(self) -> str:
        return " ".join(self.spec.command).lower()

    @cached_property
    def volumes(self) -> frozenset[str]:
        pod = self.spec.pod
        return frozenset(pod.storage_behind(it.volume) for it in self.spec.storage_mounts)

    @cached_property
    def configs(self) -> frozenset[str]:
        """ConfigMaps that it mounts."""
        sources = (self.spec.pod.volumes.get(mount.volume, {}) for mount in self.spec.mounts)
        return frozenset(name for source in sources for name in config_names(source))

    @cached_property
    def image(self) -> str:
        return self.spec.image.lower()

    @cached_property
    def rank(self) -> Rank:
        """Among equals the one that stands firm; then whatever is not its name or place."""
        ready = sum(it.ready for it in self.replicas)
        restarts = sum(it.restarts for it in self.replicas)
        nameless = {key: value for key, value in self.spec.spec.items() if key != "name"}
        return (-ready, restarts, content_hash(nameless), self.spec.name)


def config_names(volume: Mapping[str, object]) -> tuple[str, ...]:
    """The ConfigMaps that a volume shows: its own, or those of a projected one."""
    sources = entries(volume, "projected", "sources")
    names = (text(volume, "configMap", "name"), *(text(it, "configMap", "name") for it in sources))
    return tuple(name for name in names if name)


def _roles_of(definition: LabDefinition, workload: str) -> dict[str, Role]:
    main = main_workload(definition)
    return {
        key: role for key, role in definition.roles.items() if (role.workload or main) == workload
    }


def _candidates(workload: WorkloadView, evidence: Evidence) -> tuple[Candidate, ...]:
    found = (
        Candidate(
            spec=spec,
            replicas=tuple(it for pod in workload.pods if (it := pod.container(spec.name))),
            evidence=evidence,
        )
        for spec in workload.example.containers
        if spec.name
    )
    return tuple(sorted(found, key=lambda it: it.rank))


def _best(roles: Mapping[str, Role], candidates: Sequence[Candidate]) -> dict[str, str]:
    alone = {
        (key, it.spec.name): _score(role, it) + _proof(key, it)
        for key, role in roles.items()
        for it in candidates
    }
    most = max(len(roles), int(MOST_WAYS ** (1 / len(roles))))
    likely = {
        key: sorted(candidates, key=lambda it: (-alone[key, it.spec.name], it.rank))[:most]
        for key in sorted(roles)
    }
    ways = (_contributions(way, roles, alone) for way in _ways(tuple(likely.items())))
    best = min(ways, key=_order)
    return {key: it.spec.name for key, (it, points) in best.items() if points > 0}


Way = Mapping[str, Candidate]
Weighed = Mapping[str, tuple[Candidate, int]]


def _ways(likely: Sequence[tuple[str, Sequence[Candidate]]]) -> Iterator[Way]:
    """Every way of giving each role to one container of its own, or to none."""
    if not likely:
        yield {}
        return
    (key, candidates), rest = likely[0], likely[1:]
    for way in _ways(rest):
        yield way
        taken = {it.spec.name for it in way.values()}
        yield from ({key: it, **way} for it in candidates if it.spec.name not in taken)


def _contributions(
    way: Way, roles: Mapping[str, Role], alone: Mapping[tuple[str, str], int]
) -> Weighed:
    """What speaks for each container in its role; a shared volume speaks for both that share it."""
    points = {key: alone[key, it.spec.name] for key, it in way.items()}
    for key, it in way.items():
        partner = roles[key].shares_volume_with
        if partner and partner in way and it.volumes & way[partner].volumes:
            points[key] += STORAGE
            points[partner] += STORAGE
    return {key: (it, points[key]) for key, it in way.items()}


def _order(way: Weighed) -> tuple[int, int, list[tuple[str, Rank]]]:
    """Most points first, then the fewest roles given for nothing, then the firmest containers."""
    ranks = [(key, way[key][0].rank) for key in sorted(way)]
    return (-sum(points for _, points in way.values()), len(way), ranks)


def _proof(role: str, it: Candidate) -> int:
    return (PROVEN + ONLY_READS * it.spec.only_reads) * (role in it.proven)


def _score(role: Role, it: Candidate) -> int:
    return (
        _behaviour(role, it)
        + STORAGE * (role.mounts_config is not None and role.mounts_config in it.configs)
        + _in_order(PORTS, role.ports, it.spec.ports)
        + COMMAND * (_names(role.commands, it.command) - _names(role.not_commands, it.command))
        + IMAGE * (_names(role.images, it.image) - _names(role.not_images, it.image))
    )


def _behaviour(role: Role, it: Candidate) -> int:
    score = 0
    if role.listens == "any":
        score += LISTENS * bool(it.ports)
    elif role.listens == "none":
        score += LISTENS * it.is_silent
    elif role.listens:
        score += _in_order(LISTENS, role.listens, it.ports)
    if role.prints:
        fits = re.compile(role.prints)
        score += PRINTS * any(fits.search(line) for line in it.lines)
    return score + COUNTS * (role.counts and it.counts)


def _in_order(weight: int, wanted: Sequence[int], seen: Collection[int]) -> int:
    """The first port is the one that is meant; any other may be a mistake, and weighs half."""
    if wanted and wanted[0] in seen:
        return weight
    return weight // 2 * any(port in seen for port in wanted)


@lru_cache(maxsize=256)
def _word(word: str) -> re.Pattern[str]:
    """As a word of its own: “nc” is not in “sync”, but it is in “/bin/nc”."""
    before = r"(?<![\w-])" if word[0].isalnum() else ""
    after = r"(?![\w-])" if word[-1].isalnum() else ""
    return re.compile(before + re.escape(word.lower()) + after)


def _names(words: Sequence[str], where: str) -> bool:
    return any(_word(word).search(where) for word in words)
