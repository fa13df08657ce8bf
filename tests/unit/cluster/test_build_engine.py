"""When the compiled engine counts as there, and what is said when Go fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cluster import build_engine
from cluster.build_engine import PROGRAMS, engine_folder, engine_hash, is_built

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = engine_folder(tmp_path)
    folder.mkdir(parents=True)
    for name in PROGRAMS:
        (folder / name).write_bytes(b"program")
    build_engine._mark_complete(folder)
    return tmp_path


def test_a_finished_build_is_not_made_again(built: Path) -> None:
    told: list[str] = []
    folder = build_engine.build_engine(built, lambda stage, *_: told.append(stage), told.append)
    assert folder == engine_folder(built)
    assert told == []


def test_an_interrupted_build_is_no_build(built: Path) -> None:
    (engine_folder(built) / "complete").unlink()
    assert not is_built(built)


def test_a_cut_or_missing_program_is_noticed(built: Path) -> None:
    (engine_folder(built) / "kube").write_bytes(b"pro")
    assert not is_built(built)
    (engine_folder(built) / "kube").unlink()
    assert not is_built(built)


def test_a_scribbled_mark_is_no_mark(built: Path) -> None:
    (engine_folder(built) / "complete").write_text("kube lots\n")
    assert not is_built(built)


def test_the_folder_follows_from_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_engine, "ENGINE", tmp_path)
    (tmp_path / "main.go").write_text("package main")
    before = engine_hash()
    (tmp_path / "main_test.go").write_text("package main")
    assert engine_hash() == before, "a test of the engine is no part of it"
    (tmp_path / "main.go").write_text("package main // changed")
    assert engine_hash() != before


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("write /x: no space left on device", "disk_full"),
        ("Get proxy: dial tcp: lookup proxy: no such host", "no_network"),
        ("undefined: foo", "build_failed"),
    ],
)
def test_a_failed_build_says_why_and_that_it_resumes(said: str, code: str) -> None:
    problem = build_engine._go_problem("build_failed", [said])
    assert problem.code == code
    assert said in problem.message
    assert "manage.py cluster up" in problem.help
