"""What the app of the ambassador lab may print as an answer of Redis, and what is none."""

import re
from functools import cache
from pathlib import Path

import pytest

from grader.catalog import Lab, load_labs
from grader.catalog.probes import FreshLine

LABS = Path(__file__).resolve().parents[3] / "labs"


@cache
def ambassador() -> Lab:
    return next(lab for lab in load_labs(LABS)[0] if lab.slug == "ambassador")


def counts(line: str) -> bool:
    probe = ambassador().definition.probes["success"]
    assert isinstance(probe, FreshLine)
    refused = probe.unless and re.search(probe.unless, line)
    return bool(re.search(probe.fits, line)) and not refused


@pytest.mark.parametrize(
    "line",
    [
        "PONG",
        "+PONG",
        "OK",
        "12",
        "3.14",
        "(integer) 5",
        '"hello world"',
        "visits: 10",
        "visits:10",
        "visits=10",
        "counter -> (integer) 3",
        'greeting: "hi"',
        "PING localhost:6379 -> PONG",
        "localhost:6379: PONG",
        "2026-11-21 15:02:18 PONG",
        "[15:02:18] n=5",
        "Sat Nov 21 15:02:18 UTC 2026 visits: 3",
    ],
)
def test_an_answer_counts_with_and_without_a_label(line: str) -> None:
    assert counts(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "FAILED",
        "FAILED 3",
        "failures: 3",
        "waiting",
        "hello",
        "retry: 3",
        "no PONG",
        "not OK",
        "exit: 1",
        "Error: 5",
        "(error) ERR unknown command",
        "NOAUTH Authentication required.",
        "Could not connect to Redis at localhost:6379: Connection refused",
        "connecting to localhost:6379",
        "port: 6379",
        "15:02:18",
        "Sat Nov 21 15:02:18 UTC 2026",
        "$-1",
    ],
)
def test_words_of_its_own_times_and_errors_do_not(line: str) -> None:
    assert not counts(line)
