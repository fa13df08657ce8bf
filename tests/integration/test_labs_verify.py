"""`manage.py labs verify` on the embedded cluster: it proves, and it leaves nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.driver import ROOT, wait_for

if TYPE_CHECKING:
    from tests.integration.driver import Cluster

pytestmark = pytest.mark.integration
COMMAND = [sys.executable, "manage.py", "labs", "verify", "sidecar-logging", "--jobs", "2"]


def namespaces(cluster: Cluster) -> list[str]:
    """Those of a verification that nobody deleted yet."""
    listed = json.loads(cluster.kubectl("get", "namespaces", "-o", "json"))["items"]
    return [
        one["metadata"]["name"]
        for one in listed
        if one["metadata"]["name"].startswith("podlab-verify-")
        and "deletionTimestamp" not in one["metadata"]
    ]


def test_runs_are_as_promised_and_their_namespaces_go(cluster: Cluster) -> None:
    answer = subprocess.run(
        [*COMMAND, "--only", "second-mount", "--output", "json"],
        cwd=ROOT,
        env=cluster.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    (run,) = json.loads(answer.stdout)["runs"]
    assert run["name"] == "second-mount-writable"
    assert run["tasks"]["read-only"] == "failed"
    assert namespaces(cluster) == []


def test_ctrl_c_takes_the_namespaces_away_at_once(cluster: Cluster) -> None:
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_for(lambda: namespaces(cluster), "the first namespace")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in said
    wait_for(lambda: not namespaces(cluster), "no namespace left")
