"""A verdict from a file of evidence."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.cli.files import read_json
from grader.cli.lab_choice import open_lab
from grader.cli.language import choose_language
from grader.cli.outcome import exit_of
from grader.cli.show import judge_and_show
from grader.evidence.load import read_evidence
from grader.evidence.model import Evidence
from host.errors import Problem

LARGEST_FILE = 16 * 1024 * 1024
SHAPE = "evidence, as grade --save-evidence writes it, or a case of a lab"


def judge_again(options: argparse.Namespace) -> int:
    lab = open_lab(options.lab)
    evidence = read_evidence_file(options.evidence, lab.slug)
    language = choose_language(options.language)
    return exit_of(judge_and_show(lab, evidence, options.output, language))


def read_evidence_file(file: Path, slug: str) -> Evidence:
    return read_evidence(_of_this_lab(read_json(file, SHAPE, LARGEST_FILE), file, slug))


def _of_this_lab(content: Any, file: Path, slug: str) -> Mapping[str, Any]:
    evidence = content.get("evidence", content) if isinstance(content, dict) else None
    if not isinstance(evidence, dict) or not isinstance(evidence.get("lab"), str):
        raise Problem("bad_evidence", f"{file} holds no evidence.", f"It should hold {SHAPE}.")
    if evidence["lab"] != slug:
        raise Problem(
            "bad_evidence",
            f"{file} was taken for the lab “{evidence['lab']}”, not for “{slug}”.",
            f"python manage.py judge {evidence['lab']} --evidence {file}",
        )
    return evidence
