from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from web.course import views as course
from web.ops import errors


@pytest.mark.parametrize(
    ("language", "words"),
    [("ko", "이 주소에는 아무것도 없어요"), ("en", "nothing at this address")],
)
def test_a_wrong_address_is_told_in_the_readers_language(
    anonymous: Client, language: str, words: str
) -> None:
    response = anonymous.get("/nope", headers={"accept-language": language})
    assert response.status_code == 404
    assert words in response.content.decode()


def test_a_fault_of_ours_shows_no_insides(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(course, "list_labs", break_down)
    client = Client(raise_request_exception=False)
    response = client.get("/", headers={"accept-language": "ko"})
    page = response.content.decode()
    assert response.status_code == 500
    assert "저희 쪽에서 문제가 생겼어요" in page
    assert "secret detail" not in page
    assert "Traceback" not in page


def test_a_foreign_host_name_gets_a_page_not_a_trace(anonymous: Client) -> None:
    response = anonymous.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "We could not understand this request" in response.content.decode()


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (errors.bad_request, 400),
        (errors.permission_denied, 403),
        (errors.csrf_failure, 403),
        (errors.page_not_found, 404),
        (errors.server_error, 500),
    ],
)
def test_error_pages_need_no_database(
    view: Callable[..., Any], status: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = RequestFactory().get("/")
    with django_assert_num_queries(0):
        assert view(request).status_code == status
