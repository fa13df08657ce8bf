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
    handle = os.open(place, os.O_RDONLY if place.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, patience)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, patience: float) -> None:
    if not wait_until(lambda: _try(handle), patience):
        raise Problem(
            "already_running",
            "This cluster has a supervisor already.",
            "python manage.py cluster status shows what it does",
        )


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(place: Path) -> bool:
    try:
        with hold(place):
            return False
    except Problem:
        return True
