"""`labs lint`: everything that is wrong in labs, each with its place and what to write."""

import argparse
import sys
from pathlib import Path
from typing import Any

from grader.catalog.lint import Complaint, complaints_of
from grader.catalog.loader import lab_folders
from grader.cli.lab_choice import LABS_ROOT, find_folder
from grader.cli.outcome import Exit
from grader.cli.terminal import terminal_of, write, write_json
from grader.judge.trial import RULES
from grader.words.lexicon import diagnosis_codes


def lint(options: argparse.Namespace) -> int:
    folders = [find_folder(name) for name in options.lab] or lab_folders(LABS_ROOT)
    codes = diagnosis_codes()
    found = {folder: complaints_of(folder, codes, RULES) for folder in folders}
    if options.output == "json":
        write_json({"schema": 1, "labs": [_entry(folder, found[folder]) for folder in folders]})
    else:
        for folder in folders:
            _print(folder, found[folder])
    return Exit.NOT_FULL if any(found.values()) else Exit.FULL


def _entry(folder: Path, complaints: list[Complaint]) -> dict[str, Any]:
    return {
        "lab": folder.name,
        "complaints": [
            {
                "rule": one.rule,
                "file": _shown(one.file),
                "line": one.line,
                "message": one.message,
                "help": one.help,
            }
            for one in complaints
        ],
    }


def _print(folder: Path, complaints: list[Complaint]) -> None:
    terminal = terminal_of(sys.stdout)
    if not complaints:
        write(f"{terminal.mark('passed')} {folder.name}")
    for one in complaints:
        line = f":{one.line}" if one.line else ""
        place = terminal.paint(f"{_shown(one.file)}{line}", "strong")
        rule = terminal.paint(f"({one.rule})", "faint")
        write(f"{terminal.mark('failed')} {place}: {one.message} {rule}")
        write(f"  {terminal.sign('next')} {one.help}")


def _shown(file: Path) -> str:
    """From where the author stands, as an editor opens it."""
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)
