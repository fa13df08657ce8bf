"""Every solution, as if it stood, passes what can be seen of it; a mutant fails only its own."""

import re
from pathlib import Path

import pytest
import yaml

from grader.catalog import load_lab
from grader.judge.engine import judge
from grader.judge.verdict import Finding
from tests.workspaces import Workspace, workspace_of

LABS = Path(__file__).resolve().parents[3] / "labs"
PASSIVE = {
    "ready",
    "shared_volume",
    "read_only_mount",
    "service_leads",
    "config_mounted",
    "names_only_localhost",
    "condition",
}
NO_MANIFESTS = {"run.yaml"}
PORTS = {"nginx": 80, "mysql": 3306, "redis": 6379, "haproxy": 6379}
SOLUTIONS = sorted(LABS.glob("*/solutions/*/"))
MUTANTS = sorted(LABS.glob("*/mutants/*/"))


def passive_findings(folder: Path) -> dict[str, Finding]:
    lab = load_lab(folder.parents[1])
    files = sorted(file for file in folder.glob("*.yaml") if file.name not in NO_MANIFESTS)
    files.sort(key=lambda file: file.name == "then.yaml")
    workspace = workspace_of(*files)
    _listen(workspace)
    verdict = judge(lab, workspace.evidence())
    kinds = {
        f"{task.id}/{check.id}": check.kind
        for task in lab.definition.tasks
        for check in task.checks
    }
    return {
        key: finding
        for task in verdict.tasks
        for finding in task.checks
        if kinds.get(key := f"{task.id}/{finding.id}") in PASSIVE
    }


def _listen(workspace: Workspace) -> None:
    """As the programs would by their images, or as their commands say."""
    for pod in workspace.objects["Pod"]:
        for spec in (*pod["spec"]["containers"], *pod["spec"].get("initContainers", ())):
            command = " ".join((*spec.get("command", ()), *spec.get("args", ())))
            said = [int(port) for port in re.findall(r"-p (\d+)", command)]
            usual = [port for name, port in PORTS.items() if name in spec["image"]]
            workspace.listens(spec["name"], *(said if command else usual))


@pytest.mark.parametrize("folder", SOLUTIONS, ids=lambda it: f"{it.parents[1].name}/{it.name}")
def test_what_can_be_seen_of_a_solution_passes(folder: Path) -> None:
    found = passive_findings(folder)
    assert found
    assert {key: it for key, it in found.items() if it.verdict != "passed"} == {}


@pytest.mark.parametrize("folder", MUTANTS, ids=lambda it: f"{it.parents[1].name}/{it.name}")
def test_a_mutant_that_would_stand_fails_no_task_that_it_does_not_name(folder: Path) -> None:
    fails = yaml.safe_load((folder / "run.yaml").read_text()).get("fails", [])
    failed = {
        key.partition("/")[0]
        for key, it in passive_findings(folder).items()
        if it.verdict != "passed"
    }
    assert failed - set(fails) == set()
