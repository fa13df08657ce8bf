"""kill -9 of anything: the supervisor says so, starts it again, and no object or Pod is lost."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from cluster import holder, lock, processes
from tests.integration.driver import wait_for

if TYPE_CHECKING:
    from tests.integration.driver import Cluster, Workspace

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

COMPONENTS = (
    "containerd",
    "registry",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "coredns",
)


@pytest.fixture
def keepsake(workspace: Workspace) -> Workspace:
    """A ConfigMap, a Pod and a Service whose survival is looked at."""
    workspace.kubectl("create", "configmap", "keepsake", "--from-literal=word=kept")
    workspace.kubectl("run", "web", "--image=nginx:1.27", "--labels=app=web", "--port=80")
    workspace.kubectl("expose", "pod", "web", "--port=80")
    wait_for(lambda: workspace.ready("app=web") == 1, "the Pod that must survive")
    return workspace


def _pod(workspace: Workspace) -> dict[str, Any]:
    return dict(json.loads(workspace.kubectl("get", "pod", "web", "-o", "json")))


def _is_kept(workspace: Workspace) -> bool:
    answer = workspace.cluster.try_kubectl(
        "-n", workspace.namespace, "get", "configmap", "keepsake", "-o", "jsonpath={.data.word}"
    )
    return answer.stdout == "kept"


def _answers(workspace: Workspace) -> bool:
    path = f"/api/v1/namespaces/{workspace.namespace}/services/web:80/proxy/"
    return "nginx" in workspace.cluster.try_kubectl("get", "--raw", path).stdout


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_killed_component_is_started_again_and_nothing_is_lost(
    component: str, cluster: Cluster, keepsake: Workspace
) -> None:
    wait_for(lambda: cluster.phase_is("ready"), "the cluster to be ready")
    before, pod = cluster.part(component), _pod(keepsake)
    os.kill(before["pid"], signal.SIGKILL)
    wait_for(
        lambda: cluster.part(component)["restarts"] == before["restarts"] + 1,
        "the supervisor to notice",
    )
    assert cluster.part(component)["last_exit"] == "killed by signal 9"
    wait_for(lambda: cluster.phase_is("ready"), "the cluster to be ready again")
    assert _is_kept(keepsake)
    after = _pod(keepsake)
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    assert after["status"]["podIP"] == pod["status"]["podIP"]
    assert after["status"]["containerStatuses"][0]["restartCount"] == 0, "the Pod ran on"
    wait_for(lambda: _answers(keepsake), "the Service to answer")


def test_status_says_what_died_and_how_often(cluster: Cluster) -> None:
    wait_for(lambda: cluster.phase_is("ready"), "the cluster to be ready")
    before = cluster.part("kube-scheduler")
    os.kill(before["pid"], signal.SIGKILL)
    wait_for(lambda: cluster.part("kube-scheduler")["restarts"] > before["restarts"], "the restart")
    wait_for(lambda: cluster.phase_is("ready"), "the cluster to be ready again")
    answer = cluster.manage("status")
    assert answer.returncode == 0
    line = next(line for line in answer.stdout.splitlines() if "kube-scheduler" in line)
    assert "restarts" in line
    assert "killed by signal 9" in line


def test_the_next_up_adopts_what_a_killed_supervisor_left(
    cluster: Cluster, keepsake: Workspace
) -> None:
    pod = _pod(keepsake)
    os.kill(cluster.state()["pid"], signal.SIGKILL)
    wait_for(lambda: not lock.is_held(cluster.paths.lock), "the lock to be free")
    gone = cluster.manage("status")
    assert gone.returncode == 1
    assert "gone" in gone.stdout
    assert "manage.py cluster up" in gone.stdout
    cluster.up()
    assert _is_kept(keepsake)
    after = _pod(keepsake)
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    assert after["status"]["containerStatuses"][0]["restartCount"] == 0, "the Pod ran on"
    parts = [one.part for one in processes.find(cluster.instance.name)]
    assert parts.count("etcd") == 2, "one etcd and the nsenter that started it; no second pair"


def test_a_killed_holder_ends_every_pod_but_loses_no_object(
    cluster: Cluster, keepsake: Workspace
) -> None:
    old = holder.find(cluster.instance.name)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: holder.find(cluster.instance.name) not in (0, old), "a new holder")
    wait_for(lambda: _is_kept(keepsake), "the objects to be there again")
    wait_for(lambda: cluster.phase_is("ready"), "the cluster to be ready again")
    wait_for(lambda: keepsake.ready("app=web") == 1 and _answers(keepsake), "the Pod to run again")
