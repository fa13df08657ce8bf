"""A lock that the kernel takes back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cluster.processes import wait_until
from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def hold(place: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Lock a file, made if need be, or a folder: that leaves nothing behind.

    With a little patience a passing `is_held` of somebody else is no obstacle.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    taken: list[int] = []
    if not wait_until(lambda: _try(place, taken), patience):
        raise Problem(
            "already_running",
            f"Somebody else holds {place}; for a cluster that is its supervisor.",
            "python manage.py cluster status shows what it does",
        )
    try:
        yield
    finally:
        os.close(taken[0])


def _try(place: Path, taken: list[int]) -> bool:
    handle = _open(place)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_current = os.path.samestat(os.fstat(handle), place.stat())
    except (BlockingIOError, FileNotFoundError):
        is_current = False  # held, or deleted by whoever held it: the name is another file's now
    if not is_current:
        os.close(handle)
        return False
    taken.append(handle)
    return True


def _open(place: Path) -> int:
    if place.is_dir():
        return os.open(place, os.O_RDONLY)
    return os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def is_held(place: Path) -> bool:
    try:
        with hold(place):
            return False
    except Problem:
        return True
