"""The machine itself: system, Python, rights, room."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from typing import TYPE_CHECKING

from host.checks.finding import Finding, missing, ok, warning
from host.privileges import can_become_root
from host.python import OLDEST

if TYPE_CHECKING:
    from pathlib import Path

    from host.instance import Instance

GIGABYTE = 1_000_000_000
ROOM = 5 * GIGABYTE
MEMORY = 3 * GIGABYTE


def check_system(system: str = "") -> Finding:
    system = system or platform.system()
    if system != "Linux":
        return missing(
            "system",
            f"This is {system}; Podlab and its cluster need Linux.",
            "Use a Linux machine or a Linux virtual machine.",
            "not_linux",
        )
    return ok("system", f"Linux {platform.release()} on {platform.machine()}")


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    seen = ".".join(map(str, version))
    if version[:2] < OLDEST:
        return missing(
            "python",
            f"This is Python {seen}; 3.11 or newer is needed.",
            "sudo apt-get install python3.11 python3.11-venv",
            "missing_tool",
        )
    return ok("python", f"Python {seen} ({sys.executable})")


def check_root() -> Finding:
    if os.geteuid() == 0:
        return ok("root", "this is root; the site itself runs as an unprivileged user")
    if can_become_root():
        return ok("root", "sudo works without a password")
    if shutil.which("sudo"):
        return warning(
            "root",
            "sudo is there but asks for a password; packages and the cluster need it.",
            "Answer it when it asks, or run sudo -v first.",
            "no_root",
        )
    return missing(
        "root",
        "This user is not root and there is no sudo; the site runs, the cluster cannot.",
        "Run as root, or use another cluster: PODLAB_CLUSTER=kubeconfig PODLAB_KUBECONFIG=FILE",
        "no_root",
    )


def check_disk(instance: Instance) -> list[Finding]:
    """One finding for each file system that we write to."""
    places: dict[int, list[Path]] = {}
    for path in (instance.state, instance.cache):
        places.setdefault(_existing(path).stat().st_dev, []).append(path)
    return [_room(paths, shutil.disk_usage(_existing(paths[0])).free) for paths in places.values()]


def _room(paths: list[Path], free: int) -> Finding:
    where = " and ".join(map(str, paths))
    if free < ROOM:
        return missing(
            "disk",
            f"{free / GIGABYTE:.1f} GB are free for {where}; 5 GB are needed.",
            "Free some room, or set PODLAB_STATE_DIR and PODLAB_CACHE_DIR to a larger disk.",
            "disk_full",
        )
    return ok("disk", f"{free / GIGABYTE:.0f} GB free for {where}")


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def check_memory(total: int | None = None) -> Finding:
    total = total or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if total < MEMORY:
        return warning(
            "memory",
            f"{total / GIGABYTE:.1f} GB of memory; the site and its cluster want 3 GB.",
            "Use a larger machine, or only the site: PODLAB_CLUSTER=none make run",
            "memory",
        )
    return ok("memory", f"{total / GIGABYTE:.0f} GB")
