from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cluster import lock
from host.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_keeps_a_second_supervisor_out(tmp_path: Path) -> None:
    place = tmp_path / "lock"
    with lock.hold(place):
        assert lock.is_held(place)
        with pytest.raises(Problem) as problem, lock.hold(place):
            pass
        assert problem.value.code == "already_running"
    assert not lock.is_held(place)


def test_a_folder_can_be_locked_and_stays_empty(tmp_path: Path) -> None:
    with lock.hold(tmp_path):
        assert lock.is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
