"""`manage.py prepare` against a database and folders of its own."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from web.accounts.models import User
from web.ops import preparation


@pytest.fixture(autouse=True)
def _own_folders(settings: LazySettings, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "web/static/build").mkdir(parents=True)
    (root / "web/static/build/site.css").write_text("body {}")
    settings.ROOT = root
    settings.INSTANCE = replace(settings.INSTANCE, state=tmp_path / "state")
    settings.STATICFILES_DIRS = [root / "web/static"]
    settings.STATIC_ROOT = tmp_path / "staticfiles"
    settings.LOCALE_PATHS = []


def prepare(**options: bool) -> str:
    out = StringIO()
    call_command("prepare", stdout=out, no_color=True, **options)
    return out.getvalue()


def test_the_first_administrator_is_made_once(client: object) -> None:
    password = re.search(r"name admin, password (\S+)", prepare())
    assert password
    assert len(password[1]) >= 16
    assert User.objects.get().check_password(password[1])
    assert "password" not in prepare().replace("password_change", "")
    assert User.objects.count() == 1


def test_nobody_is_made_where_somebody_is_already(alice: User) -> None:
    assert "other people already" in prepare()
    assert User.objects.count() == 1


def test_a_second_run_finds_nothing_to_do() -> None:
    assert "assets      collected" in prepare()
    again = prepare()
    assert again.count("up to date") >= 2
    assert "collected" not in again


def test_a_changed_asset_is_collected_again(settings: LazySettings) -> None:
    prepare()
    (settings.ROOT / "web/static/build/site.css").write_text("body { color: teal }")
    assert "assets      collected" in prepare()
    assert (settings.STATIC_ROOT / "build/site.css").read_text() == "body { color: teal }"


def test_sources_of_the_bundles_are_not_served(settings: LazySettings) -> None:
    (settings.ROOT / "web/static/src").mkdir()
    (settings.ROOT / "web/static/src/site.ts").write_text("let x")
    prepare()
    assert not (settings.STATIC_ROOT / "src").exists()


def test_missing_bundles_say_how_to_build_them(settings: LazySettings) -> None:
    (settings.ROOT / "web/static/build/site.css").unlink()
    with pytest.raises(CommandError, match="npm ci && npm run build"):
        prepare()


def test_a_database_that_refuses_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, _connection: object) -> None:
            raise OperationalError("connection refused\n\tIs the server running?")

    monkeypatch.setattr(preparation, "MigrationExecutor", Refusing)
    with pytest.raises(CommandError) as caught:
        prepare()
    assert "connection refused Is the server running. Check" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_assets_alone_need_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "migrate", lambda: pytest.fail("asked the database"))
    output = prepare(assets_only=True)
    assert "assets" in output
    assert "database" not in output
