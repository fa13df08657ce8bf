import pytest
from django.core.exceptions import ImproperlyConfigured

from web.redis_url import celery_broker_url, check_redis_url


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:6379/0", "rediss://:secret@cache/1", "unix:///run/redis.sock?db=2"]
)
def test_an_address_of_redis_is_taken_as_it_is(url: str) -> None:
    assert check_redis_url(url) == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("localhost:6379", "is not an address of Redis"),
        ("http://localhost", "“http” is not an address"),
        ("redis://", "the host is missing"),
        ("redis://h:x", "host or port"),
        ("unix://", "the path of the socket is missing"),
    ],
)
def test_a_malformed_redis_url_names_the_setting_and_what_to_write(url: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        check_redis_url(url)
    assert reason in str(caught.value)
    assert "Write REDIS_URL=redis://127.0.0.1:6379/0" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "celery"),
    [
        ("redis://h:1/2", "redis://h:1/2"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
        ("unix://:pw@/run/r.sock?db=3", "redis+socket://:pw@/run/r.sock?virtual_host=3"),
    ],
)
def test_celery_reads_the_same_address_in_its_own_words(url: str, celery: str) -> None:
    assert celery_broker_url(url) == celery
