"""Why Kubernetes thinks a running container not ready, or ends it: its probes."""

import re
from collections.abc import Iterator

from grader.diagnosis.causes import describe, of_container, with_lines
from grader.diagnosis.endings import Ending, ending_of, is_announced
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Event, Scene
from grader.evidence.model import Listener
from grader.evidence.reading import at, number, seconds_between, strings, text
from grader.evidence.views import ContainerView

KINDS = ("startup", "liveness", "readiness")
REFUSED = re.compile(r"dial tcp \S*?:(?P<port>\d+): connect: connection refused")
STATUS = re.compile(r"HTTP probe failed with statuscode: (?P<status>\d+)")
TIMED_OUT = re.compile(r"timed out|Timeout exceeded|deadline exceeded|i/o timeout")
# Failures are reported again and again; an old one was overcome.
FRESH = 90.0
LOCAL = ("127.", "::1")


def find(scene: Scene) -> Iterator[Diagnosis]:
    for container in scene.containers():
        ending = ending_of(scene, container)
        if ending is not None and not ending.again:
            event = killed_by_probe(scene, container, ending)
            if event is not None:
                yield _cause(scene, container, *_killer(scene, container, event))
        elif container.running:
            yield from _running(scene, container)


def killed_by_probe(scene: Scene, container: ContainerView, ending: Ending) -> Event | None:
    """The kubelet ends a container whose liveness or startup probe keeps failing."""
    event = scene.container_event(container, ("Killing",), "probe")
    return event if event is not None and is_announced(ending, event.at) else None


def is_local(listener: Listener) -> bool:
    return listener.address.startswith(LOCAL)


def _killer(scene: Scene, container: ContainerView, killing: Event) -> tuple[str, str]:
    kind = "startup" if "startup" in killing.message else "liveness"
    failure = scene.container_event(container, ("Unhealthy",), _words(kind))
    return kind, failure.message if failure else killing.message


def _running(scene: Scene, container: ContainerView) -> Iterator[Diagnosis]:
    for kind in KINDS:
        failure = scene.container_event(container, ("Unhealthy",), _words(kind))
        if failure and _still_fails(scene, container, kind, failure):
            yield _cause(scene, container, kind, failure.message)
            return


def _still_fails(scene: Scene, container: ContainerView, kind: str, failure: Event) -> bool:
    since_start = seconds_between(container.started_at, failure.at)
    if since_start is None or since_start < 0 or not scene.age_is_below(failure.at, FRESH):
        return False
    if kind == "readiness":
        return not container.ready
    if kind == "startup":
        return at(container.status, "started") is not True
    killing = scene.container_event(container, ("Killing",), "liveness probe")
    return killing is not None


def _cause(scene: Scene, container: ContainerView, kind: str, says: str) -> Diagnosis:
    reason = says.partition(": ")[2] or says
    code, params = _code(scene, container, kind, reason)
    following = describe(scene, container.pod)
    cause = of_container(code, Layer.READINESS, container, following, probe=kind, **params)
    return with_lines(cause, reason.splitlines())


def _code(
    scene: Scene, container: ContainerView, kind: str, reason: str
) -> tuple[str, dict[str, object]]:
    spec = f"{kind}Probe"
    if found := REFUSED.search(reason):
        return _refused(scene, container, int(found["port"]))
    if found := STATUS.search(reason):
        path = text(container.spec, spec, "httpGet", "path", default="/")
        return "probe_status", {"path": path, "status": int(found["status"])}
    if TIMED_OUT.search(reason):
        return "probe_timeout", {"seconds": number(container.spec, spec, "timeoutSeconds") or 1}
    if command := strings(container.spec, spec, "exec", "command"):
        return "probe_command", {"command": " ".join(command)}
    return "probe_failed", {"says": reason}


def _refused(scene: Scene, container: ContainerView, port: int) -> tuple[str, dict[str, object]]:
    found = scene.pod_listeners(container.pod)
    if found is None:
        return "probe_refused", {"port": port}
    listeners = [it for listeners in found.values() for it in listeners]
    here = [it for it in listeners if it.port == port]
    if here and all(is_local(it) for it in here):
        return "probe_local_only", {"port": port}
    ports = sorted({it.port for it in found.get(container.name, ())})
    if here or not ports:
        return "probe_refused", {"port": port}
    return "probe_at_wrong_port", {"port": port, "listens": ports}


def _words(kind: str) -> str:
    return f"{kind.capitalize()} probe"
