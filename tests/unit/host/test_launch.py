"""Locks, marks, and the commands behind the Makefile."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host import commands, launch, processes
from host.errors import Problem
from host.locks import LaunchLock

ROOT = Path(__file__).parents[3]


def test_a_second_run_is_told_about_the_first_and_its_address(tmp_path: Path) -> None:
    first = LaunchLock(tmp_path)
    first.take()
    first.write("http://127.0.0.1:8000/")
    with pytest.raises(Problem, match=r"http://127\.0\.0\.1:8000/") as caught:
        LaunchLock(tmp_path).take()
    assert str(os.getpid()) in caught.value.message
    assert LaunchLock(tmp_path).is_held()


def test_a_second_run_during_the_set_up_is_told_that_it_still_starts(tmp_path: Path) -> None:
    LaunchLock(tmp_path).take()
    with pytest.raises(Problem, match="still starting"):
        LaunchLock(tmp_path).take()


def test_a_lock_goes_with_its_holder(tmp_path: Path) -> None:
    script = (
        "from host.locks import LaunchLock; from pathlib import Path; "
        f"LaunchLock(Path({str(tmp_path)!r})).take()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    assert not LaunchLock(tmp_path).is_held()


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "launch.lock").symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        LaunchLock(tmp_path).take()
    assert not target.exists()


def test_processes_of_a_launch_are_found_by_their_mark_and_ended() -> None:
    environment = {"PODLAB_INSTANCE": "unit-marks", processes.MARK: "1", "PATH": os.environ["PATH"]}
    with subprocess.Popen(["sleep", "600"], env=environment) as ours:

        def find() -> list[int]:
            return processes.marked("unit-marks")

        assert processes.wait_until(lambda: find() == [ours.pid], 5)
        assert processes.marked("unit-marks", "2") == []
        assert processes.end(find, 5) == 0
        assert ours.wait() == -signal.SIGTERM


def test_who_does_not_end_when_asked_is_ended_by_force() -> None:
    environment = {"PODLAB_INSTANCE": "unit-force", processes.MARK: "1", "PATH": os.environ["PATH"]}
    script = "trap '' TERM; echo ready; while :; do sleep 600 & wait; done"
    command = ["sh", "-c", script]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as ours:
        assert ours.stdout is not None
        ours.stdout.readline()
        assert processes.end(lambda: processes.marked("unit-force"), 0.2) >= 1
        assert ours.wait() == -signal.SIGKILL


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run_command(["fly"]) == 2
    assert "Usage" in capsys.readouterr().err


def test_an_old_python_looks_for_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("host.launch.sys.version_info", (3, 9, 2))
    monkeypatch.setattr("host.launch.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("host.launch.os.execv", lambda _path, words: started.append(words))
    launch.main(["run"])
    assert started == [["/usr/bin/python3.14", "-m", "host.launch", "run"]]


def test_with_old_pythons_only_the_one_command_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("host.launch.sys.version_info", (3, 9, 2))
    monkeypatch.setattr("host.launch.shutil.which", lambda _name: None)
    assert launch.main(["run"]) == 1
    assert "sudo apt-get install python3.11" in capsys.readouterr().err


def test_make_alone_says_what_can_be_made() -> None:
    answer = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0
    for target in ("run", "test", "check", "clean"):
        assert f"make {target} " in answer.stdout
