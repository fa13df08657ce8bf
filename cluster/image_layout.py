"""An OCI image layout on disk: blobs named by their digest, and one index of names.

Blobs of all images lie in one folder, so what two images share is stored once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "org.opencontainers.image.ref.name"
RECIPE = "dev.podlab.recipe"
_SMALL = 1 << 20
_CHUNK = 1 << 20


class CorruptLayoutError(Exception):
    """A blob is missing, cut short or altered; says which."""


@dataclass(frozen=True)
class Layout:
    path: Path

    @property
    def blobs(self) -> Path:
        return self.path / "blobs" / "sha256"

    def prepare(self) -> None:
        self.blobs.mkdir(parents=True, exist_ok=True)
        _write_whole(self.path / "oci-layout", {"imageLayoutVersion": "1.0.0"})
        if not (self.path / "index.json").exists():
            self._write([])

    def names_of(self, recipe: str) -> list[str]:
        """The names under which this recipe's image is here, whole; none when a blob is bad."""
        entries = [entry for entry in self._entries() if _note(entry, RECIPE) == recipe]
        try:
            for entry in entries[:1]:
                self._check(entry)
        except CorruptLayoutError:
            return []
        return [_note(entry, NAME) for entry in entries]

    def check(self, *, thorough: bool = False) -> None:
        """Every blob of every image has its size; small ones (all of them, when thorough) also
        have the content that their name promises.
        """
        for entry in self._entries():
            self._check(entry, thorough=thorough)

    def add(self, source: Layout, names: list[str], recipe: str) -> None:
        """Takes the one image of another layout under these names."""
        self._take_image(source, source._entries()[0], names, recipe)

    def adopt(self, source: Layout, names: list[str], recipe: str) -> bool:
        """Takes what an older layout already holds, so that no image is built twice."""
        found = [entry for entry in source._entries() if _note(entry, RECIPE) == recipe]
        with contextlib.suppress(CorruptLayoutError):
            for entry in found[:1]:
                self._take_image(source, entry, names, recipe)
                return True
        return False

    def scrub(self) -> None:
        """Removes every blob that does not hold what its name says: a tool that finds a file of
        that name would take it for good.
        """
        for blob in self.blobs.iterdir():
            if _digest(blob) != blob.name:
                blob.unlink()

    def keep_only(self, names: list[str]) -> None:
        """Forgets other names, then removes blobs that nothing names."""
        self._write([entry for entry in self._entries() if _note(entry, NAME) in names])
        used = {
            descriptor["digest"].removeprefix("sha256:")
            for entry in self._entries()
            for descriptor in [entry, *self._parts(entry)]
        }
        for blob in self.blobs.iterdir():
            if blob.name not in used:
                blob.unlink()

    def _entries(self) -> list[dict[str, Any]]:
        try:
            index = json.loads((self.path / "index.json").read_text(encoding="utf-8"))
            return [entry for entry in index["manifests"] if isinstance(entry["digest"], str)]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _write(self, entries: list[dict[str, Any]]) -> None:
        _write_whole(self.path / "index.json", {"schemaVersion": 2, "manifests": entries})

    def _check(self, entry: dict[str, Any], *, thorough: bool = False) -> None:
        self._check_blob(entry, thorough=True)
        for descriptor in self._parts(entry):
            self._check_blob(descriptor, thorough=thorough or descriptor["size"] < _SMALL)

    def _check_blob(self, descriptor: dict[str, Any], *, thorough: bool) -> None:
        blob = self._blob(descriptor)
        try:
            if blob.stat().st_size != descriptor["size"]:
                raise CorruptLayoutError(f"{blob} does not have {descriptor['size']} bytes")
        except OSError as error:
            raise CorruptLayoutError(f"{blob} is missing") from error
        if thorough and _digest(blob) != blob.name:
            raise CorruptLayoutError(f"{blob} does not hold what its name says")

    def _parts(self, entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
        manifest = json.loads(self._blob(entry).read_text(encoding="utf-8"))
        yield manifest["config"]
        yield from manifest["layers"]

    def _blob(self, descriptor: dict[str, Any]) -> Path:
        return self.blobs / str(descriptor["digest"]).removeprefix("sha256:")

    def _take_image(
        self, source: Layout, entry: dict[str, Any], names: list[str], recipe: str
    ) -> None:
        """First the blobs, then the index: nobody finds a name without its blobs meanwhile."""
        source._check(entry, thorough=True)
        for descriptor in [entry, *source._parts(entry)]:
            self._take_blob(source._blob(descriptor))
        bare = {key: entry[key] for key in ("mediaType", "digest", "size")}
        kept = [old for old in self._entries() if _note(old, NAME) not in names]
        fresh = [bare | {"annotations": {NAME: name, RECIPE: recipe}} for name in names]
        self._write(kept + fresh)

    def _take_blob(self, blob: Path) -> None:
        """By hard link where both lie on one disk."""
        target = self.blobs / blob.name
        if target.exists() and target.samefile(blob):
            return
        draft = target.with_name(f".{blob.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        try:
            os.link(blob, draft)
        except OSError:
            shutil.copyfile(blob, draft)
        draft.replace(target)


def _note(entry: dict[str, Any], key: str) -> str:
    return str((entry.get("annotations") or {}).get(key, ""))


def _digest(blob: Path) -> str:
    with blob.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_whole(path: Path, content: dict[str, Any]) -> None:
    """A reader sees the old file or the new one, also after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
