"""Which Python Podlab needs. Older ones can read this file, and say so."""

from __future__ import annotations

import sys

from host.errors import Problem

OLDEST = (3, 11)


def is_too_old() -> bool:
    return sys.version_info < OLDEST


def old_python() -> Problem:
    return Problem(
        "old_python",
        f"Podlab needs Python 3.11 or newer; this is {sys.version.split()[0]}.",
        "sudo apt-get install python3.11 python3.11-venv",
    )
