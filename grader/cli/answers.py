"""The learner's answers to a lab's questions: `{"task": {"question": value}}`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.catalog import LabDefinition
from grader.catalog.suggestions import did_you_mean
from grader.cli.files import read_json
from host.errors import Problem

Answers = Mapping[str, Mapping[str, Any]]
LARGEST_FILE = 256 * 1024
SHAPE = "answers, as in {“task”: {“question”: value}}"


def read_answers(file: Path | None, definition: LabDefinition) -> Answers:
    if file is None:
        return {}
    answers = read_json(file, SHAPE, LARGEST_FILE)
    if not isinstance(answers, dict):
        raise Problem("bad_answers", f"{file} does not hold an object.", f"It should hold {SHAPE}.")
    known = {task.id: [one.id for one in task.questions] for task in definition.tasks}
    for task, given in answers.items():
        _demand_known(file, "task with questions", task, [key for key in known if known[key]])
        if not isinstance(given, dict):
            raise Problem(
                "bad_answers",
                f"{file}: the answers of “{task}” are no object.",
                f"It should hold {SHAPE}.",
            )
        for question, value in given.items():
            _demand_known(file, f"question of “{task}”", question, known[task])
            _demand_plain(file, task, question, value)
    return answers


def _demand_known(file: Path, what: str, name: str, known: list[str]) -> None:
    if name in known:
        return
    raise Problem(
        "bad_answers",
        f"{file}: there is no {what} “{name}”; {did_you_mean(name, known)}",
        f"It should hold {SHAPE}.",
    )


def _demand_plain(file: Path, task: str, question: str, value: object) -> None:
    if not isinstance(value, str | int | float | bool):
        raise Problem(
            "bad_answers",
            f"{file}: the answer to “{task}/{question}” is neither a word nor a number.",
            "Write one value, such as 80 or “running”.",
        )
