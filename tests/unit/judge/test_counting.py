"""Which lines count: one rule, for the roles and for the check."""

import pytest

from grader.judge.counting import counts


@pytest.mark.parametrize(
    "lines",
    [
        ("1", "2", "3"),
        ("98", "99", "1", "2"),
        ("tick", "1", "tick", "2", "tick", "3"),
        ("step 10 of 1000", "step 20 of 1000", "step 30 of 1000"),
        ("Sat Nov 21 15:02:18 UTC 2026 7", "Sat Nov 21 15:02:19 UTC 2026 8", "Nov 21 2026 9"),
        ("Sat 21 2026 10 of 99", "Sat 21 2026 20 of 99", "Sat 21 2026 30 of 99"),
        ("5", "900", "3", *map(str, range(10, 16))),
    ],
)
def test_the_last_numbers_rise(lines: tuple[str, ...]) -> None:
    assert counts(lines, 3)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("tick",) * 9,
        ("1", "2"),
        ("7", "7", "7"),
        ("52", "7", "91", "18"),
        ("3", "2", "1"),
        ("15:02:18", "15:02:19", "15:02:20"),
        ("1", "sleep: invalid option -- '1'", "2", "sleep: invalid option -- '1'", "3"),
    ],
)
def test_these_do_not_count(lines: tuple[str, ...]) -> None:
    assert not counts(lines, 3)
