"""The processes of one launch, found by the mark that each inherits in its environment.

Redis writes its title over its environment; its keeper takes it along when it ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MARK = "PODLAB_LAUNCH"
PROC = Path("/proc")


def marked(instance: str, launch: str | None = None) -> list[int]:
    """Those of an instance's launches, or of one of them, but for ourselves."""
    wanted = {f"PODLAB_INSTANCE={instance}".encode()}
    if launch is not None:
        wanted.add(f"{MARK}={launch}".encode())
    return [pid for pid in _all() if pid != os.getpid() and _has(pid, wanted)]


def _all() -> Iterable[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())


def _has(pid: int, wanted: set[bytes]) -> bool:
    try:
        environment = set((PROC / str(pid) / "environ").read_bytes().split(b"\0"))
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return False
    is_launched = any(one.startswith(f"{MARK}=".encode()) for one in environment)
    return is_launched and wanted <= environment and not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def sudos_below(pid: int) -> list[int]:
    """The sudo processes that a process has started, directly or through others."""
    found: list[int] = []
    for child in _children(pid):
        found += [child] if _name(child) == "sudo" else sudos_below(child)
    return found


def lives(pid: int) -> bool:
    return (PROC / str(pid)).exists() and not _is_zombie(pid)


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        threads = (PROC / str(pid) / "task").iterdir()
        lists = [(thread / "children").read_text().split() for thread in threads]
        return [int(child) for children in lists for child in children]
    return []


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "comm").read_text().strip()
    return ""


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end(find: Callable[[], list[int]], patience: float) -> int:
    """Ask all to end, then end them; how many had to be ended by force."""
    send(find(), signal.SIGTERM)
    if wait_until(lambda: not find(), patience):
        return 0
    stubborn = find()
    send(stubborn, signal.SIGKILL)
    wait_until(lambda: not find(), 2.0)
    return len(stubborn)
