"""One running part of the cluster: started, watched, started again with growing pauses."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cluster import processes
from cluster.state import ComponentState, now

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from cluster.components import Component

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
LOG_LIMIT = 20_000_000


class Part:
    def __init__(
        self, component: Component, command: list[str], environment: dict[str, str], log: Path
    ) -> None:
        self.component = component
        self.state = ComponentState(component.name)
        self._command = command
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._next_try = 0.0
        self._started = 0.0

    def tend(self, open_gates: set[str]) -> None:
        """Look after it once: note an end, start it when its time has come."""
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                self._look()
                return
            self._note_end(code)
        if time.monotonic() >= self._next_try and self.component.waits_for in open_gates:
            self._start()

    def pids(self) -> list[int]:
        """The part itself; nsenter, if it was entered by it, ends with its child."""
        if self._process is None:
            return []
        inside = [] if self.component.outside else processes.children(self._process.pid)
        return inside or [self._process.pid]

    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _start(self) -> None:
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".old.log"))
        self._process = processes.start(self._command, self._environment, self._log)
        self._started = time.monotonic()
        self.state.status, self.state.since, self.state.retry_at = "starting", now(), None

    def _look(self) -> None:
        pid = self.pids()[0]
        self.state.pid = pid
        self.state.memory_bytes = processes.memory_bytes(pid)
        self.state.status = "running"
        if time.monotonic() - self._started > STEADY_AFTER:
            self._failures = 0

    def _note_end(self, code: int) -> None:
        # nsenter passes a signal of its child on as 128 + number.
        code = 128 - code if not self.component.outside and code > 128 else code
        pause = min(FIRST_PAUSE * 2**self._failures, LONGEST_PAUSE)
        self._failures += 1
        self._process = None
        self._next_try = time.monotonic() + pause
        self.state.status, self.state.pid, self.state.memory_bytes = "backing_off", None, 0
        self.state.restarts += 1
        self.state.last_exit = processes.describe_exit(code)
        self.state.retry_at = (datetime.now(UTC) + timedelta(seconds=pause)).isoformat()
