"""manage.py before Django."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def manage(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **settings}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_malformed_database_url_names_the_setting_and_what_to_write(tmp_path: Path) -> None:
    answer = manage(
        "check", SECRET_KEY="x" * 50, DATABASE_URL="nonsense", PODLAB_STATE_DIR=str(tmp_path)
    )
    assert answer.returncode == 1
    assert "DATABASE_URL" in answer.stderr
    assert "postgresql://" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_missing_secret_key_is_one_sentence_and_a_next_step(tmp_path: Path) -> None:
    answer = manage("check", PODLAB_STATE_DIR=str(tmp_path))
    assert answer.returncode == 1
    assert "SECRET_KEY" in answer.stderr
    assert "make run" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_bad_instance_name_is_told_without_a_stack_trace() -> None:
    answer = manage("check", SECRET_KEY="x" * 50, PODLAB_INSTANCE="No Good")
    assert answer.returncode == 1
    assert "PODLAB_INSTANCE" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["grade", "labs", "migrate"])
def test_an_older_python_is_told_so_and_not_that_a_package_is_missing(command: str) -> None:
    code = (
        "import sys; sys.version_info = (3, 10, 4); sys.version = '3.10.4 (main)'\n"
        f"import manage; sys.exit(manage.main([{command!r}]))"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "needs Python 3.11 or newer; this is 3.10.4." in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["cluster", "doctor", "grade", "judge", "labs"])
def test_help_of_these_commands_needs_no_package(command: str) -> None:
    """-S leaves site-packages out: Django cannot be there."""
    answer = subprocess.run(
        [sys.executable, "-S", "manage.py", command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert f"manage.py {command}" in answer.stdout


def test_without_packages_the_other_commands_say_make_run() -> None:
    answer = subprocess.run(
        [sys.executable, "-S", "manage.py", "migrate"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "make run" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "sidecar-logging", "--namespace", "alice"),
        ("judge", "sidecar-logging", "--evidence", "x.json"),
        ("labs", "list"),
    ],
)
def test_the_grader_without_packages_says_where_they_are_and_gives_no_mark(
    arguments: tuple[str, ...],
) -> None:
    """Exit code 1 would be a mark."""
    answer = subprocess.run(
        [sys.executable, "-S", "manage.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert ".venv/bin/python manage.py" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_grader_needs_neither_settings_nor_django() -> None:
    code = "import sys, grader.cli.grading, grader.cli.judging; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = set(answer.stdout.split())
    assert "grader.kube.collect" in loaded
    slow = {"django", "celery", "kubernetes", "urllib3", "structlog", "cel_expr_python"}
    assert loaded & slow == set()


def test_a_reader_that_goes_away_is_no_error_of_ours() -> None:
    with subprocess.Popen(
        [sys.executable, "manage.py", "labs", "preview", "fix-multi-dep"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141
    assert said == ""
