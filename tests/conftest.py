"""The people of the tests, and what every room of tests may ask for."""

import socket
from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from hypothesis import settings

from web.accounts.models import User
from web.ops.catalogues import compile_catalogues

# A busy machine fails no test, and the same tests try the same examples.
settings.register_profile("podlab", deadline=None, derandomize=True)
settings.load_profile("podlab")

PASSWORD = "correct horse battery"


def pytest_configure(config: pytest.Config) -> None:
    """A fresh clone has no compiled catalogues. Once, before workers share the work."""
    if not hasattr(config, "workerinput"):
        compile_catalogues()


@pytest.fixture
def alice(db: None) -> User:
    """A learner."""
    return get_user_model().objects.create_user(username="alice", password=PASSWORD)


@pytest.fixture
def charlie(db: None) -> User:
    """Another learner, who has no business with what is Alice's."""
    return get_user_model().objects.create_user(username="charlie", password=PASSWORD)


@pytest.fixture
def administrator(db: None) -> User:
    return get_user_model().objects.create_superuser(username="admin", password=PASSWORD)


@pytest.fixture
def as_alice(alice: User) -> Client:
    return _logged_in(alice)


@pytest.fixture
def as_administrator(administrator: User) -> Client:
    return _logged_in(administrator)


@pytest.fixture
def anonymous() -> Iterator[Client]:
    cache.clear()
    yield Client()
    cache.clear()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection to another machine or process fails the test."""

    def refuse(_socket: socket.socket, address: object) -> None:
        pytest.fail(f"a unit test connected to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def _logged_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
