"""The state file: what the cluster is doing, for the status page and for whoever waits for it.

Its form is a contract, described in docs/cluster-state.md. It is replaced whole, never edited,
so that a reader sees either the old text or the new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from host.errors import Problem

Phase = Literal["preparing", "starting", "ready", "degraded", "stopping", "stopped", "failed"]
STAGES = (
    "packages",
    "sources",
    "engine",
    "images",
    "network",
    "control-plane",
    "node",
    "dns",
)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class Stage:
    id: str
    status: Literal["pending", "running", "done", "failed"] = "pending"
    done: int = 0
    total: int = 0
    detail: str = ""
    started_at: str | None = None
    ended_at: str | None = None


@dataclass
class ComponentState:
    name: str
    status: Literal["stopped", "starting", "running", "backing_off"] = "stopped"
    pid: int | None = None
    restarts: int = 0
    memory_bytes: int = 0
    since: str | None = None
    last_exit: str | None = None
    retry_at: str | None = None


@dataclass
class ImageState:
    name: str
    kind: str
    purpose: str


@dataclass
class ErrorState:
    code: str
    message: str
    help: str
    data: dict[str, object] = field(default_factory=dict)


@dataclass
class ClusterState:
    instance: str
    pid: int
    phase: Phase = "preparing"
    schema: int = 1
    updated_at: str = field(default_factory=now)
    api_server: str | None = None
    stages: list[Stage] = field(default_factory=lambda: [Stage(name) for name in STAGES])
    components: list[ComponentState] = field(default_factory=list)
    images: list[ImageState] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: ErrorState | None = None


class StateFile:
    """The one writer of a state file. Safe to use from several threads."""

    MIN_INTERVAL = 0.5

    def __init__(self, path: Path, instance: str) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._closing = threading.Event()
        self.state = ClusterState(instance=instance, pid=os.getpid())
        self._thread = threading.Thread(target=self._keep_writing, daemon=True)

    def open(self) -> None:
        self._write()
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._changed.set()
        self._thread.join()
        self._write()

    def phase(self, phase: Phase) -> None:
        with self._lock:
            self.state.phase = phase
        self._changed.set()

    def progress(self, stage: str, done: int, total: int, detail: str = "") -> None:
        with self._lock:
            entry = self._stage(stage)
            entry.status = "running"
            entry.started_at = entry.started_at or now()
            entry.done, entry.total, entry.detail = done, total, detail
        self._changed.set()

    def finish(self, stage: str) -> None:
        with self._lock:
            entry = self._stage(stage)
            if entry.status == "done":
                return
            entry.status, entry.detail, entry.ended_at = "done", "", now()
            entry.started_at = entry.started_at or entry.ended_at
            entry.done = entry.total
        self._changed.set()

    def fail(self, problem: Problem) -> None:
        with self._lock:
            for entry in self.state.stages:
                if entry.status == "running":
                    entry.status, entry.ended_at = "failed", now()
            self.state.error = ErrorState(
                problem.code, problem.message, problem.help, dict(problem.data)
            )
            self.state.phase = "failed"
        self._changed.set()

    def update(self, **values: object) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(self.state, name, value)
        self._changed.set()

    def touch(self) -> None:
        """Show that the writer lives, and whatever changed inside its entries."""
        self._changed.set()

    def _stage(self, name: str) -> Stage:
        return next(entry for entry in self.state.stages if entry.id == name)

    def _keep_writing(self) -> None:
        while not self._closing.is_set():
            self._changed.wait(timeout=5)
            self._changed.clear()
            # A full disk is told by whoever meets it; the next change finds it free again.
            with contextlib.suppress(OSError):
                self._write()
            self._closing.wait(self.MIN_INTERVAL)

    def _write(self) -> None:
        with self._lock:
            self.state.updated_at = now()
            text = json.dumps(asdict(self.state), ensure_ascii=False, indent=1)
        write_whole(self._path, text, 0o644)


def write_whole(path: Path, text: str, mode: int) -> None:
    """Replace a file in one step; a reader or a crash never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


def read_state(path: Path) -> dict[str, object] | None:
    """What the file says, or nothing where there is none or it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
