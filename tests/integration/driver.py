"""Drive the embedded cluster through the commands that a person would type."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from cluster.build_engine import engine_folder
from cluster.paths import Paths
from cluster.state import read_state
from host.instance import Instance, current_instance

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
MANIFESTS = Path(__file__).parent / "manifests"
PATIENCE = 90.0


def wait_for(condition: Callable[[], T], what: str, timeout: float = PATIENCE) -> T:
    deadline = time.monotonic() + timeout
    while not (seen := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout:.0f} s in vain for: {what}")
        time.sleep(0.1)
    return seen


@dataclass(frozen=True)
class Cluster:
    """An instance of the embedded cluster, driven through manage.py."""

    instance: Instance
    environment: dict[str, str]

    @classmethod
    def named(cls, kind: str) -> Cluster:
        """A name of this clone's own: the tests of two clones may run side by side."""
        name = f"{kind}-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}"
        environment = {**os.environ, "PODLAB_INSTANCE": name, "PODLAB_REGISTRY": "stand-ins"}
        environment.pop("PODLAB_STATE_DIR", None)
        return cls(current_instance(environment), environment)

    @property
    def paths(self) -> Paths:
        return Paths(self.instance)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "cluster", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "manage.py", "cluster", *arguments]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def up(self) -> None:
        answer = self.manage("up")
        assert answer.returncode == 0, answer.stdout + answer.stderr

    def state(self) -> dict[str, Any]:
        return read_state(self.instance.cluster_state) or {}

    def part(self, name: str) -> dict[str, Any]:
        return next(dict(one) for one in self.state()["components"] if one["name"] == name)

    def phase_is(self, phase: str) -> bool:
        return bool(self.state().get("phase") == phase)

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        answer = self.try_kubectl(*arguments, text=text)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def try_kubectl(
        self, *arguments: str, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        program = engine_folder(self.instance.cache) / "kubectl"
        config = self.paths.kubeconfig("admin")
        return subprocess.run(
            [str(program), "--kubeconfig", str(config), *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )


@dataclass(frozen=True)
class Workspace:
    """A namespace for one test."""

    cluster: Cluster
    namespace: str

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, text=text)

    def apply(self, manifest: str) -> None:
        self.kubectl("apply", "-f", str(MANIFESTS / f"{manifest}.yaml"))

    def pods(self, label: str) -> list[dict[str, Any]]:
        answer = json.loads(self.kubectl("get", "pods", "-l", label, "-o", "json"))
        return [pod for pod in answer["items"] if "deletionTimestamp" not in pod["metadata"]]

    def containers(self, label: str) -> dict[str, dict[str, Any]]:
        """The status of each container of the newest Pod, by name; empty before there is one."""
        pods = self.pods(label)
        statuses = pods[-1]["status"].get("containerStatuses", []) if pods else []
        return {status["name"]: status for status in statuses}

    def ready(self, label: str) -> int:
        return sum(status["ready"] for status in self.containers(label).values())

    def logs(self, label: str, container: str, *options: str) -> str:
        return self.kubectl("logs", "-l", label, "-c", container, "--tail=-1", *options)
