"""`manage.py grade`: looks at a namespace once and says what is right, what is not, and why."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from grader.cli.outcome import run
from grader.cli.parsing import add_output, command_parser
from grader.cli.target import add_cluster

EXAMPLES = """examples:
  python manage.py grade sidecar-logging --namespace alice
  python manage.py grade sidecar-logging --namespace alice --kubeconfig ~/podlab --output json
  python manage.py grade fix-multi-dep --namespace alice --answers answers.json --language ko

exit codes: 0 full marks, 1 graded and not full, 2 wrong usage or lab, 3 something unknown
"""
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def main(arguments: Sequence[str]) -> int:
    return run("grader.cli.grading:grade", _parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("grade", "Grade a lab in a namespace of a real cluster.", EXAMPLES)
    parser.add_argument("lab", metavar="LAB", help="a lab of the course, or a folder (./my-lab)")
    parser.add_argument(
        "--namespace", metavar="NS", type=_namespace, required=True, help="where the learner works"
    )
    add_cluster(parser)
    parser.add_argument(
        "--answers", metavar="FILE", type=Path, help='JSON: {"task": {"question": value}}'
    )
    add_output(parser)
    parser.add_argument(
        "--save-evidence", metavar="FILE", type=Path, help="what was seen, for manage.py judge"
    )
    return parser


def _namespace(name: str) -> str:
    if not NAMESPACE.fullmatch(name):
        raise argparse.ArgumentTypeError(
            f"“{name}” cannot be the name of a namespace: 1 to 63 of a-z, 0-9 and “-”."
        )
    return name
