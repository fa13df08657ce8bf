import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

from web.logs import configure, logging_config


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    yield
    configure(settings.LOGGING)


def lines(style: str, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    config = logging_config(style=style, level=level)
    config["handlers"]["stderr"]["stream"] = stream
    configure(config)
    return stream


def test_our_lines_and_those_of_libraries_are_json_alike() -> None:
    stream = lines("json")
    structlog.get_logger("grader").warning("lab left out", file="가.yaml")
    logging.getLogger("library").warning("something %s", "odd")
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (ours["event"], ours["file"], ours["level"]) == ("lab left out", "가.yaml", "warning")
    assert (theirs["event"], theirs["logger"]) == ("something odd", "library")
    assert ours["timestamp"].endswith("Z")


def test_an_exception_stays_on_one_line_for_machines() -> None:
    stream = lines("json")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("grader").exception("broke")
    (line,) = stream.getvalue().splitlines()
    assert "ZeroDivisionError" in line


def test_people_read_sentences_not_json() -> None:
    stream = lines("console")
    structlog.get_logger("grader").info("started", port=8000)
    assert "started" in stream.getvalue()
    assert "port=8000" in stream.getvalue()
    assert "{" not in stream.getvalue()


@pytest.mark.parametrize(("level", "shown"), [("info", False), ("debug", True)])
def test_every_request_is_told_only_when_asked_for(level: str, shown: bool) -> None:
    stream = lines("console", level)
    logging.getLogger("uvicorn.access").info("GET /healthz")
    assert ("GET /healthz" in stream.getvalue()) is shown
