from django.test import Client
from django.urls import reverse

from web.accounts.models import User


def test_learners_have_no_way_in(as_alice: Client) -> None:
    assert as_alice.get(reverse("admin:index")).status_code == 302
    assert as_alice.get(reverse("admin:accounts_user_changelist")).status_code == 302


def test_an_administrator_makes_people(as_administrator: Client) -> None:
    response = as_administrator.post(
        reverse("admin:accounts_user_add"),
        {
            "username": "bob",
            "usable_password": "true",
            "password1": "a long enough passphrase",
            "password2": "a long enough passphrase",
        },
    )
    assert response.status_code == 302
    assert User.objects.get(username="bob").email == ""


def test_a_made_up_time_zone_is_refused(as_administrator: Client, alice: User) -> None:
    url = reverse("admin:accounts_user_change", args=[alice.pk])
    response = as_administrator.post(url, {"username": "alice", "time_zone": "Mars/Olympus"})
    assert "is not a time zone" in response.content.decode()
