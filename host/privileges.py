"""Root only where root is needed, and said before it is used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Literal

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable


def is_root() -> bool:
    return os.geteuid() == 0


def root_prefix(reason: str, say: Callable[[str], None]) -> list[str]:
    """Words to put before a command that needs root: nothing for root, sudo for others."""
    if is_root():
        return []
    sudo = shutil.which("sudo")
    if sudo and _sudo_asks_nothing(sudo):
        return [sudo, "-n"]
    if sudo and sys.stdin.isatty():
        say(f"{reason} needs root; sudo may ask for your password.")
        return [sudo]
    raise Problem(
        "no_root",
        f"{reason} needs root, and this user ({os.geteuid()}) cannot become root here.",
        "Run the same command in a terminal of a user who may use sudo, or as root.",
    )


def how_to_be_root(say: Callable[[str], None]) -> Literal["free", "terminal", "none"]:
    """How the cluster gets its rights; a password is asked for once, at the beginning."""
    if is_root():
        return "free"
    if can_become_root():
        say("The cluster is started as root, by sudo; everything else runs as you.")
        return "free"
    sudo = shutil.which("sudo")
    if sudo and sys.stdin.isatty():
        say("The cluster needs root; everything else runs as you. sudo asks for your password.")
        if subprocess.run([sudo, "-v"], check=False).returncode == 0:
            return "terminal"
    say(
        "! The cluster needs root, which this user cannot become here: the site runs without one.\n"
        "  → Run make run in a terminal of a user who may use sudo, or use another cluster: "
        "PODLAB_CLUSTER=kubeconfig PODLAB_KUBECONFIG=FILE make run"
    )
    return "none"


def can_become_root() -> bool:
    """Without asking anybody anything."""
    sudo = shutil.which("sudo")
    return is_root() or (sudo is not None and _sudo_asks_nothing(sudo))


def _sudo_asks_nothing(sudo: str) -> bool:
    answer = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
    return answer.returncode == 0
