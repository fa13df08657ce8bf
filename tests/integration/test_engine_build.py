"""Building the engine, interrupted and without a network.

A whole build takes minutes and is what the `cluster` fixture rests on; these stop as soon as they
have seen enough.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Self

import pytest

from tests.integration.driver import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

BUILD = """
import sys
from pathlib import Path
from cluster.build_engine import build_engine
from host.errors import Problem, tell
def progress(stage, done, total, detail):
    print(stage, done, total, flush=True)
try:
    build_engine(Path(sys.argv[1]), progress, lambda stage: None)
except Problem as problem:
    raise SystemExit(tell(problem))
"""


class _Build:
    def __init__(self, cache: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(cache)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """As if the machine had lost power: no time to tidy up."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def progress(self) -> Iterator[tuple[str, int, int]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            stage, done, total = line.split()
            yield stage, int(done), int(total)


def test_an_interrupted_build_goes_on_where_it_stopped(cluster: object, tmp_path: Path) -> None:
    with _Build(tmp_path) as first:
        steps = first.progress()
        assert next(steps)[1] == 0, "nothing is there yet"
        waiting = next(total for stage, done, total in steps if stage == "engine" and done >= 300)
    with _Build(tmp_path) as second:
        steps = second.progress()
        assert next(steps)[1] > 100, "sources that had been fetched are not fetched again"
        still_waiting = next(total for stage, _, total in steps if stage == "engine")
    assert still_waiting <= waiting - 250, "packages that had been compiled are not compiled again"


def test_without_a_network_the_build_says_so_and_what_to_do(tmp_path: Path) -> None:
    with _Build(tmp_path, GOPROXY="http://127.0.0.1:9") as build:
        assert build.process.stderr is not None
        said = build.process.stderr.read()
        assert build.process.wait() == 1
        assert "Building Kubernetes stopped" in said
        assert "Connect to the network" in said
        assert "Traceback" not in said
