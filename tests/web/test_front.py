import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from grader.selectors.system import SystemStatus
from tests.systems import system_status
from web.course import views

URL = reverse("front")


@pytest.fixture
def _all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> SystemStatus:
        return system_status()

    monkeypatch.setattr(views, "read_system_status", read)


@pytest.mark.parametrize(
    ("language", "words"),
    [("ko", "진짜 클러스터에서 만들고"), ("en", "Build it on a real cluster")],
)
def test_the_first_page_says_what_this_is_in_the_browsers_language(
    anonymous: Client, language: str, words: str
) -> None:
    response = anonymous.get(URL, headers={"accept-language": language})
    page = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}"' in page
    assert words in page


def test_an_unknown_language_reads_english(anonymous: Client) -> None:
    page = anonymous.get(URL, headers={"accept-language": "tlh"}).content.decode()
    assert '<html lang="en"' in page


def test_every_lab_that_exists_is_listed(anonymous: Client) -> None:
    page = anonymous.get(URL).content.decode()
    assert reverse("lab", args=["sidecar-logging"]) in page
    assert "A log shipper beside nginx" in page


def test_without_labs_the_page_says_so(
    anonymous: Client, settings: LazySettings, tmp_path: object
) -> None:
    settings.LABS_ROOT = tmp_path
    assert "There are no labs here yet" in anonymous.get(URL).content.decode()


@pytest.mark.usefixtures("_all_is_well")
def test_the_state_of_the_system_is_one_line(anonymous: Client) -> None:
    assert "Everything is ready." in anonymous.get(URL).content.decode()


def test_without_redis_the_page_still_serves_and_says_so(anonymous: Client) -> None:
    assert "Redis: missing." in anonymous.get(URL).content.decode()


@pytest.mark.usefixtures("_all_is_well")
def test_a_visitor_costs_no_query(
    anonymous: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        anonymous.get(URL)


def test_a_learner_sees_their_name_and_the_way_out(as_alice: Client) -> None:
    page = as_alice.get(URL).content.decode()
    assert "alice" in page
    assert reverse("logout") in page
    assert reverse("admin:index") not in page


def test_an_administrator_finds_the_administration(as_administrator: Client) -> None:
    assert reverse("admin:index") in as_administrator.get(URL).content.decode()


def test_the_chosen_theme_is_drawn_by_the_server(anonymous: Client) -> None:
    anonymous.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in anonymous.get(URL).content.decode()


def test_a_theme_that_we_did_not_set_is_ignored(anonymous: Client) -> None:
    anonymous.cookies["theme"] = "x onload=alert(1)"
    page = anonymous.get(URL).content.decode()
    assert "data-theme=" not in page
    assert "alert(1)" not in page


def test_nothing_inline_may_run_and_nothing_foreign_may_load(anonymous: Client) -> None:
    response = anonymous.get(URL)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<script>" not in page


def test_other_pages_may_not_frame_or_guess(anonymous: Client) -> None:
    headers = anonymous.get(URL).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_only_reading_is_allowed(anonymous: Client) -> None:
    assert anonymous.post(URL).status_code == 405
