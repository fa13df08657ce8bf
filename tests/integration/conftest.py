"""One real cluster for the whole run."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.integration.driver import Cluster, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    here = Cluster.named("test")
    here.manage("down", "--purge")
    here.up()
    yield here
    answer = here.manage("down", "--purge")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.fixture
def workspace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())
    name = f"{words[:50].strip('-')}-{uuid.uuid4().hex[:6]}"
    cluster.kubectl("create", "namespace", name)
    yield Workspace(cluster, name)
    cluster.kubectl("delete", "namespace", name, "--wait=false")
