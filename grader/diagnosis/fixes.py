"""Whether what made a container end has been put right since, so that it only waits to start."""

import posixpath
import re

from grader.diagnosis.endings import Ending
from grader.diagnosis.files import mount_of
from grader.diagnosis.missing_files import is_about_to_appear
from grader.diagnosis.model import Diagnosis
from grader.diagnosis.scene import Scene
from grader.evidence.reading import entries, mapping, seconds_between, text
from grader.evidence.views import ContainerView, config_map, find_service

QUOTED = re.compile(r"[\"'](\S+?)[\"']")
BY_NAME = ("address_unknown", "haproxy_unresolved")
BY_FILE = ("file_not_written", "file_missing")


def is_fixed(scene: Scene, container: ContainerView, ending: Ending, cause: Diagnosis) -> bool:
    if cause.code in BY_NAME and _has_name_now(scene, str(cause.params["host"]), ending):
        return True
    if cause.code in BY_FILE:
        path = str(cause.params["path"])
        return is_about_to_appear(container, path, ending.finished_at)
    return _has_new_settings(scene, container, ending) or _reads_better(scene, container, cause)


def _has_name_now(scene: Scene, host: str, ending: Ending) -> bool:
    service = find_service(scene.evidence, host.partition(".")[0])
    return service is not None and _is_newer(service, ending)


def _has_new_settings(scene: Scene, container: ContainerView, ending: Ending) -> bool:
    """A ConfigMap of it was made after it ended."""
    found = (config_map(scene.evidence, name) for name in _config_maps(container))
    return any(it is not None and _is_newer(it, ending) for it in found)


def _reads_better(scene: Scene, container: ContainerView, cause: Diagnosis) -> bool:
    """What it complained of does not stand in the ConfigMap any more, which was edited since."""
    if cause.code == "haproxy_unresolved":
        found = [config_map(scene.evidence, name) for name in _config_maps(container)]
        host = re.compile(rf"\b{re.escape(str(cause.params['host']))}\b")
        texts = [text for it in found for text in _texts(it)]
        return bool(texts) and not any(host.search(text) for text in texts)
    if cause.code not in ("config_file_missing", "config_invalid"):
        return False
    now = _file(scene, container, str(cause.params["path"]))
    if now is None or cause.code == "config_file_missing":
        return now is not None
    return not _still_stands(now, str(cause.params["line"]), str(cause.params["why"]))


def _still_stands(now: str, line: str, why: str) -> bool:
    """Whether the word that it did not understand is where it was. Without one nobody knows."""
    word = QUOTED.search(why)
    lines = now.splitlines()
    place = int(line) - 1 if len(line) < 7 else len(lines)
    return word is None or (place < len(lines) and word.group(1) in lines[place])


def _file(scene: Scene, container: ContainerView, path: str) -> str | None:
    """What a file that comes from a ConfigMap holds now; None where it does not come from one."""
    mount = mount_of(container, path)
    source = mapping(container.pod.volumes.get(mount.volume), "configMap") if mount else {}
    if mount is None or not source:
        return None
    inside = mount.sub_path or posixpath.relpath(path, mount.path)
    items = {text(it, "path"): text(it, "key") for it in entries(source, "items")}
    key = items.get(inside, "") if items else inside
    found = config_map(scene.evidence, text(source, "name"))
    return text(found, "data", key) or None


def _texts(found: object) -> list[str]:
    return [value for value in mapping(found, "data").values() if isinstance(value, str)]


def _config_maps(container: ContainerView) -> list[str]:
    volumes = container.pod.volumes
    mounted = (text(volumes.get(it.volume), "configMap", "name") for it in container.mounts)
    whole = (text(it, "configMapRef", "name") for it in entries(container.spec, "envFrom"))
    single = (text(it, "valueFrom", "configMapKeyRef", "name") for it in container.env)
    return sorted({*mounted, *whole, *single} - {""})


def _is_newer(found: object, ending: Ending) -> bool:
    later = seconds_between(ending.finished_at, text(found, "metadata", "creationTimestamp"))
    return later is not None and later >= 0
