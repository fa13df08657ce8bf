"""Why a container ends: from its exit code, the kubelet's words and its own last ones."""

from collections.abc import Iterator

from grader.diagnosis.causes import as_severity, describe, logs, of_container, with_lines
from grader.diagnosis.endings import Ending, ending_of, is_announced, seconds_left
from grader.diagnosis.fixes import is_fixed
from grader.diagnosis.heard import cause_of
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.probing import killed_by_probe
from grader.diagnosis.sayings import Heard, hear
from grader.diagnosis.scene import Scene
from grader.diagnosis.starts import never_started
from grader.evidence.reading import text
from grader.evidence.views import ContainerView

KILLED = 137  # 128 + SIGKILL
SIGNALS = {134: "SIGABRT", 135: "SIGBUS", 136: "SIGFPE", 139: "SIGSEGV", 143: "SIGTERM"}
# A script that ends well may have complained long before.
LAST_WORDS = 2


def find(scene: Scene) -> Iterator[Diagnosis]:
    for container in scene.containers():
        ending = ending_of(scene, container)
        if ending is None or killed_by_probe(scene, container, ending):
            continue
        cause = _cause(scene, container, ending)
        if ending.again:
            cause = as_severity(cause, "warning")
        elif is_fixed(scene, container, ending, cause):
            cause = _waits(scene, container, ending, cause)
        yield cause


def _cause(scene: Scene, container: ContainerView, ending: Ending) -> Diagnosis:
    lines = last_words(scene, container, ending)
    return (
        _hook_failed(scene, container, ending)
        or never_started(scene, container, ending)
        or _out_of_memory(scene, container, ending, lines)
        or _said(scene, container, ending, lines)
        or with_lines(_by_exit_code(scene, container, ending), lines[-3:])
    )


def last_words(scene: Scene, container: ContainerView, ending: Ending) -> tuple[str, ...]:
    """Of the run that ended. While nothing runs, that run's log is the current one."""
    order = (True,) if ending.again else (False, True)
    for previous in order:
        if lines := scene.said(container, previous=previous):
            return lines
    return tuple(line for line in ending.message.splitlines() if line.strip())


def layer_of(container: ContainerView) -> Layer:
    plain_init = container.is_init and not container.is_native_sidecar
    return Layer.INIT if plain_init else Layer.CRASH


def _hook_failed(scene: Scene, container: ContainerView, ending: Ending) -> Diagnosis | None:
    event = scene.container_event(container, ("FailedPostStartHook",))
    if event is None or not is_announced(ending, event.at):
        return None
    following = describe(scene, container.pod)
    cause = of_container("hook_failed", layer_of(container), container, following)
    return with_lines(cause, (event.message,))


def _out_of_memory(
    scene: Scene, container: ContainerView, ending: Ending, lines: tuple[str, ...]
) -> Diagnosis | None:
    """Kubernetes says so even where the exit code is 0."""
    if ending.reason != "OOMKilled":
        return None
    limit = text(container.spec, "resources", "limits", "memory")
    cause = of_container(
        "out_of_memory" if limit else "out_of_memory_of_node",
        layer_of(container),
        container,
        describe(scene, container.pod),
        exit_code=ending.exit_code,
        **({"limit": limit} if limit else {}),
    )
    return with_lines(cause, lines[-3:])


def _said(
    scene: Scene, container: ContainerView, ending: Ending, lines: tuple[str, ...]
) -> Diagnosis | None:
    heard = hear(lines if ending.exit_code else lines[-LAST_WORDS:])
    if heard is None:
        return None
    cause = cause_of(scene, container, heard, layer_of(container))
    return _with_run(cause, heard, container, ending)


def _with_run(
    cause: Diagnosis, heard: Heard, container: ContainerView, ending: Ending
) -> Diagnosis:
    params = {**cause.params, "exit_code": ending.exit_code, "restarts": container.restarts}
    return with_lines(
        Diagnosis(
            cause.code,
            cause.layer,
            cause.severity,
            pod=cause.pod,
            container=cause.container,
            params=params,
            next=cause.next,
        ),
        heard.lines,
    )


def _by_exit_code(scene: Scene, container: ContainerView, ending: Ending) -> Diagnosis:
    previous = ending.again
    following = logs(scene, container, previous=previous)
    params: dict[str, int | str] = {
        "exit_code": ending.exit_code,
        "restarts": container.restarts,
    }
    code = _code(container, ending)
    if code in ("ended_by_signal", "killed"):
        following = describe(scene, container.pod)
        params = {**params, "signal": SIGNALS.get(ending.exit_code, "SIGKILL")}
    return of_container(code, layer_of(container), container, following, **params)


def _code(container: ContainerView, ending: Ending) -> str:
    if ending.exit_code == 0:
        never = text(container.pod.object, "spec", "restartPolicy") in ("Never", "OnFailure")
        return "finished_for_good" if never else "finished"
    if ending.exit_code in (126, 127):
        return {126: "command_not_run", 127: "command_unknown"}[ending.exit_code]
    if ending.exit_code == KILLED:
        return "killed"
    if ending.exit_code in SIGNALS:
        return "ended_by_signal"
    return "init_fails" if layer_of(container) is Layer.INIT else "exits"


def _waits(scene: Scene, container: ContainerView, ending: Ending, cause: Diagnosis) -> Diagnosis:
    """What made it end is no longer so; only the next start has to come."""
    waiting = of_container(
        "waits_for_restart",
        cause.layer,
        container,
        cause.next,
        seconds=seconds_left(scene, container, ending),
        exit_code=ending.exit_code,
        restarts=container.restarts,
    )
    return as_severity(with_lines(waiting, cause.evidence), "waiting")
