"""`make clean`: remove what this clone made, and say what stays and why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from host.errors import Problem
from host.instance import current_instance
from host.locks import LaunchLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host.instance import Instance

MADE = (
    ".venv",
    "node_modules",
    "web/static/build",
    "staticfiles",
    "test-results",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".import_linter_cache",
    ".hypothesis",
)
ROOMS = ("host", "web", "grader", "cluster", "tests", "labs", "bench")


def clean() -> int:
    instance = current_instance()
    if LaunchLock(instance.state).is_held():
        raise Problem(
            "already_running",
            "This Podlab is running.",
            "End it first: Ctrl-C where `make run` was started.",
        )
    _purge_cluster(instance)
    for path in _made(instance.root):
        _remove(path)
    _remove(instance.state)
    _tell_what_stays(instance)
    return 0


def _purge_cluster(instance: Instance) -> None:
    """Its processes, mounts and namespaces first: files below mounts must not be deleted."""
    if not (instance.cluster_state.exists() or instance.cluster.exists()):
        return
    command = [sys.executable, "manage.py", "cluster", "down", "--purge"]
    if subprocess.run(command, cwd=instance.root, check=False).returncode != 0:
        raise Problem(
            "cluster_remains",
            "The cluster could not be taken away; nothing else was removed.",
            "python3 manage.py cluster down --purge says why; then: make clean",
        )


def _made(root: Path) -> Iterator[Path]:
    yield from (root / name for name in MADE if (root / name).exists())
    yield from root.glob("web/locale/*/LC_MESSAGES/*.mo")
    for room in ROOMS:
        yield from root.glob(f"{room}/**/__pycache__")
    yield from root.glob("__pycache__")


def _remove(path: Path) -> None:
    if not path.exists():
        return
    print(f"  removing {path}")
    try:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    except PermissionError as error:
        raise Problem(
            "no_root",
            f"{error.filename} belongs to somebody else, perhaps to root.",
            "sudo make clean",
        ) from None


def _tell_what_stays(instance: Instance) -> None:
    print("What stays, because other copies and programs may use it:")
    if instance.cache.exists():
        print(f"  {instance.cache} ({_size(instance.cache)}): what was built and downloaded,")
        print(f"    shared by all copies of Podlab here; to delete it: rm -r {instance.cache}")
    print("  packages of the system that were installed, and the system user “podlab”")


def _size(folder: Path) -> str:
    total = 0
    for place, _, files in os.walk(folder):
        total += sum(os.lstat(os.path.join(place, name)).st_size for name in files)  # noqa: PTH118
    return f"{total / 1e9:.1f} GB" if total > 1e8 else f"{total / 1e6:.0f} MB"
