"""deploy/health.py, as the containers run it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]


class Site(BaseHTTPRequestHandler):
    """Answers /healthz under the name labs.example.org and under localhost only."""

    def do_GET(self) -> None:
        known = self.headers["Host"] in ("labs.example.org", "localhost")
        self.send_response(200 if known and self.path == "/healthz" else 400)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def serving() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def check(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "deploy/health.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("hosts", ["labs.example.org,other", ".labs.example.org", "", "*"])
def test_the_site_is_asked_under_a_name_that_it_answers_to(hosts: str) -> None:
    with serving() as port:
        answer = check("web", ALLOWED_HOSTS=hosts, PODLAB_PORT=str(port))
    assert answer.returncode == 0, answer.stderr


def test_a_site_that_answers_with_an_error_is_not_well() -> None:
    with serving() as port:
        assert check("web", ALLOWED_HOSTS="wrong.test", PODLAB_PORT=str(port)).returncode == 1


def test_a_site_that_does_not_answer_is_not_well_and_the_reason_is_said() -> None:
    answer = check("web", PODLAB_PORT="1")
    assert (answer.returncode, "refused" in answer.stderr) == (1, True)
    assert "Traceback" not in answer.stderr


def test_an_unknown_part_is_a_mistake_in_the_command() -> None:
    answer = check("database")
    assert (answer.returncode, answer.stderr) == (2, "Usage: health.py web|worker|scheduler\n")
