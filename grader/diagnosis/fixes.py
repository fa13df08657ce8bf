"""Whether what made a container end has been put right since, so that it only waits to start."""

from grader.diagnosis.endings import Ending
from grader.diagnosis.missing_files import is_about_to_appear
from grader.diagnosis.model import Diagnosis
from grader.diagnosis.scene import Scene
from grader.evidence.reading import entries, seconds_between, text
from grader.evidence.views import ContainerView, config_map, find_service

BY_NAME = ("address_unknown", "haproxy_unresolved")
BY_FILE = ("file_not_written", "file_missing")


def is_fixed(scene: Scene, container: ContainerView, ending: Ending, cause: Diagnosis) -> bool:
    if cause.code in BY_NAME:
        return _has_name_now(scene, str(cause.params["host"]), ending)
    if cause.code in BY_FILE:
        path = str(cause.params["path"])
        return is_about_to_appear(container, path, ending.finished_at)
    return _has_new_settings(scene, container, ending)


def _has_name_now(scene: Scene, host: str, ending: Ending) -> bool:
    service = find_service(scene.evidence, host.partition(".")[0])
    return service is not None and _is_newer(service, ending)


def _has_new_settings(scene: Scene, container: ContainerView, ending: Ending) -> bool:
    """A ConfigMap of it was made after it ended."""
    found = (config_map(scene.evidence, name) for name in _config_maps(container))
    return any(it is not None and _is_newer(it, ending) for it in found)


def _config_maps(container: ContainerView) -> list[str]:
    volumes = container.pod.volumes
    mounted = (text(volumes.get(it.volume), "configMap", "name") for it in container.mounts)
    whole = (text(it, "configMapRef", "name") for it in entries(container.spec, "envFrom"))
    single = (text(it, "valueFrom", "configMapKeyRef", "name") for it in container.env)
    return sorted({*mounted, *whole, *single} - {""})


def _is_newer(found: object, ending: Ending) -> bool:
    later = seconds_between(ending.finished_at, text(found, "metadata", "creationTimestamp"))
    return later is not None and later >= 0
