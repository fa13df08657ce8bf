"""Start, find and end the processes of one cluster.

Each carries the instance's name in its environment. The name cannot go stale as a pid file can,
and it is inherited: containerd's shims carry it as well.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

INSTANCE = "PODLAB_CLUSTER_INSTANCE"
PART = "PODLAB_CLUSTER_PART"
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Found:
    pid: int
    part: str


def marked_environment(instance: str, part: str) -> dict[str, str]:
    return {**os.environ, INSTANCE: instance, PART: part}


def find(instance: str) -> list[Found]:
    """Every living process that carries this instance's name, ourselves left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            marks = _marks(entry)
            if marks.get(INSTANCE) == instance:
                found.append(Found(int(entry.name), marks.get(PART, "")))
    return found


def _marks(process: Path) -> dict[str, str]:
    try:
        text = (process / "environ").read_bytes().decode(errors="replace")
        if not text or _is_zombie(process):
            return {}
    except OSError:
        return {}
    pairs = (item.partition("=") for item in text.split("\0"))
    return {name: value for name, _, value in pairs if name in (INSTANCE, PART)}


def _is_zombie(process: Path) -> bool:
    return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def is_alive(pid: int) -> bool:
    try:
        return not _is_zombie(Path("/proc") / str(pid))
    except OSError:
        return False


def memory_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def children(pid: int) -> list[int]:
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def end(pids: Iterable[int], patience: float = 5.0) -> None:
    """Ask, wait, and insist."""
    waiting = list(pids)
    send(waiting, signal.SIGTERM)
    wait_until(lambda: not any(is_alive(pid) for pid in waiting), patience)
    send(waiting, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in waiting), patience)


def wait_until(condition: Callable[[], bool], timeout: float, interval: float = 0.02) -> bool:
    """Poll something that the kernel offers no event for."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def enter(holder_pid: int, command: list[str]) -> list[str]:
    """The same command inside the namespaces that the holder keeps."""
    target = ["nsenter", "--target", str(holder_pid), "--mount", "--net", "--pid", "--wd=/"]
    return [*target, "--", *command]


def describe_exit(code: int) -> str:
    if code < 0:
        return f"killed by signal {-code}"
    return f"exit code {code}"


def start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C at the terminal is for the supervisor to handle."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def command_name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def limits() -> list[str]:
    """The real mysql:5.7 allocates by the number of files it may open: keep that number sane."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    return ["prlimit", f"--nofile={files}:{files}", "--"]
