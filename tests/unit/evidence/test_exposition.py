"""What Prometheus would take, and what it would not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evidence.exposition import parse

PAGE = """\
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post", code="400",}    3

msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="No such:\\n\\"FILE\\""} 1.458e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
rpc{} NaN
"""


def test_a_page_of_the_format_s_own_documentation_gives_all_its_samples() -> None:
    page = parse(PAGE)
    assert page.fits
    assert page.bad is None
    assert [sample.value for sample in page.samples[:5]] == [1027, 3, 1.458e9, 12.47, math.inf]
    assert page.samples[0].labels == {"method": "post", "code": "200"}
    assert page.samples[2].labels == {
        "path": "C:\\DIR\\FILE.TXT",
        "error": 'No such:\n"FILE"',
    }
    assert page.types == {"http_requests_total": "counter"}


def test_the_seeds_own_sample_fits_also_with_a_carriage_return() -> None:
    sample = parse("app_requests_total 512\r\n").find("app_requests_total")
    assert sample is not None
    assert sample.value == 512


@pytest.mark.parametrize(
    "line",
    [
        "no metrics",
        "app_requests_total",
        "app_requests_total ",
        "app_requests_total 12 13 14",
        "app_requests_total 1_000",
        "app_requests_total infinite",
        "9lives 1",
        "name{label=unquoted} 1",
        'name{label="open} 1',
        'name{a="1" b="2"} 1',
        "name1{",
        "name=1",
        "-e HTTP/1.1 200 OK",
        "<html>",
    ],
)
def test_a_line_that_is_no_sample_is_named_with_its_number(line: str) -> None:
    page = parse(f"# a comment\ngood 1\n{line}\nalso_good 2\n")
    assert not page.fits
    assert page.bad is not None
    assert (page.bad.number, page.bad.text) == (3, line.strip())


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "# EOF"])
def test_a_page_without_a_sample_does_not_fit(text: str) -> None:
    page = parse(text)
    assert not page.fits
    assert page.bad is None


def test_a_name_that_is_not_there_is_not_found() -> None:
    assert parse("up 1").find("down") is None


def test_an_endless_line_is_refused_without_being_searched() -> None:
    page = parse("a" * 100_000 + " 1")
    assert page.bad is not None
    assert len(page.bad.text) == 200


@given(st.text())
def test_any_text_gives_an_answer(text: str) -> None:
    page = parse(text)
    assert page.fits == (page.bad is None and len(page.samples) > 0)
