"""A lock that the kernel takes back when its holder dies."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def hold(file: Path, *, wait: bool = False) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Problem(
                "already_running",
                "This cluster has a supervisor already.",
                "python manage.py cluster status shows what it does",
            ) from None
        yield


def is_held(file: Path) -> bool:
    try:
        with hold(file):
            return False
    except Problem:
        return True
