"""`python3 -m host.launch run|test|check|clean`: what the Makefile calls."""

from __future__ import annotations

import os
import shutil
import sys

from host.errors import tell
from host.python import is_too_old, old_python

NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def main(arguments: list[str]) -> int:
    if is_too_old():
        return _use_newer_python(arguments)
    from host.commands import run_command  # noqa: PLC0415  (older Pythons cannot read it)

    return run_command(arguments)


def _use_newer_python(arguments: list[str]) -> int:
    found = next(filter(None, map(shutil.which, NEWER)), None)
    if found:
        os.execv(found, [found, "-m", "host.launch", *arguments])  # noqa: S606
    return tell(old_python())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
