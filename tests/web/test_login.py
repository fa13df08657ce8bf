import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import PASSWORD
from web.accounts.models import User

URL = reverse("login")


def log_in(client: Client, password: str = PASSWORD, **extra: str) -> int:
    response = client.post(URL, {"username": "alice", "password": password, **extra})
    return response.status_code


def test_the_right_password_opens_the_site(anonymous: Client, alice: User) -> None:
    response = anonymous.post(URL, {"username": "alice", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, reverse("front"))
    assert anonymous.session["_auth_user_id"] == str(alice.pk)


def test_a_wrong_password_says_so_without_saying_which_is_wrong(
    anonymous: Client, alice: User
) -> None:
    for name in ("alice", "nobody"):
        response = anonymous.post(URL, {"username": name, "password": "wrong"})
        page = response.content.decode()
        assert response.status_code == 200
        assert "The name or the password is wrong" in page
        assert 'role="alert"' in page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_guessing_is_stopped_after_five_attempts(
    anonymous: Client, alice: User, language: str
) -> None:
    anonymous.cookies["django_language"] = language
    answers = [log_in(anonymous, f"guess {number}") for number in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    response = anonymous.post(URL, {"username": "alice", "password": PASSWORD})
    page = response.content.decode()
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "900"
    assert {"ko": "15분 뒤에", "en": "in 15 minutes"}[language] in page


def test_nobody_can_lock_somebody_else_out(anonymous: Client, alice: User, charlie: User) -> None:
    for number in range(6):
        log_in(anonymous, f"guess {number}")
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    assert log_in(elsewhere) == 302


def test_a_person_without_an_account_is_told_who_makes_one(anonymous: Client) -> None:
    assert "No account yet?" in anonymous.get(URL).content.decode()


def test_the_way_back_stays_on_this_site(anonymous: Client, alice: User) -> None:
    data = {"username": "alice", "password": PASSWORD, "next": "https://evil.example/"}
    assert anonymous.post(URL, data)["Location"] == reverse("front")


def test_the_persons_language_comes_along(anonymous: Client, alice: User) -> None:
    alice.language = "ko"
    alice.save()
    log_in(anonymous)
    page = anonymous.get(reverse("front"), headers={"accept-language": "en"}).content.decode()
    assert '<html lang="ko"' in page


def test_a_form_from_elsewhere_is_refused_in_words(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(URL, {"username": "alice", "password": PASSWORD})
    assert response.status_code == 403
    assert "This form is too old" in response.content.decode()
