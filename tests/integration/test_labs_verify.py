"""What the lab folders promise, kept on a real cluster: the release gate of the course.

Every start and solution, and every third mutant, so that a run of all tests stays bearable.
`make accuracy` takes all of them; the stored cases of all are judged in the unit tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.catalog import load_labs
from tests.integration.driver import ROOT, Cluster

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
LABS = [lab.slug for lab in load_labs(ROOT / "labs")[0]]


def every_third_mutant(lab: str) -> list[str]:
    names = sorted(folder.name for folder in (ROOT / "labs" / lab / "mutants").iterdir())
    return [f"mutant-{name}" for name in names[::3]]


@pytest.fixture(scope="module")
def kubeconfig(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config: Path = tmp_path_factory.mktemp("verify") / "kubeconfig"
    assert cluster.manage("kubeconfig", str(config)).returncode == 0
    return config


@pytest.mark.parametrize("lab", LABS)
def test_every_run_ends_as_its_author_promised(lab: str, kubeconfig: Path) -> None:
    names = ["start", "solution-", *every_third_mutant(lab)]
    rows = verify(lab, kubeconfig, *(word for name in names for word in ("--only", name)))
    assert {row["kind"] for row in rows} == {"start", "solution", "mutant"}
    assert len(rows) >= len(names)
    assert [row for row in rows if row["differences"]] == []


def verify(lab: str, kubeconfig: Path, *options: str) -> list[dict[str, Any]]:
    command = ("labs", "verify", lab, "--kubeconfig", str(kubeconfig), "--output", "json")
    answer = subprocess.run(
        [sys.executable, "manage.py", *command, *options],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout, answer.stderr
    return list(json.loads(answer.stdout)["runs"])
