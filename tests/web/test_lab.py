import pytest
from django.test import Client
from django.urls import reverse

URL = reverse("lab", args=["sidecar-logging"])


@pytest.mark.parametrize(("language", "words"), [("ko", "목표"), ("en", "Goal")])
def test_the_text_is_read_in_the_readers_language(
    anonymous: Client, language: str, words: str
) -> None:
    page = anonymous.get(URL, headers={"accept-language": language}).content.decode()
    assert f'<h2 id="section-1">{words}</h2>' in page
    assert '<a href="#section-1">' in page


def test_code_stays_as_it_was_written(anonymous: Client) -> None:
    page = anonymous.get(URL).content.decode()
    assert '<pre tabindex="0"><code class="language-bash">kubectl apply -f deployment.yaml' in page
    assert "&lt;pending&gt;" in page


@pytest.mark.parametrize("slug", ["no-such-lab", "..", "SIDECAR-LOGGING"])
def test_a_lab_that_does_not_exist_is_not_found(anonymous: Client, slug: str) -> None:
    assert anonymous.get(f"/labs/{slug}").status_code == 404


def test_only_reading_is_allowed(anonymous: Client) -> None:
    assert anonymous.post(URL).status_code == 405
