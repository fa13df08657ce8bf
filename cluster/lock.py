"""A lock that the kernel takes back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def hold(place: Path, *, wait: bool = False) -> Iterator[None]:
    """Lock a file, made if need be, or a folder: that leaves nothing behind."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(place, os.O_RDONLY if place.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, wait=wait)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, *, wait: bool) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise Problem(
            "already_running",
            "This cluster has a supervisor already.",
            "python manage.py cluster status shows what it does",
        ) from None


def is_held(place: Path) -> bool:
    try:
        with hold(place):
            return False
    except Problem:
        return True
