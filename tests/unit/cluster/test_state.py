"""The state file, as its readers meet it."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from cluster.state import STAGES, StateFile, read_state, write_whole
from host.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path


def _written(path: Path) -> StateFile:
    file = StateFile(path, "unit")
    file.open()
    return file


def test_a_new_file_names_every_stage_in_order(tmp_path: Path) -> None:
    file = _written(tmp_path / "cluster.json")
    file.close()
    state = json.loads((tmp_path / "cluster.json").read_text())
    assert [stage["id"] for stage in state["stages"]] == list(STAGES)
    assert state["schema"] == 1
    assert state["pid"] == os.getpid()


def test_progress_and_the_end_of_a_stage_are_told(tmp_path: Path) -> None:
    file = _written(tmp_path / "cluster.json")
    file.progress("engine", 43, 100, "k8s.io/api")
    file.finish("sources")
    file.close()
    stages = {
        one["id"]: one for one in json.loads((tmp_path / "cluster.json").read_text())["stages"]
    }
    assert (stages["engine"]["status"], stages["engine"]["done"]) == ("running", 43)
    assert stages["sources"]["status"] == "done"
    assert stages["sources"]["started_at"], "a stage with nothing to do still has its times"


def test_a_problem_marks_what_was_running_and_says_what_to_do(tmp_path: Path) -> None:
    file = _written(tmp_path / "cluster.json")
    file.progress("images", 3, 9, "nginx")
    file.fail(Problem("disk_full", "The disk is full.", "Free 5 GB.", {"free_bytes": 1}))
    file.close()
    state = json.loads((tmp_path / "cluster.json").read_text())
    assert state["phase"] == "failed"
    assert next(one for one in state["stages"] if one["id"] == "images")["status"] == "failed"
    assert state["error"] == {
        "code": "disk_full",
        "message": "The disk is full.",
        "help": "Free 5 GB.",
        "data": {"free_bytes": 1},
    }


def test_changes_reach_the_file_without_closing_it(tmp_path: Path) -> None:
    file = _written(tmp_path / "cluster.json")
    file.phase("ready")
    deadline = time.monotonic() + 10
    while (read_state(tmp_path / "cluster.json") or {}).get("phase") != "ready":
        assert time.monotonic() < deadline
    file.close()


def test_a_missing_or_broken_file_reads_as_none(tmp_path: Path) -> None:
    path = tmp_path / "cluster.json"
    assert read_state(path) is None
    for text in ("", "{", "[]", "\0"):
        path.write_text(text)
        assert read_state(path) is None


def test_a_file_is_replaced_whole_and_no_scrap_is_left(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    write_whole(target, "new", 0o600)
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]
