from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.kube.credentials import Target
from tests.hostile.apiserver import Server, make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    return make_certificate(folder, "IP:127.0.0.1,DNS:api.example", "-days", "2")


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    running = Server(certificate)
    yield running
    running.close()


@pytest.fixture
def target(server: Server) -> Target:
    return server.target()
