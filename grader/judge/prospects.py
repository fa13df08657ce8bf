"""Whether what failed may pass by itself, as far as the root causes of its containers tell."""

from collections.abc import Iterable
from dataclasses import dataclass

from grader.diagnosis.folding import family
from grader.diagnosis.model import Diagnosis, Layer
from grader.evidence.views import ContainerView

WAITS = "waits_for_restart"


@dataclass(frozen=True)
class Matter:
    """What a finding rests on: containers of Pods, and the Services that lead to them."""

    containers: tuple[ContainerView, ...]
    services: frozenset[str] = frozenset()


def restart_awaited(matter: Matter, causes: Iterable[Diagnosis]) -> Diagnosis | None:
    """The next start of a container, where nothing else is wrong: its cause was put right since."""
    causes = tuple(causes)
    waits = [it for it in causes if it.code == WAITS and _players(it, matter)]
    broken = any(_stands(it, matter) or _keeps_away(it, matter) for it in causes)
    return waits[0] if waits and not broken else None


def is_hopeless(matter: Matter, causes: Iterable[Diagnosis]) -> bool:
    """It ended more than once, and why it did is still so: the next start ends the same way."""
    return any(
        is_crash_looping(player)
        for cause in causes
        if _stands(cause, matter)
        for player in _players(cause, matter)
    )


def is_crash_looping(container: ContainerView) -> bool:
    ended_again = container.exit_code is not None and container.restarts > 0
    return container.waiting_reason == "CrashLoopBackOff" or ended_again


def _stands(cause: Diagnosis, matter: Matter) -> bool:
    """A container that cannot run as things are; one that runs and errs is judged by its checks."""
    is_fatal = cause.severity == "error" and cause.layer <= Layer.CRASH
    return is_fatal and bool(_players(cause, matter))


def _keeps_away(cause: Diagnosis, matter: Matter) -> bool:
    return cause.severity == "error" and cause.params.get("service") in matter.services


def _players(cause: Diagnosis, matter: Matter) -> list[ContainerView]:
    """The containers that a cause is about: replicas have one cause together."""
    alike = [it for it in matter.containers if family(it.pod.name) == family(cause.pod)]
    return [it for it in alike if cause.container in ("", it.name)]
