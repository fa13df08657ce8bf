"""Reads the file in which the cluster's supervisor says what it does (docs/cluster-state.md).

The file belongs to another process, often of another user: it may be missing, half a year old,
or nonsense. Every case has a phase of its own and none raises.
"""

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

LARGEST_FILE = 1024 * 1024
# The supervisor rewrites the file at least every ten seconds while it lives.
STALE = timedelta(seconds=30)

FilePhase = Literal["preparing", "starting", "ready", "degraded", "stopping", "stopped", "failed"]
# `none`: never started. `gone`: the supervisor died. `unreadable`: the file makes no sense.
# `unreachable`: a cluster that is not ours does not answer. `off`: the site has no cluster.
Phase = Literal[FilePhase, "none", "gone", "unreadable", "unreachable", "off"]
LIVING: frozenset[str] = frozenset({"preparing", "starting", "ready", "degraded", "stopping"})

Word = Annotated[str, StringConstraints(max_length=100)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class Lenient(BaseModel):
    """A newer supervisor may say more than this site knows."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Stage(Lenient):
    id: Word
    status: Literal["pending", "running", "done", "failed"]
    done: Count = 0
    total: Count = 0
    detail: Text | None = None

    @property
    def percent(self) -> int | None:
        """None where nobody knows how much there is to do."""
        if self.status == "done":
            return 100
        return min(100, self.done * 100 // self.total) if self.total else None


class Component(Lenient):
    name: Word
    status: Literal["stopped", "starting", "running", "backing_off"]
    restarts: Count = 0
    memory_bytes: Count | None = None
    last_exit: Text | None = None
    retry_at: AwareDatetime | None = None


class Image(Lenient):
    name: Text
    kind: Literal["stand-in", "real", "own"]
    purpose: Text = ""


class Trouble(Lenient):
    code: Word
    message: Text = ""
    help: Text = ""


class StateFile(Lenient):
    """The document on disk, as far as the site shows it."""

    # `schema` on disk; pydantic has a method of that name.
    version: Literal[1] = Field(alias="schema")
    pid: Annotated[int, Field(gt=1)]
    updated_at: AwareDatetime
    phase: FilePhase
    stages: tuple[Stage, ...] = ()
    components: tuple[Component, ...] = ()
    images: tuple[Image, ...] = ()
    notes: tuple[Word, ...] = ()
    error: Trouble | None = None


@dataclass(frozen=True)
class ClusterStatus:
    phase: Phase
    stages: tuple[Stage, ...] = ()
    components: tuple[Component, ...] = ()
    images: tuple[Image, ...] = ()
    notes: tuple[str, ...] = ()
    error: Trouble | None = None
    source: str = field(default="embedded")

    @property
    def current_stage(self) -> Stage | None:
        return next((stage for stage in self.stages if stage.status in {"running", "failed"}), None)


def read_cluster_state(file: Path, *, now: datetime | None = None) -> ClusterStatus:
    try:
        raw = _read(file)
        document = StateFile.model_validate_json(raw)
    except FileNotFoundError:
        return ClusterStatus(phase="none")
    except (OSError, ValidationError, ValueError):
        return ClusterStatus(phase="unreadable")
    status = ClusterStatus(
        phase=document.phase,
        stages=document.stages,
        components=document.components,
        images=document.images,
        notes=document.notes,
        error=document.error,
    )
    if document.phase in LIVING and not _supervised(document, now or datetime.now(UTC)):
        return replace(status, phase="gone", components=())
    return status


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        raw = stream.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise ValueError("too large")
    return raw


def _supervised(document: StateFile, now: datetime) -> bool:
    return now - document.updated_at <= STALE and _lives(document.pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # it lives and belongs to root
    except (ProcessLookupError, OverflowError):
        return False
    return True
