"""Kubernetes is compiled while the other tests run: it takes minutes the first time."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from host.setup.workshop import Workshop

SAY_EVERY = 30.0


@dataclass
class ClusterBuild:
    workshop: Workshop
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        return self.workshop.instance.state / "cluster-prepare.log"

    def start(self) -> None:
        self.workshop.say("Building the embedded Kubernetes in the background.")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "cluster", "prepare"],
                cwd=self.workshop.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        if self.process is None:
            return
        while True:
            try:
                code = self.process.wait(timeout=SAY_EVERY)
                break
            except subprocess.TimeoutExpired:
                stamp = time.strftime("%H:%M:%S")
                self.workshop.say(f"  {stamp} building Kubernetes: {self._last_line()}")
        if code != 0:
            raise Problem(
                "build_failed",
                f"The embedded Kubernetes could not be built: {self._last_line()}",
                f"Read {self.log}, then: python3 manage.py cluster prepare",
            )

    def stop(self) -> None:
        """What was built so far is kept; the next build goes on from there."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def _last_line(self) -> str:
        lines = self.log.read_text(errors="replace").replace("\r", "\n").strip().splitlines()
        return lines[-1].strip() if lines else "just begun"
