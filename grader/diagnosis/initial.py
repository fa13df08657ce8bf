"""A Pod that waits for an init container, or for a native sidecar that has not started."""

from collections.abc import Iterator

from grader.diagnosis.causes import as_severity, logs, of_container, with_lines
from grader.diagnosis.heard import cause_of
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.sayings import hear
from grader.diagnosis.scene import Scene, starting_order
from grader.evidence.reading import at
from grader.evidence.views import ContainerView, PodView

PATIENCE = 20.0
LAST_LINES = 5
# Heard from a container that waits for something, these say for what.
TELLING = ("address_unknown", "connection_refused", "option_unknown", "command_not_found")


def find(scene: Scene) -> Iterator[Diagnosis]:
    for pod in scene.pods:
        order = starting_order(pod)
        current = next((it for it in order if it.is_init and not _is_past(it)), None)
        if current is None:
            continue
        if current.running:
            yield _stuck(scene, pod, current)
        yield from _behind(scene, pod, current)


def _is_past(container: ContainerView) -> bool:
    """Over, or for a native sidecar: started."""
    if container.is_native_sidecar:
        return container.running and at(container.status, "started") is True
    return container.exit_code == 0


def _stuck(scene: Scene, pod: PodView, container: ContainerView) -> Diagnosis:
    lines = scene.said(container, previous=False)[-LAST_LINES:]
    heard = hear(lines)
    if heard is not None and heard.code in TELLING:
        return with_lines(cause_of(scene, container, heard, Layer.INIT), heard.lines)
    names = [it.name for it in starting_order(pod) if it.is_init]
    cause = of_container(
        "sidecar_not_started" if container.is_native_sidecar else "init_takes_long",
        Layer.INIT,
        container,
        logs(scene, container),
        place=names.index(container.name) + 1,
        total=len(names),
        seconds=int(scene.age(container.started_at) or 0),
    )
    cause = with_lines(cause, lines[-3:])
    young = scene.age_is_below(container.started_at, PATIENCE)
    return as_severity(cause, "waiting") if young else cause


def _behind(scene: Scene, pod: PodView, current: ContainerView) -> Iterator[Diagnosis]:
    """They wait by no fault of their own."""
    for container in starting_order(pod):
        if container.waiting_reason == "PodInitializing" and container.name != current.name:
            yield of_container(
                "waits_for_init",
                Layer.INIT,
                container,
                logs(scene, current),
                init=current.name,
            )
