"""What a person reads while the cluster prepares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cluster import follow
from cluster.state import STAGES
from host.errors import Problem
from host.instance import Instance

if TYPE_CHECKING:
    from pathlib import Path

STAGE: dict[str, Any] = {
    "id": "engine",
    "status": "running",
    "done": 43,
    "total": 100,
    "detail": "",
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "… compiling Kubernetes 43 %"),
        (
            {"id": "images", "done": 3, "total": 9, "detail": "nginx"},
            "… building images 3/9 (nginx)",
        ),
        ({"status": "done"}, "✓ compiling Kubernetes"),
        ({"status": "failed", "total": 0}, "✗ compiling Kubernetes"),
    ],
)
def test_a_stage_is_one_line(changes: dict[str, Any], line: str) -> None:
    assert follow.stage_line(STAGE | changes) == line


def test_every_stage_has_words() -> None:
    assert set(follow.LABELS) == set(STAGES)


def test_a_pipe_gets_each_change_once(capsys: pytest.CaptureFixture[str]) -> None:
    teller = follow.Teller()
    for done in (1, 2, 3):
        teller.tell({"stages": [STAGE | {"done": done}]})
    teller.tell({"stages": [STAGE | {"status": "done"}]})
    assert capsys.readouterr().out.splitlines() == [
        "… compiling Kubernetes 1 %",
        "✓ compiling Kubernetes",
    ]


def test_a_failure_is_raised_with_its_words(tmp_path: Path) -> None:
    instance = Instance("unit", tmp_path, tmp_path, tmp_path)
    instance.cluster_state.write_text(
        '{"phase": "failed", "stages": [], "error":'
        ' {"code": "no_network", "message": "No network.", "help": "Connect."}}'
    )
    with pytest.raises(Problem) as problem:
        follow.follow(instance, lambda: True)
    assert (problem.value.code, problem.value.help) == ("no_network", "Connect.")


def test_a_supervisor_that_ends_without_a_word_is_told(tmp_path: Path) -> None:
    instance = Instance("unit", tmp_path, tmp_path, tmp_path)
    with pytest.raises(Problem) as problem:
        follow.follow(instance, lambda: False)
    assert problem.value.code == "component_failed"
    assert "manage.py cluster up" in problem.value.help
