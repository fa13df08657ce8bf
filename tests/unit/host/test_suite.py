"""How `make test` counts."""

from pathlib import Path

import pytest

from host.suite.outcome import Outcome, exit_code, read_report, summarize

REPORT = """<?xml version="1.0"?><testsuites>
<testsuite name="pytest" tests="10" failures="{failures}" errors="{errors}" skipped="2"/>
</testsuites>"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.xml"


def test_a_report_is_counted(report: Path) -> None:
    report.write_text(REPORT.format(failures=1, errors=2))
    outcome = read_report("unit", report, 1, 3.0)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (5, 3, 2)


def test_a_run_without_a_report_has_failed(report: Path) -> None:
    assert read_report("unit", report, 2, 3.0).failed == 1


def test_a_run_without_a_test_has_failed(report: Path) -> None:
    report.write_text('<testsuites><testsuite tests="0"/></testsuites>')
    assert read_report("unit", report, 5, 3.0).failed == 1


def test_a_run_in_which_all_was_skipped_has_failed(report: Path) -> None:
    report.write_text('<testsuites><testsuite tests="2" skipped="2"/></testsuites>')
    assert read_report("unit", report, 0, 3.0).failed == 1


def test_a_bad_exit_code_is_never_lost(report: Path) -> None:
    report.write_text(REPORT.format(failures=0, errors=0))
    assert read_report("unit", report, 3, 3.0).failed == 1


def test_the_sum_is_the_very_last_line() -> None:
    text = summarize([Outcome("a", 3, 0, 1, 2.0), Outcome("b", 4, 1, 0, 2.0)])
    assert text.splitlines()[-1] == "7 passed, 1 failed, 1 skipped"


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([Outcome("a", passed=1)], 0),
        ([Outcome("a", passed=1), Outcome("check")], 0),
        ([Outcome("a", passed=1), Outcome("b", failed=1)], 1),
        ([Outcome("check")], 1),
        ([], 1),
    ],
)
def test_only_tests_that_ran_and_did_not_fail_are_a_success(
    outcomes: list[Outcome], code: int
) -> None:
    assert exit_code(outcomes) == code
