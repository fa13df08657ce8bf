"""What the documents promise to name, they name."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING

import pytest

import grader.kube
from cluster.state import STAGES, ClusterState
from grader.kube.errors import KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def _problem_codes() -> Iterator[str]:
    """The first argument of every `Problem(...)` that is raised at a terminal."""
    for room in ("host", "cluster", "grader"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem":
                    yield from (
                        str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant)
                    )


def _cluster_codes() -> set[str]:
    """Those of every `KubeError`: a `Problem(error.code, …)` carries them to the terminal."""
    for module in walk_packages(grader.kube.__path__, "grader.kube."):
        import_module(module.name)
    kinds = [KubeError]
    for kind in kinds:  # grows while it is walked through
        kinds += kind.__subclasses__()
    return {kind.code for kind in kinds if kind.__module__.startswith("grader.")}


def test_every_error_code_of_the_terminal_is_documented() -> None:
    text = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    codes = {*_problem_codes(), *_cluster_codes()}
    assert {"no_network", "bad_kubeconfig", "not_redis"} <= codes, "the codes are found at all"
    first_cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = {code for cell in first_cells for code in cell.split("`")[1::2]}
    assert sorted(codes - documented) == []


@pytest.mark.parametrize("name", [*STAGES, *vars(ClusterState("unit", 1))])
def test_the_state_file_is_documented(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/cluster-state.md").read_text(encoding="utf-8")


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for part in path.read_text(encoding="utf-8").split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} → {target}")
    assert broken == []
