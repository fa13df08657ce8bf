"""`make accuracy`: proves every lab on the embedded cluster and writes docs/accuracy.md."""

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


def measure_accuracy() -> int:
    """The exit code of `labs verify`; its table is kept, whatever it says."""
    workshop = open_workshop(current_instance(), os.environ, say)
    set_up(workshop, with_tests=False, own_redis=False)
    with _cluster(workshop), tempfile.TemporaryDirectory(prefix="podlab-accuracy-") as folder:
        config = str(Path(folder) / "kubeconfig")
        _demand(workshop, "cluster", "kubeconfig", config)
        options = ("--kubeconfig", config, "--output", "markdown")
        answer = _manage(workshop, "labs", "verify", *options, stdout=subprocess.PIPE)
    if answer.stdout:
        (workshop.root / FILE).write_text(answer.stdout, encoding="utf-8")
        say(f"Written: {FILE}")
    return answer.returncode


@contextmanager
def _cluster(workshop: Workshop) -> Iterator[None]:
    """One that runs already is left running."""
    quiet = _manage(workshop, "cluster", "status", stdout=subprocess.DEVNULL)
    if quiet.returncode == 0:
        yield
        return
    _demand(workshop, "cluster", "up")
    try:
        yield
    finally:
        _manage(workshop, "cluster", "down")


def _demand(workshop: Workshop, *command: str) -> None:
    if _manage(workshop, *command).returncode:
        raise Problem(
            "no_cluster",
            f"manage.py {' '.join(command[:2])} did not succeed.",
            "Its own words are above; put that right, then: make accuracy",
        )


def _manage(
    workshop: Workshop, *command: str, stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(workshop.venv_python), "manage.py", *command],
        cwd=workshop.root,
        stdout=stdout,
        text=True,
        check=False,
    )


def say(text: str) -> None:
    print(text, flush=True)
