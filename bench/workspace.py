"""A namespace on a real cluster with something in it, for one measurement."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cluster.build_engine import engine_folder
from host.instance import current_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SETTLE = 7.0  # the hold, and a second of the clock's


@dataclass(frozen=True)
class Workspace:
    namespace: str
    kubeconfig: Path
    kubectl: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "KUBECONFIG": str(self.kubeconfig),
            "PATH": f"{self.kubectl.parent}:{os.environ['PATH']}",
        }
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def kube(self, *arguments: str) -> str:
        answer = self.run("kubectl", *arguments)
        if answer.returncode:
            raise SystemExit(answer.stderr)
        return answer.stdout


@contextmanager
def workspace(kubeconfig: Path, manifests: Path) -> Iterator[Workspace]:
    """Applied, rolled out, settled; deleted in the end."""
    here = Workspace(f"bench-{secrets.token_hex(4)}", kubeconfig, _kubectl())
    here.kube("create", "namespace", here.namespace)
    try:
        here.kube("-n", here.namespace, "apply", "-f", str(manifests))
        here.kube("-n", here.namespace, "rollout", "status", "deployment")
        time.sleep(SETTLE)  # a bench may wait; the tests never do
        yield here
    finally:
        here.kube("delete", "namespace", here.namespace, "--wait=false")


def _kubectl() -> Path:
    """The embedded cluster's own, else the machine's."""
    ours = engine_folder(current_instance().cache) / "kubectl"
    found = ours if ours.exists() else shutil.which("kubectl")
    if not found:
        raise SystemExit("There is no kubectl: python3 manage.py cluster prepare builds one.")
    return Path(found)
