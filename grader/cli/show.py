"""Evidence becomes a verdict on standard output, in the form that was asked for."""

import sys

from grader.catalog import Lab
from grader.cli.receipt import Receipt
from grader.cli.terminal import is_utf8, terminal_of, write, write_json
from grader.evidence.model import Evidence
from grader.judge.engine import judge
from grader.words.lexicon import load_words
from grader.words.render import render
from grader.words.report import Report


def judge_and_show(lab: Lab, evidence: Evidence, output: str, language: str) -> Report:
    definition = lab.definition
    report = render(judge(lab, evidence), definition, language)
    if output == "json":
        write_json(report.to_json())
    elif output == "junit":
        from grader.cli.junit import junit  # noqa: PLC0415 - xml takes its time

        write(junit(report, ascii_only=not is_utf8(sys.stdout)))
    else:
        title = definition.title.in_language(language)
        receipt = Receipt(report, title, load_words(language), terminal_of(sys.stdout))
        write("\n".join(receipt.lines()))
    return report
