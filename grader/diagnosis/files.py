"""Who writes which file, on which volume, and where a reader looks for it."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from grader.evidence.reading import strings
from grader.evidence.views import ContainerView, Mount

# What images of this course write without being told.
WRITTEN_BY_IMAGE = {
    "nginx": ("/var/log/nginx/access.log", "/var/log/nginx/error.log"),
    "httpd": ("/usr/local/apache2/logs/access_log", "/usr/local/apache2/logs/error_log"),
}
WRITES = re.compile(r"(?:>>?|\btee(?:\s+-a)?)\s*[\"']?(/[\w./-]+)")
PATH = re.compile(r"(?<![\w/.$}])/[\w-]+(?:[./][\w.-]+)*")
NO_FILES = ("/dev/", "/proc/", "/sys/", "/bin/", "/usr/bin/", "/sbin/")


@dataclass(frozen=True)
class Place:
    """A file of a volume, whatever path it has in a container."""

    volume: str
    file: str


@dataclass(frozen=True)
class Written:
    container: ContainerView
    path: str
    place: Place | None  # None: in the container's own file system


def place_of(container: ContainerView, path: str) -> Place | None:
    """None where the path lies on no volume that containers can share."""
    clean = posixpath.normpath(path)
    covering = [it for it in container.mounts if _covers(it, clean)]
    if not covering:
        return None
    mount = max(covering, key=lambda it: len(it.path.rstrip("/")))
    if not container.pod.is_storage(mount.volume):
        return None
    rest = posixpath.relpath(clean, posixpath.normpath(mount.path))
    return Place(mount.volume, posixpath.normpath(posixpath.join(mount.sub_path or ".", rest)))


def mount_of(container: ContainerView, path: str) -> Mount | None:
    covering = [it for it in container.mounts if _covers(it, posixpath.normpath(path))]
    return max(covering, key=lambda it: len(it.path.rstrip("/")), default=None)


def written_by(container: ContainerView) -> tuple[str, ...]:
    """The files it is known to write: by its image, and by its commands and hooks."""
    image = container.image.rpartition("/")[2].partition(":")[0]
    known = WRITTEN_BY_IMAGE.get(image, ())
    return (*known, *(path for path in WRITES.findall(_script(container)) if _is_file(path)))


def read_by(container: ContainerView) -> tuple[str, ...]:
    """The files that its command names and that it does not write itself."""
    named = (path for path in PATH.findall(" ".join(container.command)) if _is_file(path))
    written = set(written_by(container))
    return tuple(dict.fromkeys(path for path in named if path not in written))


def written_beside(container: ContainerView) -> Iterator[Written]:
    """What the neighbours in the same Pod write."""
    for other in _neighbours(container):
        for path in written_by(other):
            yield Written(other, path, place_of(other, path))


def sharers(container: ContainerView, volume: str) -> Iterator[tuple[ContainerView, Mount]]:
    """Neighbours that mount the volume so that they can write to it."""
    for other in _neighbours(container):
        for mount in other.mounts:
            if mount.volume == volume and not mount.read_only:
                yield other, mount


def _neighbours(container: ContainerView) -> list[ContainerView]:
    pod = container.pod
    others = (it for it in (*pod.containers, *pod.init_containers) if it.name != container.name)
    return sorted(others, key=lambda it: it.name)


def _script(container: ContainerView) -> str:
    hook = strings(container.spec, "lifecycle", "postStart", "exec", "command")
    return " ".join((*container.command, *hook))


def _covers(mount: Mount, path: str) -> bool:
    folder = posixpath.normpath(mount.path) if mount.path else ""
    return bool(folder) and (path == folder or path.startswith(folder.rstrip("/") + "/"))


def _is_file(path: str) -> bool:
    return not path.startswith(NO_FILES)
