"""The linter's rule that needs the judge, with a check that is too easily content."""

from pathlib import Path
from typing import Any

import pytest

from grader.catalog.lint import read_subject
from grader.judge import engine
from grader.judge.trial import nothing_passes_where_nothing_is
from grader.judge.verdict import Finding

LAB = Path(__file__).resolve().parents[3] / "labs" / "sidecar-logging"


def test_a_check_that_passes_where_nothing_is_is_named_with_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def content(kind: str) -> Any:
        verdict = "passed" if kind == "shared_volume" else "failed"
        return lambda *_: Finding(verdict, "x")  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "finder", content)
    found = list(nothing_passes_where_nothing_is(read_subject(LAB, frozenset())))
    assert [it.rule for it in found] == ["empty-passes"]
    assert "shared-volume/" in found[0].message
    assert found[0].line is not None


def test_our_labs_give_nothing_for_nothing() -> None:
    for folder in sorted(LAB.parent.glob("*/lab.yaml")):
        subject = read_subject(folder.parent, frozenset())
        assert list(nothing_passes_where_nothing_is(subject)) == []
