from django.test import Client
from django.urls import reverse


def test_the_icon_is_found_by_the_name_that_browsers_guess(anonymous: Client) -> None:
    response = anonymous.get(reverse("favicon"))
    assert response.status_code == 302
    assert response["Location"].endswith("public/icon.svg")
