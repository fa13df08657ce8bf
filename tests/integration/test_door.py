"""Our own door to Kubernetes beside the official client: both have to see the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes.client import ApiClient, AppsV1Api, CoreV1Api
from kubernetes.config import new_client_from_config_dict
from kubernetes.stream import stream

from grader.kube.budget import Budget
from grader.kube.client import Client
from grader.kube.credentials import read_kubeconfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.driver import Workspace

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
PRINT = ["sh", "-c", "printf '%s|' \"$@\"; printf err >&2; exit 3", "sh", "a b", "", "ü$(x)"]


@pytest.fixture
def settled(workspace: Workspace) -> Workspace:
    workspace.apply("sidecar-logging")
    workspace.kubectl("rollout", "status", "deployment/nginx-with-sidecar")
    return workspace


@pytest.fixture
def ours(settled: Workspace) -> Iterator[Client]:
    config = settled.cluster.paths.kubeconfig("admin")
    with Client(read_kubeconfig(config), Budget()) as client:
        yield client


@pytest.fixture
def theirs(settled: Workspace) -> Iterator[ApiClient]:
    document = yaml.safe_load(settled.cluster.paths.kubeconfig("admin").read_text())
    with new_client_from_config_dict(document) as client:  # type: ignore[no-untyped-call]
        yield client
        client.rest_client.pool_manager.clear()


def test_both_see_the_same_objects(settled: Workspace, ours: Client, theirs: ApiClient) -> None:
    name = settled.namespace
    found: dict[str, Any] = {
        "/api/v1/namespaces/{}/services": CoreV1Api(theirs).list_namespaced_service(name),
        "/api/v1/namespaces/{}/configmaps": CoreV1Api(theirs).list_namespaced_config_map(name),
        "/apis/apps/v1/namespaces/{}/deployments": AppsV1Api(theirs).list_namespaced_deployment(
            name
        ),
    }
    for path, expected in found.items():
        seen = [item["metadata"]["uid"] for item in ours.list(path.format(name)).items]
        assert seen == [item.metadata.uid for item in expected.items] != []


def test_both_run_the_same_command(settled: Workspace, ours: Client, theirs: ApiClient) -> None:
    pod = settled.pods("app=nginx-sidecar")[0]["metadata"]["name"]
    mine = ours.exec(settled.namespace, pod, "nginx", PRINT)
    other = stream(
        CoreV1Api(theirs).connect_get_namespaced_pod_exec,
        pod,
        settled.namespace,
        container="nginx",
        command=PRINT,
        stdout=True,
        stderr=True,
        _preload_content=False,
    )
    other.run_forever(timeout=30)
    other.sock.shutdown()  # it says that it is closed already, and keeps its socket
    assert mine.stdout.decode() == other.read_stdout() == "a b||ü$(x)|"
    assert mine.stderr.decode() == other.read_stderr() == "err"
    assert mine.exit_code == other.returncode == 3
