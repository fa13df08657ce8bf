import json
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import LabDefinition, load_lab
from grader.cli.answers import read_answers
from host.errors import Problem

LABS = Path(__file__).resolve().parents[3] / "labs"


@pytest.fixture(scope="module")
def definition() -> LabDefinition:
    return load_lab(LABS / "fix-multi-dep").definition


def written(folder: Path, answers: Any) -> Path:
    file = folder / "answers.json"
    file.write_text(json.dumps(answers))
    return file


def test_answers_are_read_by_task_and_question(definition: LabDefinition, tmp_path: Path) -> None:
    answers = {"diagnose-nginx": {"port": 80, "state": "running"}}
    assert read_answers(written(tmp_path, answers), definition) == answers


def test_without_a_file_there_are_none(definition: LabDefinition) -> None:
    assert read_answers(None, definition) == {}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([], "does not hold an object"),
        ({"diagnose-nginx": 80}, "the answers of “diagnose-nginx” are no object"),
        ({"diagnose-ngnix": {}}, "did you mean “diagnose-nginx”?"),
        ({"nginx-port": {}}, "there is no task with questions “nginx-port”"),
        ({"diagnose-nginx": {"prot": 80}}, "did you mean “port”?"),
        ({"diagnose-nginx": {"port": [80]}}, "is neither a word nor a number"),
        ({"diagnose-nginx": {"port": None}}, "is neither a word nor a number"),
    ],
)
def test_answers_of_another_shape_are_a_problem_with_a_sentence(
    definition: LabDefinition, tmp_path: Path, answers: Any, words: str
) -> None:
    with pytest.raises(Problem) as caught:
        read_answers(written(tmp_path, answers), definition)
    assert words in caught.value.message
    assert caught.value.help
