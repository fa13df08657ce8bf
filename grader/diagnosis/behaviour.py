"""What runs and yet does not do its part: seen in its latest lines and in its mounts."""

from collections import Counter
from collections.abc import Iterator

from grader.diagnosis.causes import as_severity, describe, of_container, with_lines
from grader.diagnosis.files import place_of, read_by, written_beside
from grader.diagnosis.heard import cause_of
from grader.diagnosis.missing_files import find_elsewhere
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.sayings import Heard, hear, hear_line
from grader.diagnosis.scene import Scene
from grader.evidence.views import ContainerView

LATEST = 6
LAST_WORDS = 2
FRESH = 60.0  # seconds: what went wrong before may be over
# Faults of its own script: they do not go away, and what it ships is not full of them.
OWN_FAULTS = (
    "sleep_misused",
    "command_not_found",
    "option_unknown",
    "shell_syntax",
    "port_taken",
)
# A program may say these once and be fine a moment later, or they are somebody else's words.
MAY_PASS = ("address_unknown", "connection_refused", "haproxy_unresolved")
# Of a running container these are no fault: a configuration it did not take up, say. What the
# mounts prove of a missing file is told by them.
NOT_ALIVE = ("config_invalid", "config_file_missing", "mysql_without_password", "file_missing")


def find(scene: Scene) -> Iterator[Diagnosis]:
    for container in scene.containers():
        if not container.running or (container.is_init and not container.is_native_sidecar):
            continue
        cause = (
            _complains(scene, container)
            or _looks_elsewhere(scene, container)
            or _declares_another_port(scene, container)
        )
        if cause is not None:
            yield cause


def _complains(scene: Scene, container: ContainerView) -> Diagnosis | None:
    """The same complaint, again and again, until now."""
    lines = _fresh_lines(scene, container)
    codes = Counter(hear_line(line) for line in lines)
    heard = hear(lines)
    if heard is None or heard.code in NOT_ALIVE or not _counts(scene, heard.code):
        return None
    if codes[heard.code] < 2 and not _has_just_been_said(heard):
        return None
    cause = with_lines(cause_of(scene, container, heard, Layer.BEHAVIOUR), heard.lines)
    return as_severity(cause, "warning") if _all_came_out(scene) else cause


def _has_just_been_said(heard: Heard) -> bool:
    """One of its last two lines, and nothing that passes: it need not say it twice."""
    return heard.code in OWN_FAULTS and len(heard.lines) <= LAST_WORDS


def _counts(scene: Scene, code: str) -> bool:
    if scene.failing_probe or code in OWN_FAULTS:
        return True
    return not scene.evidence.probes and code not in MAY_PASS


def _all_came_out(scene: Scene) -> bool:
    return bool(scene.evidence.probes) and not scene.failing_probe


def _fresh_lines(scene: Scene, container: ContainerView) -> tuple[str, ...]:
    log = scene.log(container, previous=False)
    latest = log.lines[-LATEST:] if log else ()
    return tuple(line.text for line in latest if scene.age_is_below(line.at, FRESH))


def _looks_elsewhere(scene: Scene, container: ContainerView) -> Diagnosis | None:
    """It names a file that a neighbour writes to another place; and that shows."""
    paths = read_by(container)
    written = {it.place for it in written_beside(container) if it.place}
    if any(place_of(container, path) in written for path in paths):
        return None
    found = [find_elsewhere(scene, container, path, Layer.BEHAVIOUR) for path in paths]
    causes = [cause for cause in found if cause is not None]
    if not causes or not _shows(scene, container):
        return None
    last = scene.said(container, previous=False)[-1:]
    cause = with_lines(causes[0], last)
    return cause if scene.failing_probe else as_severity(cause, "warning")


def _shows(scene: Scene, container: ContainerView) -> bool:
    """Its last words are that the file is missing, or nothing came through when it was tried."""
    last = scene.said(container, previous=False)[-1:]
    heard = hear(last)
    return scene.failing_probe or (heard is not None and heard.code == "file_missing")


def _declares_another_port(scene: Scene, container: ContainerView) -> Diagnosis | None:
    """A declaration opens nothing. It is told only where something is wrong anyway."""
    found = scene.pod_listeners(container.pod)
    all_is_well = all(it.ready for it in container.pod.containers) and not scene.failing_probe
    if not found or all_is_well:
        return None
    everybody = {it.port for listeners in found.values() for it in listeners}
    own = sorted({it.port for it in found.get(container.name, ())})
    if not own or not container.ports or everybody & set(container.ports):
        return None
    cause = of_container(
        "declared_port_closed",
        Layer.BEHAVIOUR,
        container,
        describe(scene, container.pod),
        ports=[str(port) for port in container.ports],
        listens=[str(port) for port in own],
    )
    return as_severity(cause, "warning")
