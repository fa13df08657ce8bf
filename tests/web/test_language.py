import pytest
from django.test import Client
from django.urls import reverse

from web.accounts.models import User

URL = reverse("language")


def test_a_visitors_choice_is_kept_in_a_cookie(anonymous: Client) -> None:
    response = anonymous.post(URL, {"language": "ko", "next": reverse("status")})
    assert (response.status_code, response["Location"]) == (302, reverse("status"))
    page = anonymous.get(reverse("front"), headers={"accept-language": "en"}).content.decode()
    assert '<html lang="ko"' in page


def test_a_persons_choice_is_kept_with_the_person(
    as_alice: Client, alice: User, charlie: User
) -> None:
    as_alice.post(URL, {"language": "en"})
    alice.refresh_from_db()
    charlie.refresh_from_db()
    assert (alice.language, charlie.language) == ("en", "")


@pytest.mark.parametrize("language", ["", "xx", "ko; path=/", "../../etc"])
def test_a_language_that_we_do_not_speak_changes_nothing(
    as_alice: Client, alice: User, language: str
) -> None:
    response = as_alice.post(URL, {"language": language})
    alice.refresh_from_db()
    assert response.status_code == 302
    assert "django_language" not in response.cookies
    assert alice.language == ""


def test_the_way_back_stays_on_this_site(anonymous: Client) -> None:
    response = anonymous.post(URL, {"language": "ko", "next": "https://evil.example/"})
    assert response["Location"] == "/"


def test_a_link_cannot_change_the_language(anonymous: Client) -> None:
    assert anonymous.get(URL).status_code == 405
