"""The one error that people see: what we saw, and what to do next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Problem(Exception):  # noqa: N818  (a problem is told to a person; it is not a fault in the program)
    """Something that a person has to put right before the work can go on."""

    def __init__(
        self,
        code: str,
        message: str,
        help: str,  # noqa: A002
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.data: dict[str, object] = dict(data or {})

    def __str__(self) -> str:
        return f"{self.message}\n{self.help}"


def system_problem(error: OSError) -> Problem:
    """What the system refused, for the commands' last net: never a stack trace."""
    where = f"{error.filename}: " if error.filename else ""
    return Problem(
        "system_error",
        f"The system refused: {where}{error.strerror or error}.",
        "Put it right (a full disk, a missing right, a wrong path?), then the same command again",
    )


def missing_package(error: ImportError) -> Problem:
    """A Python without our packages was started: another one has them."""
    return Problem(
        "missing_package",
        f"The Python package {error.name or 'django'} is not installed for {sys.executable}.",
        "`make run` installs everything; then use: .venv/bin/python manage.py",
    )


def tell(problem: Problem) -> int:
    """Say the problem on standard error and give the exit code of a command that met it."""
    print(f"✗ {problem.message}", file=sys.stderr)
    print(f"  → {problem.help}", file=sys.stderr)
    return 1


def tell_troubles(work: Callable[[], int], interrupted: str) -> int:
    """The last net of every command: what goes wrong in it ends in a sentence and an exit code."""
    try:
        return work()
    except Problem as problem:
        return tell(problem)
    except OSError as error:
        return tell(system_problem(error))
    except KeyboardInterrupt:
        print(f"\n{interrupted}", file=sys.stderr)
        return 130
