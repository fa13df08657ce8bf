import pytest
from django.test import Client
from django.urls import reverse

from tests.systems import system_status
from web.ops import views

URL = reverse("status_snapshot")


@pytest.fixture(autouse=True)
def _all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "read_system_status", system_status)


def test_a_snapshot_holds_the_words_and_the_markup(anonymous: Client) -> None:
    snapshot = anonymous.get(URL, headers={"accept-language": "ko"}).json()
    assert (snapshot["tone"], snapshot["line"]) == ("ok", "모두 준비됐어요.")
    assert 'id="part-redis"' in snapshot["html"]


def test_the_revision_changes_with_the_content_only(
    anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = anonymous.get(URL).json()["revision"]
    assert anonymous.get(URL).json()["revision"] == first
    monkeypatch.setattr(views, "read_system_status", lambda: system_status(worker_count=2))
    assert anonymous.get(URL).json()["revision"] != first


def test_a_snapshot_is_never_cached(anonymous: Client) -> None:
    assert "no-store" in anonymous.get(URL).headers["Cache-Control"]
