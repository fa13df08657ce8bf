from django.test import Client
from django.urls import reverse

URL = reverse("logout")


def test_logging_out_ends_the_session(as_alice: Client) -> None:
    response = as_alice.post(URL)
    assert (response.status_code, response["Location"]) == (302, reverse("front"))
    assert "_auth_user_id" not in as_alice.session


def test_a_link_cannot_log_anybody_out(as_alice: Client) -> None:
    assert as_alice.get(URL).status_code == 405
    assert "_auth_user_id" in as_alice.session
