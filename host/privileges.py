"""Root only where root is needed, and said before it is used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

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


def can_become_root() -> bool:
    """Without asking anybody anything."""
    sudo = shutil.which("sudo")
    return is_root() or (sudo is not None and _sudo_asks_nothing(sudo))


def _sudo_asks_nothing(sudo: str) -> bool:
    answer = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
    return answer.returncode == 0
