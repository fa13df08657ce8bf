"""What `labs verify` asks of a cluster, in the order that works, and what it refuses to ask."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from grader.kube.apply import ManifestError, apply, create_namespace, delete_namespace
from grader.kube.client import Client
from grader.kube.errors import KubeError, TimedOutError
from tests.hostile.apiserver import Server, respond_for_ever, respond_json

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
OFFERED = {
    "resources": [
        7,
        {"name": "pods", "kind": "Pod", "namespaced": True},
        {"name": "pods/status", "kind": "Pod", "namespaced": True},
        {"name": "nodes", "kind": "Node", "namespaced": False},
    ]
}


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.target()) as client:
        yield client


class Cluster:
    """Answers like a cluster in which things take a moment to appear."""

    def __init__(self, server: Server, **items: list[Any]) -> None:
        self.items = items
        self.changes: list[dict[str, Any]] = [{"type": "ADDED", "object": {}}]
        server.answer = self.answer

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        if "watch=true" in query:
            lines = [json.dumps(change).encode() + b"\n" for change in self.changes]
            respond_for_ever(handler, lines)
        elif path == "/api/v1":
            respond_json(handler, OFFERED)
        elif path.startswith("/apis/"):
            respond_json(handler, {"message": "not found"}, 404)
        else:
            found = self.items.get(path.rpartition("/")[2], [])
            respond_json(handler, {"metadata": {"resourceVersion": "7"}, "items": found})


def test_a_namespace_is_ready_once_pods_can_be_made_in_it(server: Server, client: Client) -> None:
    Cluster(server, configmaps=[{}])
    create_namespace(client, "mine", {"a": "b"})
    assert [(asked.method, asked.path.partition("?")[0]) for asked in server.asked] == [
        ("POST", "/api/v1/namespaces"),
        ("GET", "/api/v1/namespaces/mine/serviceaccounts"),
        ("GET", "/api/v1/namespaces/mine/serviceaccounts"),  # the watch
        ("GET", "/api/v1/namespaces/mine/configmaps"),
    ]


def test_a_cluster_that_never_makes_the_service_account_is_told(
    server: Server, client: Client
) -> None:
    Cluster(server).changes = []
    with pytest.raises(TimedOutError, match="“default”"):
        create_namespace(client, "mine")


def test_a_manifest_is_applied_where_its_kind_lives(server: Server, client: Client) -> None:
    Cluster(server)
    apply(client, "mine", POD)
    apply(client, "mine", POD)
    offered, first, second = server.asked
    assert offered.path == "/api/v1"
    assert (first.method, first.path.partition("?")[0]) == (
        "PATCH",
        "/api/v1/namespaces/mine/pods/web",
    )
    assert first.headers["Content-Type"] == "application/apply-patch+yaml"
    assert "fieldValidation=Strict" in second.path


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"apiVersion": "v1", "kind": "Pod"},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 7}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": "web"},
        {"kind": "Pod", "metadata": {"name": "web"}},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "web"}},
        {"apiVersion": "v1", "kind": "Nothing", "metadata": {"name": "web"}},
        {"apiVersion": "no.example/v1", "kind": "Pod", "metadata": {"name": "web"}},
    ],
)
def test_what_is_no_object_of_a_namespace_is_not_applied(
    server: Server, client: Client, manifest: dict[str, Any]
) -> None:
    Cluster(server)
    with pytest.raises(ManifestError):
        apply(client, "mine", manifest)
    assert [asked.path for asked in server.asked if asked.method == "PATCH"] == []


@pytest.mark.parametrize("status", [200, 404, 409])
def test_a_namespace_may_be_gone_already(server: Server, client: Client, status: int) -> None:
    server.answer = lambda handler: respond_json(handler, {}, status)
    delete_namespace(client, "mine")
    assert [asked.method for asked in server.asked] == ["DELETE"]


def test_a_deletion_that_is_forbidden_is_told(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_json(handler, {}, 403)
    with pytest.raises(KubeError) as caught:
        delete_namespace(client, "mine")
    assert caught.value.code == "forbidden"
