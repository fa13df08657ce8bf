"""docs/writing-a-lab.md names what there is to write."""

import re
from pathlib import Path
from typing import get_args

import pytest

from grader.catalog.checks import AnyCheck
from grader.catalog.definition import LabDefinition, Task
from grader.catalog.lint import RULES as RULES_OF_CATALOG
from grader.catalog.probes import Probe
from grader.catalog.questions import AnyQuestion
from grader.catalog.runs import Run
from grader.catalog.workloads import Role
from grader.judge.trial import RULES as RULES_OF_JUDGE

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "writing-a-lab.md").read_text(encoding="utf-8")


def kinds(union: object) -> dict[str, set[str]]:
    """The keys of every kind of a union, but those that all of them have."""
    models = get_args(get_args(union)[0])
    common = {"kind", "id", "prompt", "live"}
    return {
        get_args(model.model_fields["kind"].annotation)[0]: set(model.model_fields) - common
        for model in models
    }


def row(name: str) -> str:
    found = re.search(rf"^\| (?:`[^|]*, )?`{re.escape(name)}`.*$", TEXT, re.MULTILINE)
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("kind", "keys"),
    [*kinds(AnyCheck).items(), *kinds(Probe).items(), *kinds(AnyQuestion).items()],
)
def test_every_kind_is_documented_with_its_keys(kind: str, keys: set[str]) -> None:
    assert row(kind)
    assert [key for key in sorted(keys) if f"`{key}`" not in row(kind)] == []


@pytest.mark.parametrize("model", [LabDefinition, Task, Run, Role])
def test_every_key_is_documented(model: type[LabDefinition | Task | Run | Role]) -> None:
    assert [key for key in model.model_fields if f"`{key}`" not in TEXT] == [
        key for key in ("id", "points", "text", "title") if model is Task and f"`{key}`" not in TEXT
    ]


def test_every_rule_of_lint_is_documented() -> None:
    used = set()
    for rule in (*RULES_OF_CATALOG, *RULES_OF_JUDGE):
        source = Path(rule.__code__.co_filename).read_text(encoding="utf-8")
        used |= set(re.findall(r'(?:complain|Complaint)\(\s*"([a-z-]+)"', source))
    assert used
    assert [rule for rule in sorted(used) if f"`{rule}`" not in TEXT] == []
