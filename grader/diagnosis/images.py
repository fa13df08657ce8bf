"""Why an image could not be fetched."""

import re
from collections.abc import Iterator

from grader.diagnosis.causes import describe, of_container, with_lines
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene
from grader.evidence.reading import text
from grader.evidence.views import ContainerView

REASONS = (
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
)
REFUSED = re.compile(r"unauthorized|authentication required|denied|\b40[13]\b", re.IGNORECASE)
UNREACHABLE = re.compile(
    r"dial tcp|no such host|i/o timeout|connection refused|TLS handshake|x509|network is unreach"
    r"|deadline exceeded|server misbehaving|\b50[0-9]\b|unexpected EOF",
)
UNKNOWN = re.compile(r"not found|NotFound|manifest unknown|does not exist")
BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*"(: )?')


def find(scene: Scene) -> Iterator[Diagnosis]:
    for container in scene.containers():
        if container.waiting_reason in REASONS:
            yield _cause(scene, container)


def _cause(scene: Scene, container: ContainerView) -> Diagnosis:
    says = _says(scene, container)
    following = describe(scene, container.pod)
    cause = of_container(
        _code(scene, container, says), Layer.IMAGE, container, following, image=container.image
    )
    return with_lines(cause, (says,))


def _says(scene: Scene, container: ContainerView) -> str:
    """While it backs off, some versions say no more than that; the event says why."""
    says = BACK_OFF.sub("", text(container.status, "state", "waiting", "message"))
    if says:
        return says
    event = scene.container_event(container, ("Failed",), "Failed to pull")
    return event.message if event else ""


def _code(scene: Scene, container: ContainerView, says: str) -> str:
    if container.waiting_reason == "InvalidImageName":
        return "image_name_invalid"
    if container.waiting_reason == "ErrImageNeverPull":
        return "image_never_pulled"
    if text(container.spec, "imagePullPolicy") == "Always" and (
        _runs_elsewhere(scene, container) or _is_for_want_of_a_registry(container, says)
    ):
        return "image_always_pulled"
    for code, pattern in (
        ("image_refused", REFUSED),
        ("image_unreachable", UNREACHABLE),
        ("image_unknown", UNKNOWN),
    ):
        if pattern.search(says):
            return code
    return "image_failed"


def _runs_elsewhere(scene: Scene, container: ContainerView) -> bool:
    """The node has the image, for another container runs it."""
    return any(other.image == container.image and other.running for other in scene.containers())


def _is_for_want_of_a_registry(container: ContainerView, says: str) -> bool:
    """Nobody asked for the newest one, yet it stops because no registry answers."""
    tag = container.image.rpartition("/")[2].partition(":")[2]
    return bool(tag and tag != "latest" and UNREACHABLE.search(says))
