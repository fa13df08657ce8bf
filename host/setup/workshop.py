"""Where and as whom the set-up works, and how it runs other people's programs."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from host.instance import Instance
    from host.runuser import User

NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "Failed to establish a new connection",
    "Connection refused",
    "Network is unreachable",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
)
NO_ROOM = ("No space left on device", "ENOSPC")


@dataclass
class Workshop:
    instance: Instance
    run_user: User  # as whom the site runs
    builder: User  # who owns the project's folder, and so what is made in it
    say: Callable[[str], None]
    python: str = ""  # the interpreter for the virtual environment
    path: list[str] = field(default_factory=list)  # to put before PATH

    @property
    def root(self) -> Path:
        return self.instance.root

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def venv_python(self) -> Path:
        return self.venv / "bin" / "python"

    def add_to_path(self, folders: str) -> None:
        self.path += [folder for folder in folders.split(os.pathsep) if folder]

    def environment(self, user: User | None = None) -> dict[str, str]:
        path = os.pathsep.join([*self.path, os.environ.get("PATH", os.defpath)])
        own = user.environment(self.instance.state) if user else {}
        return {**os.environ, **own, "PATH": path}

    def make(self, command: Sequence[str | Path], what: str, user: User | None = None) -> None:
        """Run a program quietly; its words go to a log and, if it fails, to the person."""
        began = time.monotonic()
        user = user or self.builder
        answer = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **user.rights,
        )
        log = self._keep(command, answer.stdout)
        if answer.returncode != 0:
            raise _problem(what, answer.stdout, log)
        self.say(f"  ✓ {what} ({time.monotonic() - began:.0f} s)")

    def _keep(self, command: Sequence[str | Path], output: str) -> Path:
        log = self.instance.state / "setup.log"
        with log.open("a") as file:
            file.write(f"$ {' '.join(map(str, command))}\n{output}\n")
        return log


def _problem(what: str, output: str, log: Path) -> Problem:
    again = "then the same command again: it goes on where it stopped, nothing was lost"
    if any(sign in output for sign in NO_ROOM):
        return Problem("disk_full", f"{what}: the disk is full.", f"Free 5 GB, {again}.")
    if any(sign in output for sign in NO_NETWORK):
        return Problem(
            "no_network",
            f"{what}: could not be fetched, the network does not answer.",
            f"Connect to the network (python3 manage.py doctor says what is reached), {again}.",
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    words = next(
        (line for line in reversed(lines) if "rror" in line), (lines or ["no message"])[-1]
    )
    return Problem("setup_failed", f"{what} failed: {words[:300]}", f"Read {log}, {again}.")
