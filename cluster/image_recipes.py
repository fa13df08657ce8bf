"""Which images the cluster wants, and from what each of them is made.

A recipe's digest covers all that decides what comes out (files, names, labels, suite), so that
an image is built again when one of them changes and never otherwise.
"""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["stand-in", "own"]

FOLDER = Path(__file__).resolve().parent / "images"
SUITE_ELSEWHERE = "bookworm"
_SYSTEMS_WITH_A_SUITE = ("debian", "ubuntu")
# Raised by hand when the way of building changes in a manner that no file below images/ shows.
_WAY_OF_BUILDING = "1"
_STAND_IN = "stand-in built from Debian packages because no registry was reachable: "


@dataclass(frozen=True)
class Base:
    """What all images stand on: a folder with the program `make-base`, and a release."""

    folder: Path
    suite: str

    @property
    def name(self) -> str:
        return f"podlab.local/base:{self.suite}"

    @property
    def digest(self) -> str:
        return _digest_of(_WAY_OF_BUILDING, self.suite, platform.machine(), *_contents(self.folder))


@dataclass(frozen=True)
class Image:
    name: str
    kind: Kind
    purpose: str
    folder: Path


@dataclass(frozen=True)
class Recipe:
    """One build, which may carry several names."""

    folder: Path
    images: tuple[Image, ...]
    digest: str
    needs_kubectl: bool = False

    @property
    def title(self) -> str:
        return self.folder.name

    @property
    def labels(self) -> dict[str, str]:
        return {
            "org.opencontainers.image.title": self.title,
            "dev.podlab.kind": self.images[0].kind,
            "dev.podlab.purpose": self.images[0].purpose,
        }


def wanted_images() -> list[Image]:
    return [
        *_image("pause", _STAND_IN + "holds a Pod's namespaces", "registry.k8s.io/pause:3.10"),
        *_image("busybox", _STAND_IN + "a shell and small tools", *_library("busybox", "1.36")),
        *_image("centos", _STAND_IN + "bash and coreutils", "docker.io/library/centos:7"),
        *_image("nginx", _STAND_IN + "a web server", *_library("nginx", "1.27")),
        *_image("redis", _STAND_IN + "a Redis server", "docker.io/library/redis:6.2"),
        *_image("haproxy", _STAND_IN + "a TCP proxy", "docker.io/library/haproxy:2.4"),
        *_image("mysql", _STAND_IN + "MariaDB as a MySQL server", "docker.io/library/mysql:5.7"),
        Image(
            name="podlab.local/toolbox:1",
            kind="own",
            purpose="Podlab's own image: the shell of the web terminal, with kubectl",
            folder=FOLDER / "toolbox",
        ),
    ]


def read_recipes(images: list[Image], base: Base) -> list[Recipe]:
    """In the order of building: what needs kubectl comes last, because that is still compiling."""
    folders = dict.fromkeys(image.folder for image in images)
    recipes = [
        _recipe(folder, tuple(image for image in images if image.folder == folder), base)
        for folder in folders
    ]
    return sorted(recipes, key=lambda recipe: recipe.needs_kubectl)


def current_base() -> Base:
    return Base(FOLDER / "base", current_suite())


def current_suite() -> str:
    """The release whose packages this machine already trusts, or Debian's."""
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return SUITE_ELSEWHERE
    if system.get("ID") not in _SYSTEMS_WITH_A_SUITE:
        return SUITE_ELSEWHERE
    return system.get("VERSION_CODENAME") or SUITE_ELSEWHERE


def content_digest(recipes: list[Recipe]) -> str:
    return _digest_of(*(recipe.digest for recipe in recipes))[:16]


def _library(name: str, version: str) -> tuple[str, str]:
    return f"docker.io/library/{name}:{version}", f"docker.io/library/{name}:latest"


def _image(folder: str, purpose: str, *names: str) -> list[Image]:
    return [Image(name, "stand-in", purpose, FOLDER / folder) for name in names]


def _recipe(folder: Path, images: tuple[Image, ...], base: Base) -> Recipe:
    words = [f"{image.name} {image.kind} {image.purpose}" for image in images]
    digest = _digest_of(base.digest, *words, *_contents(folder))
    return Recipe(folder, images, digest, needs_kubectl=folder.name == "toolbox")


def _contents(folder: Path) -> list[str]:
    """Every file with its path, whether it may be run, and what is in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        f"{path.relative_to(folder)} {path.stat().st_mode & 0o100} "
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in files
    ]


def _digest_of(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
