"""`manage.py labs`: for those who write labs."""

import argparse
from collections.abc import Sequence

from grader.cli.outcome import run
from grader.cli.parsing import add_language, command_parser
from grader.cli.target import add_cluster

EXAMPLES = """examples:
  python manage.py labs list                        the labs of this site
  python manage.py labs new log-rotation            a folder to begin with
  python manage.py labs lint log-rotation           what is wrong in it, and where
  python manage.py labs preview log-rotation        what a learner would see
  python manage.py labs verify log-rotation         prove it on a real cluster
  python manage.py labs verify --output markdown    the table of docs/accuracy.md
"""
LAB = "a lab of the course, or a folder (./my-lab)"


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    return run(options.work, options)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("labs", "List, check, look at, prove and begin labs.", EXAMPLES)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_list(commands.add_parser("list", help="the labs in the order of the course"))
    _add_lint(commands.add_parser("lint", help="what an author got wrong, with file and line"))
    _add_verify(commands.add_parser("verify", help="solutions, start and mutants on a cluster"))
    _add_preview(commands.add_parser("preview", help="what a learner sees, in the terminal"))
    _add_new(commands.add_parser("new", help="a folder to begin a lab with"))
    return parser


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(work="grader.cli.listing:list_labs")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    add_language(parser)


def _add_lint(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(work="grader.cli.linting:lint")
    parser.description = "Exit codes: 0 nothing to say, 1 something is wrong, 2 wrong usage."
    parser.add_argument("lab", metavar="LAB", nargs="*", help=f"{LAB}; else all of them")
    parser.add_argument("--output", choices=("text", "json"), default="text")


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(work="grader.cli.verifying:verify")
    parser.description = (
        "Apply every start, solution and mutant in a namespace of its own, grade it and compare "
        "with what run.yaml promises. Exit codes: 0 all as promised, 1 not, 2 wrong usage."
    )
    parser.add_argument("lab", metavar="LAB", nargs="*", help=f"{LAB}; else all of them")
    add_cluster(parser)
    parser.add_argument("--jobs", metavar="N", type=_jobs, default=6, help="at once; default 6")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="such as mutant-own-redis, or a part of it; more than once for several",
    )
    parser.add_argument(
        "--record", action="store_true", help="store evidence and verdict in cases/"
    )
    parser.add_argument(
        "--stored", action="store_true", help="judge the stored cases again; needs no cluster"
    )
    parser.add_argument("--output", choices=("text", "json", "markdown"), default="text")


def _jobs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 32:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number from 1 to 32.")
    return int(text)


def _add_preview(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(work="grader.cli.previewing:preview")
    parser.add_argument("lab", metavar="LAB", help=LAB)
    parser.add_argument(
        "--hints", type=int, choices=(0, 1, 2, 3), default=0, help="so many hints per task"
    )
    parser.add_argument(
        "--explanations", action="store_true", help="also what is shown after a task has passed"
    )
    parser.add_argument("--output", choices=("text", "json"), default="text")
    add_language(parser)


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(work="grader.cli.beginning:begin")
    parser.add_argument("slug", metavar="SLUG", help="its name in addresses: a-z, 0-9 and “-”")
