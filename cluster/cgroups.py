"""The cgroup below which all of an instance's Pods run, on cgroup v1 as on v2."""

from __future__ import annotations

import contextlib
from pathlib import Path

from host.errors import Problem

ROOT = Path("/sys/fs/cgroup")
DEMANDED = {"cpu", "cpuset", "memory", "pids"}
"""Besides these the kubelet wants every controller that the kernel offers, hugetlb for one."""


def name(instance: str) -> str:
    return f"podlab-{instance}"


def is_v2() -> bool:
    return (ROOT / "cgroup.controllers").exists()


def _hierarchies() -> list[Path]:
    if is_v2():
        return [ROOT]
    return [folder for folder in sorted(ROOT.iterdir()) if (folder / "cgroup.procs").exists()]


def make(instance: str) -> None:
    for hierarchy in _hierarchies():
        folder = hierarchy / name(instance)
        folder.mkdir(exist_ok=True)
        if is_v2():
            _enable_controllers(hierarchy, folder)
        elif (folder / "cpuset.cpus").exists():
            _inherit_cpuset(hierarchy, folder)


def _enable_controllers(*folders: Path) -> None:
    """One by one: a controller that cannot be had must not keep the others away."""
    for folder in folders:
        for controller in (folder / "cgroup.controllers").read_text().split():
            with contextlib.suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")
    enabled = set((folders[-1] / "cgroup.subtree_control").read_text().split())
    if not enabled >= DEMANDED:
        raise Problem(
            "kernel_feature",
            f"Pods need the cgroup controllers {', '.join(sorted(DEMANDED - enabled))},"
            f" which cannot be switched on below {folders[0]}.",
            "Run Podlab on the machine itself, or set PODLAB_CLUSTER=kubeconfig",
            {"missing": sorted(DEMANDED - enabled)},
        )


def _inherit_cpuset(parent: Path, folder: Path) -> None:
    """On v1 a new cpuset is empty, and no process can enter an empty one."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        if not (folder / file).read_text().strip():
            (folder / file).write_text((parent / file).read_text())


def processes(instance: str) -> set[int]:
    found: set[int] = set()
    for hierarchy in _hierarchies():
        for file in (hierarchy / name(instance)).rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                found.update(int(line) for line in file.read_text().split())
    return found


def exists(instance: str) -> bool:
    return any((hierarchy / name(instance)).exists() for hierarchy in _hierarchies())


def remove(instance: str) -> None:
    """Children first; the kernel refuses a folder that still has any."""
    for hierarchy in _hierarchies():
        top = hierarchy / name(instance)
        folders = [folder for folder in top.rglob("*") if folder.is_dir()]
        for folder in [*sorted(folders, key=lambda one: len(one.parts), reverse=True), top]:
            with contextlib.suppress(OSError):
                folder.rmdir()
