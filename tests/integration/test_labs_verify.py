"""Every promise of every lab folder, kept on a real cluster: the release gate of the course."""

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


@pytest.fixture(scope="module")
def rows(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    config: Path = tmp_path_factory.mktemp("verify") / "kubeconfig"
    assert cluster.manage("kubeconfig", str(config)).returncode == 0
    answer = subprocess.run(
        [sys.executable, "manage.py", "labs", "verify", "--kubeconfig", str(config)]
        + ["--output", "json"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout, answer.stderr
    return list(json.loads(answer.stdout)["runs"])


@pytest.mark.parametrize("lab", LABS)
def test_every_run_of_the_lab_ends_as_its_author_promised(
    lab: str, rows: list[dict[str, Any]]
) -> None:
    ours = [row for row in rows if row["lab"] == lab]
    assert len(ours) >= 16  # a start, three solutions, twelve mutants
    assert [f"{row['kind']} {row['name']}: {row['differs']}" for row in ours if not row["ok"]] == []
