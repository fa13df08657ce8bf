"""`python3 -m host.launch run|test|check|clean`: what the Makefile calls."""

from __future__ import annotations

import os
import shutil
import sys

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        return _use_newer_python(arguments)
    from host.commands import run_command  # noqa: PLC0415  (older Pythons cannot read it)

    return run_command(arguments)


def _use_newer_python(arguments: list[str]) -> int:
    found = next(filter(None, map(shutil.which, NEWER)), None)
    if found:
        os.execv(found, [found, "-m", "host.launch", *arguments])  # noqa: S606
    print(
        f"✗ Podlab needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n"
        "  → sudo apt-get install python3.11 python3.11-venv",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
