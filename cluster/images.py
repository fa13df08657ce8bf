"""The images of the cluster: which there are, where they come from, and having them at hand."""

from __future__ import annotations

import http.client
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cluster.build_images import wanted_images
from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cluster.paths import Paths

REAL = {"docker.io": "registry-1.docker.io", "registry.k8s.io": "registry.k8s.io"}
ASK_TIMEOUT = 2.0
FETCH_TIMEOUT = 600


def link(place: Path, layout: Path) -> None:
    unfinished = place.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(layout)
    unfinished.replace(place)


def upstreams() -> tuple[str, str]:
    """The registries to fetch from, and with them the kind of image that Pods get."""
    choice = os.environ.get("PODLAB_REGISTRY", "auto")
    own = os.environ.get("PODLAB_UPSTREAMS", "")
    if choice not in ("auto", "stand-ins", "real"):
        raise Problem(
            "bad_setting",
            f"PODLAB_REGISTRY is {choice!r}.",
            "Set it to auto, stand-ins or real, or leave it out",
        )
    if choice == "stand-ins":
        return "", "stand-in"
    addresses = dict(pair.split("=", 1) for pair in own.split(",") if "=" in pair) or REAL
    if choice == "auto" and not own and not _answers(addresses["docker.io"]):
        return "", "stand-in"
    return ",".join(f"{name}={address}" for name, address in addresses.items()), "real"


def _answers(host: str) -> bool:
    connection = http.client.HTTPSConnection(host, timeout=ASK_TIMEOUT)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status in (200, 401)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def describe(kind: str) -> list[tuple[str, str, str]]:
    """Name, kind and purpose of each image; our own ones stay our own."""
    return [
        (image.name, kind if image.kind == "stand-in" else image.kind, image.purpose)
        for image in wanted_images()
    ]


def fetch_all(ctr: str, paths: Paths, say: Callable[[int, int, str], None]) -> None:
    """Have every image unpacked before the first Pod asks: a learner's Pod then starts at once."""
    names = [image.name for image in wanted_images()]
    here = _present(ctr, paths)
    missing = [name for name in names if name not in here]
    done = len(names) - len(missing)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for name in pool.map(lambda one: _fetch(ctr, paths, one), missing):
            done += 1
            say(done, len(names), name)


def _present(ctr: str, paths: Paths) -> set[str]:
    return set(_ctr(ctr, paths, "images", "list", "--quiet").split())


def _fetch(ctr: str, paths: Paths, name: str) -> str:
    hosts = str(paths.config / "certs.d")
    _ctr(ctr, paths, "images", "pull", "--hosts-dir", hosts, name)
    return name


def _ctr(ctr: str, paths: Paths, *arguments: str) -> str:
    command = [ctr, "--address", str(paths.containerd_socket), "--namespace", "k8s.io"]
    answer = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, timeout=FETCH_TIMEOUT
    )
    if answer.returncode != 0:
        raise Problem(
            "image_failed",
            f"ctr {' '.join(arguments[:2])}: {answer.stderr.strip()[-300:]}",
            "python manage.py cluster status",
        )
    return answer.stdout
