"""Looking into JSON never fails, whatever it is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evidence.reading import (
    at,
    entries,
    mapping,
    number,
    seconds_between,
    strings,
    text,
    truth,
    when,
)

POD: dict[str, Any] = {
    "metadata": {"name": "web", "labels": {"a": "b"}},
    "spec": {
        "containers": [{"name": "x", "ready": True, "port": 80}, "no mapping"],
        "args": ["a", 1],
    },
}


def test_what_is_there_is_found() -> None:
    assert text(POD, "metadata", "name") == "web"
    assert number(POD, "spec", "containers", 0, "port") == 80
    assert truth(POD, "spec", "containers", 0, "ready")
    assert mapping(POD, "metadata", "labels") == {"a": "b"}
    assert entries(POD, "spec", "containers") == ({"name": "x", "ready": True, "port": 80},)
    assert strings(POD, "spec", "args") == ("a",)
    assert at(POD, "spec", "args", -1) == 1


def test_what_is_not_there_or_of_another_type_is_empty() -> None:
    assert text(POD, "metadata", "uid", default="none") == "none"
    assert text(POD, "metadata") == ""
    assert number(POD, "spec", "containers", 0, "ready") is None
    assert not truth(POD, "metadata", "name")
    assert mapping({1: 2}) == {}
    assert mapping(POD, "spec", "args") == {}
    assert entries(POD, "metadata") == ()
    assert strings(POD, "spec", "args", 7) == ()
    assert at(POD, "metadata", 0) is None
    assert at(POD, "spec", "args", "x") is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.lists(st.text() | st.integers(), max_size=4),
)
def test_no_path_through_anything_fails(value: Any, path: list[str | int]) -> None:
    assert isinstance(text(value, *path), str)
    assert number(value, *path) is None or isinstance(number(value, *path), int)
    assert isinstance(entries(value, *path), tuple)
    assert isinstance(strings(value, *path), tuple)


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T21:00:00+09:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123456789Z", datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("soon", None),
        ("", None),
    ],
)
def test_times_always_have_a_zone(stamp: str, moment: datetime | None) -> None:
    assert when(stamp) == moment


def test_seconds_between_two_times_are_told_where_both_are_times() -> None:
    assert seconds_between("2026-03-01T12:00:00Z", "2026-03-01T12:00:07.5Z") == 7.5
    assert seconds_between("2026-03-01T12:00:00Z", "later") is None
    assert seconds_between("earlier", "2026-03-01T12:00:00Z") is None


@given(st.text())
def test_no_text_breaks_the_clock(stamp: str) -> None:
    assert when(stamp) is None or isinstance(when(stamp), datetime)
