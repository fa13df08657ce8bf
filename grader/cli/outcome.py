"""How a command ends: its exit code, and a sentence instead of a stack trace."""

import argparse
import os
import sys
from enum import IntEnum
from importlib import import_module
from typing import Protocol

from grader.cli.terminal import write
from host.errors import Problem, missing_package, system_problem, tell


class Exit(IntEnum):
    FULL = 0
    NOT_FULL = 1
    # Not 1: a script must not take a mistyped name for a mark.
    USAGE = 2
    UNKNOWN = 3
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class Marks(Protocol):
    @property
    def score(self) -> int: ...
    @property
    def open_points(self) -> int: ...
    @property
    def max_score(self) -> int: ...


def exit_of(marks: Marks) -> Exit:
    if marks.open_points:
        return Exit.UNKNOWN
    return Exit.FULL if marks.score == marks.max_score else Exit.NOT_FULL


def run(work: str, options: argparse.Namespace) -> int:
    """Do `module:function`, imported only now: `--help` and a mistyped option answer at once.

    The last net of these commands, too: what goes wrong in them ends in two lines and code 2.
    """
    # Whatever else is installed has no say in a verdict, and looking for it takes time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    module, _, function = work.partition(":")
    try:
        code = int(getattr(import_module(module), function)(options))
        sys.stdout.flush()
    except Problem as problem:
        tell(problem)
        return Exit.USAGE
    except ImportError as error:
        tell(missing_package(error))
        return Exit.USAGE
    except BrokenPipeError:
        # Whoever read us went away. Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.BROKEN_PIPE
    except OSError as error:
        tell(system_problem(error))
        return Exit.USAGE
    except KeyboardInterrupt:
        write("\nInterrupted.", sys.stderr)
        return Exit.INTERRUPTED
    return code
