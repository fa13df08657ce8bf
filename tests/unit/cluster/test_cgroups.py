"""Cgroups of both kinds, on a folder that looks like them: this machine has only one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cluster import cgroups
from host.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

OFFERED = "cpuset cpu io memory hugetlb pids rdma"


def _v2_folder(folder: Path, *, enabled: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.controllers").write_text(OFFERED)
    (folder / "cgroup.subtree_control").write_text(enabled)
    (folder / "cgroup.procs").write_text("")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    return tmp_path


def test_on_v2_every_controller_that_the_kernel_offers_is_asked_for(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    _v2_folder(root, enabled=OFFERED)
    _v2_folder(root / "podlab-unit", enabled=OFFERED)
    monkeypatch.setattr(
        "pathlib.Path.write_text", lambda path, text: asked.append(f"{path.parent.name} {text}")
    )
    cgroups.make("unit")
    assert [f"podlab-unit +{controller}" for controller in OFFERED.split()] == asked[7:]


def test_on_v2_a_missing_controller_is_named(root: Path) -> None:
    _v2_folder(root, enabled="")
    _v2_folder(root / "podlab-unit", enabled="cpu io")
    (root / "podlab-unit" / "cgroup.subtree_control").chmod(0o444)
    (root / "podlab-unit" / "cgroup.controllers").write_text("")
    with pytest.raises(Problem) as problem:
        cgroups.make("unit")
    assert problem.value.data["missing"] == ["cpuset", "memory", "pids"]
    assert "PODLAB_CLUSTER=kubeconfig" in problem.value.help


def test_on_v1_an_empty_cpuset_inherits_its_parent_s(root: Path) -> None:
    for hierarchy in ("cpuset", "memory"):
        (root / hierarchy / "podlab-unit").mkdir(parents=True)
        (root / hierarchy / "cgroup.procs").write_text("")
    for name, text in (("cpus", "0-1"), ("mems", "0")):
        (root / "cpuset" / f"cpuset.{name}").write_text(text)
        (root / "cpuset" / "podlab-unit" / f"cpuset.{name}").write_text("")
    cgroups.make("unit")
    assert (root / "cpuset" / "podlab-unit" / "cpuset.cpus").read_text() == "0-1"
    assert cgroups.exists("unit")


def test_processes_are_found_in_every_hierarchy(root: Path) -> None:
    for hierarchy, pid in (("cpu", "11"), ("memory", "12")):
        folder = root / hierarchy / "podlab-unit" / "kubepods"
        folder.mkdir(parents=True)
        (root / hierarchy / "cgroup.procs").write_text("1")
        (folder / "cgroup.procs").write_text(f"{pid}\n")
    assert cgroups.processes("unit") == {11, 12}
