"""The process that keeps the cluster's namespaces; whatever runs in them ends with it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from cluster import cgroups, processes
from host.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.paths import Paths

PART = "holder"


def start(program: Path, paths: Paths) -> int:
    cgroups.make(paths.instance.name)
    covers = [f"{ours}={theirs}" for ours, theirs in paths.covers.items()]
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--", str(program), *covers]
    process = subprocess.Popen(
        command,
        env=processes.marked_environment(paths.instance.name, PART),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if process.stdout is None or process.stdout.readline().strip() != "ready":
        _, said = process.communicate()
        raise Problem(
            "kernel_feature",
            f"This kernel gave the cluster no namespaces of its own: {said.strip()}",
            "python manage.py doctor shows what is missing",
        )
    return find(paths.instance.name)


def find(instance: str) -> int:
    """Its process id, or 0. unshare, which stays as its parent, carries the same mark."""
    for found in processes.find(instance):
        if found.part == PART and processes.command_name(found.pid) == "holder":
            return found.pid
    return 0
