"""Which Python makes the virtual environment: one that the run user can reach."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from host import apt
from host.errors import Problem
from host.privileges import can_become_root
from host.runuser import can_read, this_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.runuser import User
    from host.setup.workshop import Workshop

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
FIT = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"


def choose_interpreter(workshop: Workshop) -> None:
    """A Python in root's home works for root only; then Debian's own is taken, or installed."""
    found = _fitting(workshop.run_user)
    if found is None and can_become_root() and shutil.which("apt-get"):
        apt.install(apt.plan_installation(["python3-venv"], workshop.say), workshop.say)
        found = _fitting(workshop.run_user)
    if found is None and workshop.run_user.rights:
        found = _stay_root(workshop)
    if found is None:
        raise Problem(
            "missing_tool",
            "This Python cannot make virtual environments (ensurepip is missing).",
            f"sudo apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv",
        )
    workshop.python = str(Path(found).resolve())  # the same one under whichever name
    _refuse_to_hide(workshop)


def _fitting(user: User) -> str | None:
    return next((python for python in _candidates() if _fits(python, user)), None)


def _candidates() -> Iterator[str]:
    yield str(Path(sys._base_executable or sys.executable))  # type: ignore[attr-defined] # noqa: SLF001
    for version in VERSIONS:
        for folder in ("/usr/local/bin", "/usr/bin"):
            yield f"{folder}/python{version}"


def _fits(python: str, user: User) -> bool:
    try:
        answer = subprocess.run(
            [python, "-I", "-c", FIT], cwd="/", capture_output=True, check=False, **user.rights
        )
    except OSError:
        return False
    return answer.returncode == 0


def _stay_root(workshop: Workshop) -> str | None:
    workshop.say(
        f"! No Python 3.11 or newer can be run by the user {workshop.run_user.name} here, so the "
        "site runs as root. To change that: apt-get install python3 python3-venv"
    )
    workshop.run_user = this_user()
    return _fitting(workshop.run_user)


def _refuse_to_hide(workshop: Workshop) -> None:
    """A clone inside a closed folder: the least bad is to say so and to stay root."""
    files = [workshop.root / name for name in ("manage.py", "Procfile", "web/settings.py")]
    if workshop.run_user.rights and not can_read(workshop.run_user, workshop.python, files):
        workshop.say(
            f"! The user {workshop.run_user.name} cannot read {workshop.root}, so the site runs as "
            "root. To change that: move the project, for instance below /srv, or open its folders."
        )
        workshop.run_user = this_user()
