"""Locks that the kernel takes back when their holder ends."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def hold(folder: Path, tell_waiting: Callable[[], None]) -> Iterator[None]:
    """One at a time in a folder; locking the folder itself leaves no file behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        if not _try(handle):
            tell_waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class LaunchLock:
    """Held while an instance runs; it tells others who runs it and at which address."""

    def __init__(self, state: Path) -> None:
        self._file = state / "launch.lock"
        self._handle = -1

    def take(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._handle = os.open(self._file, flags, 0o644)
        if not _try(self._handle):
            raise _runs_already(self._read())
        self.write("")

    def write(self, address: str) -> None:
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)

    def is_held(self) -> bool:
        with suppress(FileNotFoundError):
            handle = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                return not _try(handle)
            finally:
                os.close(handle)
        return False

    def _read(self) -> dict[str, object]:
        try:
            return dict(json.loads(os.pread(self._handle, 4096, 0)))
        except ValueError:
            return {}


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _runs_already(found: dict[str, object]) -> Problem:
    where = f" at {found['address']}" if found.get("address") else ", and is still starting"
    return Problem(
        "already_running",
        f"This Podlab runs already{where} (process {found.get('pid', 'unknown')}).",
        "Use that one, or end it with Ctrl-C; one beside it: PODLAB_INSTANCE=second make run",
        found,
    )
