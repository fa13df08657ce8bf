from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

URL = reverse("healthz")


def test_the_process_says_that_it_lives_without_asking_anybody(
    anonymous: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = anonymous.get(URL)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_probe_over_plain_http_is_not_sent_away(anonymous: Client, settings: object) -> None:
    settings.SECURE_SSL_REDIRECT = True  # type: ignore[attr-defined]
    assert Client().get(URL).status_code == 200
