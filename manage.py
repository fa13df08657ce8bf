#!/usr/bin/env python3
"""Podlab's commands. Those that need neither settings nor packages start before Django does."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from host.errors import Problem, missing_package, tell, tell_troubles
from host.python import is_too_old, old_python

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHOUT_DJANGO = {
    "cluster": "cluster.cli",
    "doctor": "host.doctor",
    "grade": "grader.cli.grade",
    "judge": "grader.cli.judge",
    "labs": "grader.cli.labs",
}


def main(arguments: Sequence[str]) -> int:
    if is_too_old():
        tell(old_python())
        return 2  # 1 would be a mark
    return tell_troubles(lambda: _run(arguments), "Interrupted.")


def _run(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in WITHOUT_DJANGO:
        return int(import_module(WITHOUT_DJANGO[arguments[0]]).main(arguments[1:]))
    return _run_django(arguments)


def _run_django(arguments: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError as error:
        raise missing_package(error) from None
    try:
        _read_settings()
        execute_from_command_line([sys.argv[0], *arguments])
    except ImproperlyConfigured as error:
        if "--traceback" in arguments:
            raise
        raise Problem(
            "bad_setting",
            " ".join(str(error).split()),
            "The settings are described in docs/settings.md; `make run` sets what it can itself.",
        ) from None
    return 0


def _read_settings() -> None:
    """Django would keep a wrong setting to itself and then claim not to know the command."""
    from django.conf import settings  # noqa: PLC0415

    _ = settings.INSTALLED_APPS


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
