"""Why the runtime could not start a container's program at all."""

import re

from grader.diagnosis.causes import describe, of_container, with_lines
from grader.diagnosis.endings import Ending
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene
from grader.evidence.views import ContainerView

REASONS = ("StartError", "ContainerCannotRun", "RunContainerError")
RUNTIME = re.compile(r"^.*?unable to start container process: ")
EXEC = re.compile(r'exec: "(?P<program>[^"]*)": (?P<why>[^:]+)')
MOUNT = re.compile(r'error mounting "[^"]*" to rootfs at "(?P<path>[^"]+)"')


def never_started(scene: Scene, container: ContainerView, ending: Ending) -> Diagnosis | None:
    no_start = ending.reason in REASONS or "unable to start container process" in ending.message
    if not no_start:
        return None
    plain_init = container.is_init and not container.is_native_sidecar
    code, params = _code(ending.message)
    cause = of_container(
        code,
        Layer.INIT if plain_init else Layer.CRASH,
        container,
        describe(scene, container.pod),
        **params,
    )
    return with_lines(cause, (RUNTIME.sub("", ending.message),))


def _code(message: str) -> tuple[str, dict[str, str]]:
    if found := MOUNT.search(message):
        return "mount_on_file", {"path": found["path"]}
    if "exec format error" in message:
        return "exec_format", {}
    if found := EXEC.search(message):
        program, why = found["program"], found["why"]
        if "not found" in why or "no such file" in why:
            return "command_not_found", {"program": program}
        if "permission denied" in why or "is a directory" in why:
            return "command_not_executable", {"program": program}
    return "not_started", {"says": RUNTIME.sub("", message)}
