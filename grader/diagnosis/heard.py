"""The cause behind what a container said, looked up in the Pod around it."""

from grader.diagnosis.causes import describe, kubectl, logs, of_container
from grader.diagnosis.files import mount_of
from grader.diagnosis.missing_files import why_missing
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.sayings import Heard
from grader.diagnosis.scene import Scene
from grader.evidence.reading import truth
from grader.evidence.views import ContainerView


def cause_of(scene: Scene, container: ContainerView, heard: Heard, layer: Layer) -> Diagnosis:
    if heard.code == "file_missing":
        return why_missing(scene, container, heard.params["path"], layer)
    if heard.code == "port_taken":
        return _port_taken(scene, container, heard, layer)
    if heard.code == "read_only":
        return _read_only(scene, container, heard, layer)
    if heard.code in ("address_unknown", "haproxy_unresolved"):
        return _address(scene, container, heard, layer)
    if heard.code == "permission_denied":
        return _permission(scene, container, heard, layer)
    following = logs(scene, container)
    return of_container(heard.code, layer, container, following, **_params(heard))


def _params(heard: Heard) -> dict[str, str]:
    return {key: value for key, value in heard.params.items() if value}


def _port_taken(scene: Scene, container: ContainerView, heard: Heard, layer: Layer) -> Diagnosis:
    """Who has it is known by the listeners, else by what the neighbours declare."""
    port = _port(container, heard)
    following = logs(scene, container)
    owner = _owner(scene, container, port)
    if owner and port:
        return of_container("port_taken_by", layer, container, following, port=port, other=owner)
    if port:
        return of_container("port_taken", layer, container, following, port=port)
    return of_container("some_port_taken", layer, container, following)


def _port(container: ContainerView, heard: Heard) -> int:
    said = heard.params.get("port", "")
    if said and len(said) < 6:
        return int(said)
    return container.ports[0] if len(container.ports) == 1 else 0


def _owner(scene: Scene, container: ContainerView, port: int) -> str:
    others = [it for it in container.pod.containers if it.name != container.name]
    listening = [
        it.name for it in others if any(found.port == port for found in scene.listeners(it) or ())
    ]
    declaring = [it.name for it in others if port in it.ports]
    return min(listening or declaring, default="")


def _read_only(scene: Scene, container: ContainerView, heard: Heard, layer: Layer) -> Diagnosis:
    path = heard.params.get("path", "")
    mount = mount_of(container, path) if path else None
    following = describe(scene, container.pod)
    if mount is not None:
        return of_container(
            "write_on_read_only_mount",
            layer,
            container,
            following,
            path=path,
            volume=mount.volume,
            mount=mount.path,
        )
    if path and truth(container.spec, "securityContext", "readOnlyRootFilesystem"):
        return of_container("write_on_read_only_root", layer, container, following, path=path)
    return of_container("write_on_read_only", layer, container, following)


def _address(scene: Scene, container: ContainerView, heard: Heard, layer: Layer) -> Diagnosis:
    following = kubectl(scene, "get", "services")
    return of_container(heard.code, layer, container, following, host=heard.params["host"])


def _permission(scene: Scene, container: ContainerView, heard: Heard, layer: Layer) -> Diagnosis:
    path = heard.params.get("path", "")
    following = logs(scene, container)
    if path:
        return of_container("permission_denied_at", layer, container, following, path=path)
    return of_container("permission_denied", layer, container, following)
