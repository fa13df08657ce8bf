"""Keeping one part of the site running."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host import keep
from host.processes import lives, wait_until

ROOT = Path(__file__).parents[3]
FOR_EVER = "import time, sys; print('up', flush=True); time.sleep(600)"


class Kept:
    def __init__(self, name: str, script: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "host.keep", name, "--", sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PODLAB_RUN_USER": "root" if os.geteuid() == 0 else ""},
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


@pytest.fixture
def start() -> Iterator[Callable[[str, str], Kept]]:
    started: list[Kept] = []

    def begin(name: str, script: str) -> Kept:
        started.append(Kept(name, script))
        return started[-1]

    yield begin
    for kept in started:
        kept.process.terminate()
        kept.process.wait(timeout=15)
        if kept.process.stdout:
            kept.process.stdout.close()


def test_a_part_that_is_killed_is_started_again_and_it_is_said(
    start: Callable[[str, str], Kept],
) -> None:
    kept = start("web", FOR_EVER)
    assert kept.line() == "up"
    (part,) = kept.children()
    os.kill(part, signal.SIGKILL)
    assert kept.line() == "web was ended by SIGKILL; starting it again in 1 s"
    assert kept.line() == "up"


def test_a_cluster_that_cannot_start_is_left_alone_and_the_next_step_is_named(
    start: Callable[[str, str], Kept],
) -> None:
    kept = start("cluster", "import sys; sys.exit(1)")
    line = kept.line()
    assert "the site goes on without it" in line
    assert "manage.py cluster up" in line
    assert kept.process.poll() is None


def test_a_cluster_whose_supervisor_is_killed_is_started_again(
    start: Callable[[str, str], Kept],
) -> None:
    kept = start("cluster", FOR_EVER)
    assert kept.line() == "up"
    os.kill(kept.children()[0], signal.SIGKILL)
    assert "starting it again" in kept.line()


def test_the_end_is_passed_on_and_waited_for(start: Callable[[str, str], Kept]) -> None:
    kept = start("web", FOR_EVER)
    assert kept.line() == "up"
    (part,) = kept.children()
    kept.process.terminate()
    assert kept.process.wait(timeout=10) == 0
    assert not Path(f"/proc/{part}").exists()


def test_a_part_does_not_outlive_a_keeper_that_is_killed(
    start: Callable[[str, str], Kept],
) -> None:
    kept = start("redis", FOR_EVER)
    assert kept.line() == "up"
    (part,) = kept.children()
    kept.process.kill()
    assert wait_until(lambda: not lives(part), 10)


def test_a_part_may_take_seconds_to_end(start: Callable[[str, str], Kept]) -> None:
    """Longer than the keeper's own rhythm: a cluster needs some to stop its Pods."""
    script = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(1.2); print('ended in order', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    kept = start("cluster", script)
    assert kept.line() == "up"
    kept.process.terminate()
    assert kept.line() == "ended in order"
    assert kept.process.wait(timeout=10) == 0


def test_a_part_that_does_not_exist_is_said_without_a_stack_trace(
    start: Callable[[str, str], Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "FIRST_PAUSE", 0.01)
    keeper = keep.Keeper("web", ["/no/such/program"])
    assert keeper._run_once() == 127


def test_one_that_ignores_the_end_is_ended_by_force(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keep, "PATIENCE", 0.2)
    deaf = tmp_path / "deaf"
    script = f"trap '' TERM; touch {deaf}; while :; do sleep 600; done"
    keeper = keep.Keeper("cluster", ["sh", "-c", script])
    part = keeper._start()
    keeper._part = part
    assert wait_until(deaf.exists, 10)
    keeper._on_signal(15, None)
    assert keeper._wait(part) == -signal.SIGKILL


def test_a_wrong_command_line_is_told_how_it_should_be() -> None:
    assert keep.main(["web", "sleep"]) == 2
