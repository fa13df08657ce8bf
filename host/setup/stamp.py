"""A stamp says from which inputs something was made; other inputs, and it is made again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Stamp:
    file: Path

    def says(self, digest: str) -> bool:
        return self.file.is_file() and self.file.read_text() == digest

    def write(self, digest: str) -> None:
        self.file.write_text(digest)

    def remove(self) -> None:
        self.file.unlink(missing_ok=True)


def digest_of(*inputs: Path | str) -> str:
    """Of texts, of files, and of folders with all that is below them."""
    digest = hashlib.sha256()
    for given in inputs:
        if isinstance(given, str):
            digest.update(given.encode() + b"\0")
            continue
        for file in _files(given):
            digest.update(str(file.relative_to(given.parent)).encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(place: Path) -> Iterable[Path]:
    if place.is_file():
        return (place,)
    return sorted(path for path in place.rglob("*") if path.is_file())
