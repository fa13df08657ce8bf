"""`make accuracy` and the benches: each wants the packages and a running cluster, and no more."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem
from host.instance import current_instance
from host.setup.site import open_workshop, set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.setup.workshop import Workshop

FILE = Path("docs") / "accuracy.md"
MANAGE = ("manage.py",)


def measure_accuracy() -> int:
    """The exit code of `labs verify`; its table is kept, whatever it says."""
    with _ready() as (workshop, config):
        options = ("--kubeconfig", config, "--output", "markdown")
        answer = _python(workshop, *MANAGE, "labs", "verify", *options, stdout=subprocess.PIPE)
    if answer.stdout:
        (workshop.root / FILE).write_text(answer.stdout, encoding="utf-8")
        say(f"Written: {FILE}")
    return answer.returncode


def bench_grade() -> int:
    """One grade beside the same grade made with other tools."""
    return _bench("bench.grade")


def bench_everything() -> int:
    return max(_bench("bench.grade"), _bench("bench.steady"))


def _bench(module: str) -> int:
    with _ready() as (workshop, config):
        return _python(workshop, "-m", module, "--kubeconfig", config).returncode


@contextmanager
def _ready() -> Iterator[tuple[Workshop, str]]:
    """Packages, a cluster, and an administrator's kubeconfig for as long as it is needed."""
    workshop = open_workshop(current_instance(), os.environ, say)
    set_up(workshop, with_tests=False, own_redis=False)
    with _cluster(workshop), tempfile.TemporaryDirectory(prefix="podlab-measure-") as folder:
        config = str(Path(folder) / "kubeconfig")
        _demand(workshop, "cluster", "kubeconfig", config)
        yield workshop, config


@contextmanager
def _cluster(workshop: Workshop) -> Iterator[None]:
    """One that runs already is left running."""
    quiet = _python(workshop, *MANAGE, "cluster", "status", stdout=subprocess.DEVNULL)
    if quiet.returncode == 0:
        yield
        return
    _demand(workshop, "cluster", "up")
    try:
        yield
    finally:
        _python(workshop, *MANAGE, "cluster", "down")


def _demand(workshop: Workshop, *command: str) -> None:
    if _python(workshop, *MANAGE, *command).returncode:
        raise Problem(
            "no_cluster",
            f"manage.py {' '.join(command[:2])} did not succeed.",
            "Its own words are above; put that right, then the same command again.",
        )


def _python(
    workshop: Workshop, *command: str, stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(workshop.venv_python), *command],
        cwd=workshop.root,
        stdout=stdout,
        text=True,
        check=False,
    )


def say(text: str) -> None:
    print(text, flush=True)
