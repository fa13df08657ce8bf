import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from web.static_files import StaticFiles


@pytest.fixture
def files(settings: LazySettings, tmp_path: Path) -> StaticFiles:
    (tmp_path / "site.css").write_text("body { color: teal }")
    (tmp_path / "site.css.gz").write_bytes(b"\x1f\x8b compressed")
    settings.STATIC_ROOT = tmp_path
    return StaticFiles()


def ask(files: StaticFiles, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    asyncio.run(files(scope, None, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, body


def test_a_file_is_served_with_headers_that_keep_browsers_honest(files: StaticFiles) -> None:
    status, headers, body = ask(files, "/static/site.css")
    assert (status, body) == (200, b"body { color: teal }")
    assert headers["content-type"].startswith("text/css")
    assert headers["x-content-type-options"] == "nosniff"


def test_the_compressed_form_goes_to_those_who_take_it(files: StaticFiles) -> None:
    _, headers, body = ask(files, "/static/site.css", **{"accept-encoding": "gzip, br"})
    assert headers["content-encoding"] == "gzip"
    assert body == b"\x1f\x8b compressed"


def test_an_unchanged_file_is_not_sent_again(files: StaticFiles) -> None:
    _, headers, _ = ask(files, "/static/site.css")
    status, _, body = ask(files, "/static/site.css", **{"if-none-match": headers["etag"]})
    assert (status, body) == (304, b"")


@pytest.mark.parametrize("path", ["/static/none.css", "/static/../secret", "/static/", "/"])
def test_only_known_files_are_answered(files: StaticFiles, path: str) -> None:
    assert not files.answers({"path": path})
