"""`manage.py judge`: the same verdict again, from saved evidence and without a cluster."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from grader.cli.outcome import run
from grader.cli.parsing import add_output, command_parser

EXAMPLES = """examples:
  python manage.py judge sidecar-logging --evidence evidence.json
  python manage.py judge ./my-lab --evidence ./my-lab/cases/solution-plain.json --output json

exit codes: 0 full marks, 1 judged and not full, 2 wrong usage, lab or file, 3 something unknown
"""


def main(arguments: Sequence[str]) -> int:
    return run("grader.cli.judging:judge_again", _parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("judge", "The verdict on saved evidence, offline.", EXAMPLES)
    parser.add_argument("lab", metavar="LAB", help="a lab of the course, or a folder (./my-lab)")
    parser.add_argument(
        "--evidence",
        metavar="FILE",
        type=Path,
        required=True,
        help="what grade --save-evidence wrote, or a case of a lab; at most 16 MiB",
    )
    add_output(parser)
    return parser
