"""Starting, watching and starting again, with a real child process."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from cluster import parts, processes
from cluster.components import Component
from cluster.parts import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Part]:
    component = Component("sleeper", tuple(SLEEPER), outside=True)
    one = Part(component, SLEEPER, dict(os.environ), tmp_path / "log")
    yield one
    _end(one)


def _end(part: Part) -> None:
    processes.end(part.pids())
    assert part.ended(), "asking also takes the zombie away"


def _tend_until(part: Part, condition: Callable[[], bool]) -> None:
    def tended() -> bool:
        part.tend({"none"})
        return condition()

    assert processes.wait_until(tended, timeout=20)


def test_a_part_starts_only_when_its_gate_is_open(tmp_path: Path) -> None:
    component = Component("sleeper", tuple(SLEEPER), waits_for="api", outside=True)
    part = Part(component, SLEEPER, dict(os.environ), tmp_path / "log")
    part.tend({"none"})
    assert part.pids() == []
    part.tend({"none", "api"})
    assert part.pids() != []
    _end(part)


def test_a_killed_part_is_started_again_and_says_how_it_ended(part: Part) -> None:
    _tend_until(part, lambda: part.state.status == "running")
    os.kill(part.pids()[0], signal.SIGKILL)
    _tend_until(part, lambda: part.state.status == "backing_off")
    assert part.state.last_exit == "killed by signal 9"
    assert part.state.retry_at is not None
    assert part.ended()
    _tend_until(part, lambda: part.state.status == "running")
    assert part.state.restarts == 1


def test_pauses_grow_up_to_a_limit(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("cluster.parts.time.monotonic", lambda: clock[0])
    pauses = []
    for _ in range(9):
        part._note_end(1)
        pauses.append(part._next_try - clock[0])
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_signal_seen_through_nsenter_keeps_its_name(tmp_path: Path) -> None:
    component = Component("inside", ("true",))
    part = Part(component, ["true"], {}, tmp_path / "log")
    part._note_end(137)
    assert part.state.last_exit == "killed by signal 9"
    part._note_end(2)
    assert part.state.last_exit == "exit code 2"


def test_a_log_that_grew_too_long_is_put_aside(part: Part, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        log.truncate(parts.LOG_LIMIT + 1)
    _tend_until(part, lambda: part.state.status == "running")
    assert (
        (tmp_path / "log.old.log").exists()
        or (tmp_path / "log.old").exists()
        or list(tmp_path.glob("*.old*"))
    )
    assert (tmp_path / "log").stat().st_size < parts.LOG_LIMIT
