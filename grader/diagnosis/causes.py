"""How a root cause is written down: code, parameters, a few lines, one command."""

import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene
from grader.evidence.views import ContainerView, PodView, WorkloadView

LINES = 3
LONGEST_LINE = 300
Severity = Literal["error", "warning", "waiting"]


def kubectl(scene: Scene, *words: str) -> str:
    return shlex.join(("kubectl", "-n", scene.namespace, *words))


def describe(scene: Scene, pod: PodView) -> str:
    return kubectl(scene, "describe", "pod", pod.name)


def logs(scene: Scene, container: ContainerView, *, previous: bool = False) -> str:
    words = ("logs", container.pod.name, "-c", container.name)
    return kubectl(scene, *words, *(("--previous",) if previous else ()))


def few(lines: Iterable[str]) -> tuple[str, ...]:
    """At most three lines, each of them short enough to be read."""
    return tuple(_short(line) for line in lines if line.strip())[:LINES]


def of_container(
    code: str, layer: Layer, container: ContainerView, following: str, **params: Any
) -> Diagnosis:
    """`following`: the command that shows the learner the same."""
    return Diagnosis(
        code=code,
        layer=layer,
        severity="error",
        pod=container.pod.name,
        container=container.name,
        params={"pod": container.pod.name, "container": container.name, **_plain(params)},
        next=following,
    )


def of_pod(code: str, layer: Layer, pod: PodView, following: str, **params: Any) -> Diagnosis:
    return Diagnosis(
        code=code,
        layer=layer,
        severity="error",
        pod=pod.name,
        params={"pod": pod.name, **_plain(params)},
        next=following,
    )


def of_workload(
    code: str, layer: Layer, workload: WorkloadView, following: str, **params: Any
) -> Diagnosis:
    named = {"kind": workload.kind, "workload": workload.name}
    return of_object(code, layer, following, **named, **params)


def of_object(code: str, layer: Layer, following: str, **params: Any) -> Diagnosis:
    return Diagnosis(code, layer, "error", params=_plain(params), next=following)


def with_lines(cause: Diagnosis, lines: Iterable[str]) -> Diagnosis:
    return replace(cause, evidence=few(lines))


def as_severity(cause: Diagnosis, severity: Severity) -> Diagnosis:
    return replace(cause, severity=severity)


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps them, and no longer than a sentence can carry."""
    return {key: _plain_value(value) for key, value in params.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, int):
        return value
    return [_short(str(item)) for item in value]


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
