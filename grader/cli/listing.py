"""`labs list`: the labs of this site, and the folders that cannot be read."""

import argparse
import sys
from typing import Any

from grader.catalog import Lab, LabError, load_labs
from grader.cli.lab_choice import LABS_ROOT
from grader.cli.language import choose_language
from grader.cli.outcome import Exit
from grader.cli.terminal import pad, terminal_of, write, write_json
from grader.judge.versions import lab_version


def list_labs(options: argparse.Namespace) -> int:
    labs, errors = load_labs(LABS_ROOT)
    language = choose_language(options.language)
    if options.output == "json":
        write_json({"schema": 1, "labs": [_entry(lab, language) for lab in labs]})
    else:
        _print(labs, language)
    for error in errors:
        _tell(error)
    return Exit.USAGE if errors else Exit.FULL


def _entry(lab: Lab, language: str) -> dict[str, Any]:
    definition = lab.definition
    return {
        "lab": lab.slug,
        "lab_version": lab_version(definition),
        "order": definition.order,
        "pattern": definition.pattern.value,
        "minutes": definition.minutes,
        "title": definition.title.in_language(language),
        "summary": definition.summary.in_language(language),
        "tasks": [{"id": task.id, "points": task.points} for task in definition.tasks],
    }


def _print(labs: list[Lab], language: str) -> None:
    terminal = terminal_of(sys.stdout)
    width = max((len(lab.slug) for lab in labs), default=0)
    for lab in labs:
        definition = lab.definition
        name = terminal.paint(pad(lab.slug, width), "strong")
        size = f"{len(definition.tasks):>2} tasks {definition.minutes:>3} min"
        title = definition.title.in_language(language)
        write(f"{definition.order:>3}  {name}  {terminal.paint(size, 'faint')}  {title}")


def _tell(error: LabError) -> None:
    write(f"✗ {error}", sys.stderr)
    write(f"  → python manage.py labs lint {error.file.parent.name}", sys.stderr)
