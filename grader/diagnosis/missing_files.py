"""A file that is not where its reader looks: which of the two ends is elsewhere."""

import posixpath
from collections.abc import Sequence

from grader.diagnosis.causes import kubectl, of_container
from grader.diagnosis.files import (
    Place,
    Written,
    mount_of,
    place_of,
    sharers,
    written_beside,
)
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene
from grader.evidence.reading import seconds_between, strings
from grader.evidence.views import ContainerView

# A writer needs a moment from its start to its first line.
FIRST_WRITE = 10.0


def why_missing(scene: Scene, reader: ContainerView, path: str, layer: Layer) -> Diagnosis:
    """Always an answer, be it only that the file is not there."""
    return find_elsewhere(scene, reader, path, layer) or _plain(scene, reader, path, layer)


def find_elsewhere(
    scene: Scene, reader: ContainerView, path: str, layer: Layer
) -> Diagnosis | None:
    """Only what the mounts prove: the file is written, to another place than it is read from."""
    place = place_of(reader, path)
    written = tuple(written_beside(reader))
    if place is None:
        return _not_on_a_volume(scene, reader, path, written, layer)
    if any(it.place == place for it in written):
        return None
    same_name = [it for it in written if _name(it.path) == _name(path)]
    here = [it for it in written if it.place and it.place.volume == place.volume]
    found = _first(same_name, here) or _first(same_name) or _first(here)
    if found is None or (found.place is None and _was_found(scene)):
        return None
    return _elsewhere(scene, reader, path, place, found, layer)


def _was_found(scene: Scene) -> bool:
    """A probe found the log on the volume: whatever an image writes where it is not told to."""
    return any(strings(it.facts, "files") for it in scene.evidence.probes.values())


def is_about_to_appear(reader: ContainerView, path: str, ended: str) -> bool:
    """The mounts are right, and the writer began about when the reader gave up."""
    place = place_of(reader, path)
    writers = {
        it.container.name: it.container for it in written_beside(reader) if it.place == place
    }
    return place is not None and any(_began(writer, ended) for writer in writers.values())


def _began(writer: ContainerView, ended: str) -> bool:
    late = seconds_between(ended, writer.started_at)
    return writer.running and late is not None and late > -FIRST_WRITE


def _elsewhere(
    scene: Scene, reader: ContainerView, path: str, place: Place, found: Written, layer: Layer
) -> Diagnosis:
    mount = mount_of(reader, path)
    writer_mount = mount_of(found.container, found.path)
    named = {
        "path": path,
        "volume": place.volume,
        "mount": mount.path if mount else "",
        "writer": found.container.name,
        "writer_path": found.path,
        "writer_mount": writer_mount.path if writer_mount else "",
    }
    following = _look(scene, reader, mount.path if mount else "/")
    if found.place is None:
        return of_container("writer_not_on_volume", layer, reader, following, **named)
    if found.place.volume != place.volume:
        return of_container(
            "volumes_differ",
            layer,
            reader,
            following,
            writer_volume=found.place.volume,
            **named,
        )
    return of_container("file_elsewhere", layer, reader, following, **named)


def _not_on_a_volume(
    scene: Scene,
    reader: ContainerView,
    path: str,
    written: Sequence[Written],
    layer: Layer,
) -> Diagnosis | None:
    found = _first([it for it in written if _name(it.path) == _name(path)])
    if found is None:
        return None
    mounts = [f"{mount.volume} → {mount.path}" for mount in reader.storage_mounts]
    return of_container(
        "file_not_on_volume",
        layer,
        reader,
        _look(scene, reader, posixpath.dirname(path)),
        path=path,
        mounts=mounts or ["-"],
        writer=found.container.name,
        writer_path=found.path,
    )


def _plain(scene: Scene, reader: ContainerView, path: str, layer: Layer) -> Diagnosis:
    place = place_of(reader, path)
    following = _look(scene, reader, posixpath.dirname(path))
    beside = list(sharers(reader, place.volume)) if place else []
    if place is None or not beside:
        return of_container("file_missing", layer, reader, following, path=path)
    writer, mount = beside[0]
    return of_container(
        "file_not_written",
        layer,
        reader,
        following,
        path=path,
        volume=place.volume,
        writer=writer.name,
        writer_mount=mount.path,
    )


def _look(scene: Scene, reader: ContainerView, folder: str) -> str:
    """A container that ended cannot be looked into; its mounts can be read all the same."""
    if reader.running:
        return kubectl(
            scene, "exec", reader.pod.name, "-c", reader.name, "--", "ls", "-l", folder or "/"
        )
    return kubectl(scene, "describe", "pod", reader.pod.name)


def _first(found: Sequence[Written], also_in: Sequence[Written] | None = None) -> Written | None:
    allowed = found if also_in is None else [it for it in found if it in also_in]
    return allowed[0] if allowed else None


def _name(path: str) -> str:
    return posixpath.basename(path)
