"""A verdict on standard output, in the form that was asked for."""

import json
import sys

from grader.catalog import LabDefinition
from grader.cli.receipt import Receipt
from grader.cli.terminal import terminal_of, write
from grader.judge.verdict import Verdict
from grader.words import Report, load_words, render


def show(verdict: Verdict, definition: LabDefinition, output: str, language: str) -> Report:
    report = render(verdict, definition, language)
    if output == "json":
        write_json(report.to_json())
    elif output == "junit":
        from grader.cli.junit import junit  # noqa: PLC0415 - xml takes its time

        write(junit(report, ascii_only=not _is_utf8()))
    else:
        title = definition.title.in_language(language)
        receipt = Receipt(report, title, load_words(language), terminal_of(sys.stdout))
        write("\n".join(receipt.lines()))
    return report


def write_json(value: object) -> None:
    """On one stream with nothing else; JSON is UTF-8, or escapes where the stream is not."""
    write(json.dumps(value, ensure_ascii=not _is_utf8(), indent=1))


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").replace("-", "").lower() == "utf8"
