"""The shell scripts of the probes, run for real by every shell of this machine."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from grader.kube.listeners import SCRIPT as LISTEN
from grader.kube.probes.live_sample import SCRIPT as SAMPLE
from grader.kube.probes.log_flow import SCRIPT as FLOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHELLS = [
    command
    for command in (("dash",), ("bash",), ("bash", "--posix"), ("busybox", "sh"))
    if shutil.which(command[0])
]
REQUEST, OURS = "aaaa1111bbbb2222", "cccc3333dddd4444"


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


class Running:
    """A script that runs; its lines are read one by one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def end(self) -> list[str]:
        """Its input ends; the lines that it still says."""
        rest, errors = self.process.communicate(timeout=10)
        assert errors == ""
        return rest.splitlines()


@contextmanager
def running(shell: tuple[str, ...], script: str, *words: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [*shell, "-c", script, "podlab", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


def test_our_line_is_a_copy_of_the_app_s_own_and_goes_without_a_trace_of_it(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text(f'1.1.1.1 - "GET /{REQUEST} HTTP/1.1" 404\n')
    with running(shell, FLOW, REQUEST, OURS, "25", str(tmp_path)) as script:
        assert script.says() == f"A {log}"
        assert log.read_text().splitlines()[1] == f'1.1.1.1 - "GET /{OURS} HTTP/1.1" 404'
        size = log.stat().st_size
        assert script.end() == [f"C {log}"]
    assert log.stat().st_size == size, "who follows a file that shrinks prints all of it again"
    lines = log.read_text().split("\n")
    assert lines[0] == f'1.1.1.1 - "GET /{REQUEST} HTTP/1.1" 404'
    assert lines[1].strip() == ""


def test_lines_that_the_app_writes_meanwhile_stay(shell: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(f"GET /{REQUEST}\n")
    with running(shell, FLOW, REQUEST, OURS, "25", str(tmp_path)) as script:
        script.says()
        with log.open("a") as app:
            app.write("\\1 100% 'quoted' \"line\" $HOME 한글\n")
        assert script.end() == [f"C {log}"]
    assert log.read_text().splitlines()[2] == "\\1 100% 'quoted' \"line\" $HOME 한글"


def test_every_file_that_took_the_request_gets_our_line(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    """nginx writes what it does not find to its error log, too; that one may come first."""
    (tmp_path / "deep").mkdir()
    error, access = tmp_path / "deep" / "error.log", tmp_path / "access.log"
    error.write_text(f"no {REQUEST}\n")
    with running(shell, FLOW, REQUEST, OURS, "25", str(tmp_path)) as script:
        assert script.says() == f"A {error}"
        access.write_text(f"GET /{REQUEST}\n")
        assert script.says() == f"A {access}"
        assert sorted(script.end()) == sorted([f"C {error}", f"C {access}"])
    assert OURS not in error.read_text() + access.read_text()


def test_a_file_that_was_made_anew_meanwhile_is_left_alone(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text(f"GET /{REQUEST}\n")
    with running(shell, FLOW, REQUEST, OURS, "25", str(tmp_path)) as script:
        script.says()
        log.write_text("rotated\n")
        assert script.end() == [f"C {log}"]
    assert log.read_text() == "rotated\n"


def test_a_line_that_cannot_be_taken_away_is_said(shell: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(f"GET /{REQUEST}\n")
    with running(shell, FLOW, REQUEST, OURS, "25", str(tmp_path)) as script:
        script.says()
        log.write_text(f"somebody copied {OURS} elsewhere\n")
        assert script.end() == [f"K {log}"]


def test_a_request_that_no_file_takes_is_said_when_time_is_up(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "other.log").write_text("nothing\n")
    with running(shell, FLOW, REQUEST, OURS, "0", str(tmp_path)) as script:
        assert script.says() == "N"
        assert script.end() == []


def test_a_log_without_a_whole_line_of_the_request_gets_a_plain_one(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text(f"{'x' * 5000}{REQUEST}\n")
    with running(shell, FLOW, REQUEST, OURS, "25", str(tmp_path)) as script:
        script.says()
        assert log.read_text().splitlines()[1] == f"GET /{OURS}"
        assert script.end() == [f"C {log}"]


def test_a_sample_comes_after_the_app_s_own_and_goes_again(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text("app_requests_total 5\n")
    with running(shell, SAMPLE, str(file), "podlab_x", "3") as script:
        assert [script.says() for _ in range(4)] == ["L app_requests_total 5", "", "D", "W 1"]
        assert file.read_text() == "app_requests_total 5\npodlab_x 1\n"
        assert script.end() == ["C"]
    assert file.read_text() == "app_requests_total 5\n"


def test_a_last_line_without_an_end_does_not_run_into_ours(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text("app_requests_total 5")
    with running(shell, SAMPLE, str(file), "podlab_x", "3") as script:
        while script.says() != "W 1":
            pass
        assert file.read_text() == "app_requests_total 5\npodlab_x 1\n"
        assert script.end() == ["C"]
    assert file.read_text() == "app_requests_total 5"


def test_a_file_that_the_app_writes_anew_gets_the_sample_again(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text("app_requests_total 5\n")
    with running(shell, SAMPLE, str(file), "podlab_x", "2") as script:
        for number in (1, 2):
            while script.says() != f"W {number}":
                pass
            assert "podlab_x 1" in file.read_text()
            file.write_text("app_requests_total 6\n")
        assert script.end() == ["C"]
    assert file.read_text() == "app_requests_total 6\n"


def test_what_the_app_appends_after_our_sample_stays(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text("one 1\n")
    with running(shell, SAMPLE, str(file), "podlab_x", "3") as script:
        while script.says() != "W 1":
            pass
        with file.open("a") as app:
            app.write("two 2\n")
        assert script.end() == ["C"]
    assert [line.strip() for line in file.read_text().splitlines()] == ["one 1", "", "two 2"]


def test_a_file_that_is_not_there_is_waited_for_and_never_made(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "metrics.txt"
    with running(shell, SAMPLE, str(file), "podlab_x", "3") as script:
        assert script.says() == "M"
        assert not file.exists()
        file.write_text("late 1\n")
        while script.says() != "W 1":
            pass
        assert script.end() == ["C"]
    assert file.read_text() == "late 1\n"


def test_a_file_that_cannot_be_written_to_is_said(shell: tuple[str, ...]) -> None:
    with running(shell, SAMPLE, "/proc/version", "podlab_x", "3") as script:
        said = [script.says() for _ in range(4)]
        assert said[-1] == "E"
        assert script.end() == ["C"]


def test_the_listeners_script_says_nothing_of_its_own_shell(shell: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*shell, "-c", LISTEN], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stderr == ""
    assert "P self" in done.stdout
    assert "/fd:" in done.stdout
