import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from grader.selectors.cluster_state import Stage, read_cluster_state

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def document(**changes: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "instance": "tests",
        "pid": os.getpid(),
        "updated_at": NOW.isoformat(),
        "phase": "preparing",
        "stages": [
            {"id": "sources", "status": "done", "done": 0, "total": 0, "detail": None},
            {"id": "engine", "status": "running", "done": 43, "total": 100, "detail": "kubelet"},
        ],
        "components": [
            {
                "name": "etcd",
                "status": "backing_off",
                "pid": None,
                "restarts": 2,
                "memory_bytes": None,
                "last_exit": "killed by signal 9",
                "retry_at": NOW.isoformat(),
            }
        ],
        "images": [{"name": "nginx:1.27", "kind": "stand-in", "purpose": "web"}],
        "notes": ["network_policy_not_enforced"],
        "error": None,
        **changes,
    }


def write(folder: Path, content: Any) -> Path:
    file = folder / "cluster.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_a_living_supervisor_is_believed(tmp_path: Path) -> None:
    status = read_cluster_state(write(tmp_path, document()), now=NOW)
    assert status.phase == "preparing"
    assert status.current_stage
    assert (status.current_stage.id, status.current_stage.percent) == ("engine", 43)
    assert status.components[0].restarts == 2
    assert status.images[0].kind == "stand-in"
    assert status.notes == ("network_policy_not_enforced",)


def test_no_file_means_never_started(tmp_path: Path) -> None:
    assert read_cluster_state(tmp_path / "cluster.json").phase == "none"
    assert read_cluster_state(tmp_path / "no" / "folder" / "cluster.json").phase == "none"


CORRUPT = [
    "",
    "{",
    "null",
    "[]",
    '"ready"',
    "\x00" * 50,
    json.dumps(document())[:-20],
    "[" * 100_000,
    document(schema=2),
    document(pid=0),
    document(pid=-1),
    document(pid="all"),
    document(phase="dancing"),
    document(updated_at="yesterday"),
    document(updated_at="2026-11-21T10:00:00"),
    document(stages=[{"id": "x", "status": "done", "done": -1, "total": 0}]),
    document(stages=None),
    document(images=[{"name": "x" * 5000, "kind": "real"}]),
]


# The ids stay the same in every process: the content holds a process id.
@pytest.mark.parametrize("content", CORRUPT, ids=[f"case-{n}" for n in range(len(CORRUPT))])
def test_a_corrupt_file_is_said_to_be_unreadable(tmp_path: Path, content: Any) -> None:
    assert read_cluster_state(write(tmp_path, content), now=NOW).phase == "unreadable"


def test_bytes_that_are_no_text_are_unreadable(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_bytes(b"\xff\xfe\x00{}")
    assert read_cluster_state(tmp_path / "cluster.json").phase == "unreadable"


def test_a_folder_in_its_place_is_unreadable(tmp_path: Path) -> None:
    assert read_cluster_state(tmp_path).phase == "unreadable"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    file = write(tmp_path, document(notes=["x" * 90] * 20_000))
    assert read_cluster_state(file, now=NOW).phase == "unreadable"


@pytest.mark.parametrize("phase", ["preparing", "starting", "ready", "degraded", "stopping"])
def test_a_file_that_is_not_renewed_means_the_supervisor_is_gone(
    tmp_path: Path, phase: str
) -> None:
    file = write(tmp_path, document(phase=phase))
    assert read_cluster_state(file, now=NOW + timedelta(seconds=29)).phase == phase
    assert read_cluster_state(file, now=NOW + timedelta(seconds=31)).phase == "gone"


@pytest.mark.parametrize("phase", ["stopped", "failed"])
def test_an_end_needs_no_supervisor(tmp_path: Path, phase: str) -> None:
    file = write(tmp_path, document(phase=phase, pid=2**22 + 1))
    assert read_cluster_state(file, now=NOW + timedelta(days=30)).phase == phase


def test_a_dead_process_means_the_supervisor_is_gone(tmp_path: Path) -> None:
    file = write(tmp_path, document(pid=2**22 + 1, phase="ready"))
    status = read_cluster_state(file, now=NOW)
    assert (status.phase, status.components) == ("gone", ())


def test_a_process_of_root_counts_as_living(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", kill)
    assert read_cluster_state(write(tmp_path, document()), now=NOW).phase == "preparing"


def test_what_a_newer_supervisor_adds_is_passed_over(tmp_path: Path) -> None:
    file = write(tmp_path, document(weather="sunny"))
    assert read_cluster_state(file, now=NOW).phase == "preparing"


@pytest.mark.parametrize(
    ("status", "done", "total", "percent"),
    [("running", 0, 0, None), ("running", 12, 9, 100), ("done", 0, 0, 100), ("pending", 0, 4, 0)],
)
def test_progress_never_leaves_its_bounds(
    status: str, done: int, total: int, percent: int | None
) -> None:
    stage = Stage.model_validate({"id": "x", "status": status, "done": done, "total": total})
    assert stage.percent == percent


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(document())), value=anything)
@hypothesis_settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_no_content_whatever_raises(tmp_path: Path, key: str, value: Any) -> None:
    status = read_cluster_state(write(tmp_path, document(**{key: value})), now=NOW)
    assert status.phase
