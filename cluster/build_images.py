"""Builds the images that the cluster runs where no registry can be reached.

Everything ends up in one OCI layout per set of recipes. Each finished image is kept there, so an
interrupted run goes on where it stopped; the marker `complete` is written last.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cluster.image_layout import CorruptLayoutError, Layout
from cluster.image_recipes import (
    Base,
    Image,
    Recipe,
    content_digest,
    current_base,
    read_recipes,
    wanted_images,
)
from cluster.image_workshop import TOOLS, Workshop, debian_mirror, open_workshop, write_sources
from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Progress = Callable[[int, int, str], None]

__all__ = ["Build", "Image", "build_images", "finished_layout", "wanted_images"]

_SPACE_NEEDED = 2 << 30


def build_images(cache: Path, kubectl: Callable[[], Path], progress: Progress) -> Path:
    """Gives the folder of a layout with every wanted image; builds what is not there yet.

    `kubectl` is asked only when everything else is done and may block: it is still compiling.
    """
    return _present_build(cache, progress).run(kubectl)


def finished_layout(cache: Path) -> Path | None:
    """The layout of the present recipes, when an earlier run has finished it."""
    build = _present_build(cache, lambda *_: None)
    return build.layout.path if build.marker.is_file() else None


def _present_build(cache: Path, progress: Progress) -> Build:
    base = current_base()
    return Build(cache / "images", base, read_recipes(wanted_images(), base), progress)


@dataclass(frozen=True)
class Build:
    """A set of recipes and the folder that their images end up in."""

    root: Path
    base: Base
    recipes: list[Recipe]
    progress: Progress

    def run(self, kubectl: Callable[[], Path]) -> Path:
        with _alone(self.root, self._tell_waiting) as lock:
            if not self._is_complete(kubectl):
                self._make(kubectl, lock)
        self.progress(self.total, self.total, "")
        return self.layout.path

    @property
    def folder(self) -> Path:
        return self.root / content_digest(self.recipes)

    @property
    def layout(self) -> Layout:
        return Layout(self.folder / "layout")

    @property
    def marker(self) -> Path:
        return self.folder / "complete"

    @property
    def total(self) -> int:
        return len(self.recipes) + 1

    def _tell_waiting(self) -> None:
        self.progress(0, self.total, "another process is building the same images")

    def _is_complete(self, kubectl: Callable[[], Path]) -> bool:
        """Whether nothing is left to do; a marker over a damaged layout counts for nothing."""
        if not self.marker.is_file():
            return False
        try:
            self.layout.check()
        except CorruptLayoutError as error:
            self.progress(0, self.total, f"repairing: {error}")
            return False
        return all(self._is_here(recipe, kubectl) for recipe in self.recipes)

    def _make(self, kubectl: Callable[[], Path], lock: int) -> None:
        _demand_tools()
        _demand_space(self.root)
        try:
            self.marker.unlink(missing_ok=True)
            self.layout.prepare()
            self.layout.scrub()
            with open_workshop(self.root, lock, self.folder / "logs") as shop:
                _Bench(self, shop).make_all(kubectl)
            self._finish()
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _disk_is_full(self.root) from error
            raise

    def digest(self, recipe: Recipe, kubectl: Callable[[], Path]) -> str:
        """The recipe's own digest and, where kubectl goes in, which kubectl."""
        if not recipe.needs_kubectl:
            return recipe.digest
        with kubectl().open("rb") as program:
            return f"{recipe.digest}+{hashlib.file_digest(program, 'sha256').hexdigest()[:16]}"

    def take_from_elsewhere(self, names: list[str], digest: str) -> bool:
        """Recipes that did not change since an older set need no build."""
        if set(names) <= set(self.layout.names_of(digest)):
            return True
        others = [found for found in self.root.glob("*/layout") if found != self.layout.path]
        return any(self.layout.adopt(Layout(other), names, digest) for other in others)

    def _is_here(self, recipe: Recipe, kubectl: Callable[[], Path]) -> bool:
        wanted = {image.name for image in recipe.images}
        return wanted <= set(self.layout.names_of(self.digest(recipe, kubectl)))

    def _finish(self) -> None:
        names = [image.name for recipe in self.recipes for image in recipe.images]
        self.layout.keep_only([self.base.name, *names])
        self.marker.write_text(json.dumps({"images": names}) + "\n")
        # Downloads only help a build that was interrupted, and such a build's own folder only the
        # recipes that it was for.
        shutil.rmtree(self.root / "downloads", ignore_errors=True)
        for folder in self.root.glob("*/layout"):
            if not (folder.parent / "complete").exists():
                shutil.rmtree(folder.parent, ignore_errors=True)


@dataclass
class _Bench:
    """One run of builds in a workshop; knows what the workshop's storage already holds."""

    build: Build
    shop: Workshop
    base_is_stored: bool = False

    def make_all(self, kubectl: Callable[[], Path]) -> None:
        write_sources(self.shop, self.build.base.suite)
        self._make_base()
        for done, recipe in enumerate(self.build.recipes, start=1):
            self._tell(done, recipe.title)
            names = [image.name for image in recipe.images]
            if recipe.needs_kubectl:
                self._tell(done, f"{recipe.title}: waiting for kubectl")
            digest = self.build.digest(recipe, kubectl)
            if not self.build.take_from_elsewhere(names, digest):
                self._make(done, recipe, digest, kubectl)

    def _make_base(self) -> None:
        name, digest = self.build.base.name, self.build.base.digest
        self._tell(0, "base")
        if self.build.take_from_elsewhere([name], digest):
            return
        mirror = debian_mirror(self.build.base.suite)
        program = str(self.build.base.folder / "make-base")
        folders = [str(self.shop.downloads), str(self.shop.apt)]
        self._run(
            0,
            "base",
            [program, name, self.build.base.suite, *folders, *([mirror] if mirror else [])],
        )
        self._push(0, "base", [name], digest)
        self.base_is_stored = True

    def _make(self, done: int, recipe: Recipe, digest: str, kubectl: Callable[[], Path]) -> None:
        self._store_base(done)
        context = self.shop.path / "context"
        shutil.copytree(recipe.folder, context)
        if recipe.needs_kubectl:
            shutil.copyfile(kubectl(), context / "kubectl")
        names = [image.name for image in recipe.images]
        self._run(done, recipe.title, self._bud(recipe, context))
        self._push(done, recipe.title, names, digest)
        shutil.rmtree(context)

    def _store_base(self, done: int) -> None:
        if self.base_is_stored:
            return
        name = self.build.base.name
        source = f"oci:{self.build.layout.path}:{name}"
        pull_and_tag = 'buildah tag "$(buildah pull --quiet "$1")" "$2"'
        self._run(done, "base", ["sh", "-euc", pull_and_tag, "sh", source, name])
        self.base_is_stored = True

    def _bud(self, recipe: Recipe, context: Path) -> list[str]:
        labels = [f"--label={key}={value}" for key, value in recipe.labels.items()]
        return [
            *("buildah", "bud", "--format=oci", "--layers=false", "--pull=never"),
            f"--build-arg=BASE={self.build.base.name}",
            f"--volume={self.shop.downloads}:/var/cache/apt",
            f"--volume={self.shop.apt}/apt.conf.d:/etc/apt/apt.conf.d:ro",
            f"--volume={self.shop.apt}/settings:/mnt:ro",
            *labels,
            f"--tag={recipe.images[0].name}",
            str(context),
        ]

    def _push(self, done: int, subject: str, names: list[str], digest: str) -> None:
        """Into a folder of its own that shares the layout's blobs: buildah does not write a
        layout's index in one piece, so an interrupt there must not hurt the real one.
        """
        parcel = self.shop.path / "parcel"
        parcel.mkdir()
        (parcel / "blobs").symlink_to(self.build.layout.path / "blobs")
        self._run(done, subject, ["buildah", "push", names[0], f"oci:{parcel}:parcel"])
        self.build.layout.add(Layout(parcel), names, digest)
        shutil.rmtree(parcel)

    def _run(self, done: int, subject: str, command: list[str]) -> None:
        def tell(line: str) -> None:
            self._tell(done, f"{subject}: {line}"[:120])

        self.shop.run(command, subject=subject, tell=tell)

    def _tell(self, done: int, detail: str) -> None:
        self.build.progress(done, self.build.total, detail)


@contextlib.contextmanager
def _alone(root: Path, tell_waiting: Callable[[], None]) -> Iterator[int]:
    """Two at once would do the same work twice: the second waits and takes the result."""
    root.mkdir(parents=True, exist_ok=True)
    lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell_waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _demand_tools() -> None:
    if os.geteuid() != 0:
        raise Problem(
            "no_root",
            "Building the cluster's images needs root, and this process is not root.",
            "Run `sudo python manage.py cluster up`.",
        )
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        raise Problem(
            "missing_tool",
            f"Building the cluster's images needs {' and '.join(missing)}, not found on PATH.",
            "Run `apt-get install --no-install-recommends buildah debootstrap`.",
            {"tools": missing},
        )


def _demand_space(root: Path) -> None:
    free = shutil.disk_usage(root).free
    if free < _SPACE_NEEDED:
        raise _disk_is_full(root)


def _disk_is_full(root: Path) -> Problem:
    free = shutil.disk_usage(root).free
    return Problem(
        "disk_full",
        f"Building the images needs 2 GB in {root}, and {free >> 20} MB are free.",
        "Free some space or set PODLAB_CACHE_DIR to a folder on another disk.",
        {"free_bytes": free},
    )
