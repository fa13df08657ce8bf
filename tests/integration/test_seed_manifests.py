"""The five manifests of the course's main document, on the real cluster, with stand-in images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cluster import api
from cluster.network import load_networks
from tests.integration.driver import wait_for

if TYPE_CHECKING:
    from tests.integration.driver import Workspace

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def test_the_sidecar_prints_the_request_that_nginx_logged(workspace: Workspace) -> None:
    label = "app=nginx-sidecar"
    workspace.apply("sidecar-logging")
    wait_for(lambda: workspace.ready(label) == 2, "two ready containers")
    service = f"/api/v1/namespaces/{workspace.namespace}/services/nginx-with-sidecar:80/proxy"
    assert "nginx" in workspace.kubectl("get", "--raw", f"{service}/")
    workspace.cluster.try_kubectl("get", "--raw", f"{service}/a-path-of-this-test")
    wait_for(
        lambda: '"GET /a-path-of-this-test HTTP' in workspace.logs(label, "log-shipper"),
        "the request in the log of the shipper",
    )


def test_an_untagged_image_is_pulled_from_the_cluster_s_own_registry(workspace: Workspace) -> None:
    label = "app=nginx-sidecar"
    workspace.apply("sidecar-logging")
    wait_for(lambda: workspace.ready(label) == 2, "two ready containers")
    events = workspace.kubectl("get", "events", "-o", "jsonpath={.items[*].message}")
    assert 'Successfully pulled image "busybox"' in events


def test_multi_dep_shows_its_four_states(workspace: Workspace) -> None:
    label = "app=multi-1"
    workspace.apply("multi-dep")
    wait_for(lambda: workspace.ready(label) >= 2, "nginx and the counter to run")
    wait_for(
        lambda: (
            workspace.containers(label)["mysql"]["restartCount"] >= 1
            and workspace.containers(label)["someother"]["restartCount"] >= 1
        ),
        "mysql and someother to be started again",
    )
    containers = workspace.containers(label)
    assert "running" in containers["nginx"]["state"]
    assert "running" in containers["counter"]["state"]
    for name, code in (("mysql", 1), ("someother", 1)):
        assert containers[name]["lastState"]["terminated"]["exitCode"] == code
    assert containers["nginx"]["restartCount"] == 0, "a failed container restarts alone"
    # A container that is just being replaced has no log for a moment: ask again.
    missing = "MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD and MYSQL_RANDOM_ROOT"
    wait_for(lambda: missing in workspace.logs(label, "mysql", "--previous"), "mysql's own words")
    wait_for(
        lambda: "sleep: invalid option -- '1'" in workspace.logs(label, "someother", "--previous"),
        "the words of someother",
    )


def test_the_fixed_pod_has_four_of_four_ready(workspace: Workspace) -> None:
    label = "app=multi-fixed"
    workspace.apply("multi-dep-fixed")
    wait_for(lambda: workspace.ready(label) == 4, "four ready containers")
    assert "ready for connections" in workspace.logs(label, "mysql")
    wait_for(lambda: "Monitoring..." in workspace.logs(label, "monitor"), "the monitor's line")
    assert all(one["restartCount"] == 0 for one in workspace.containers(label).values())


def test_the_exporter_serves_the_number_that_the_app_wrote(workspace: Workspace) -> None:
    label = "app=metrics-app"
    workspace.apply("app-with-exporter")
    wait_for(lambda: workspace.ready(label) == 2, "two ready containers")
    pod = workspace.pods(label)[-1]["metadata"]["name"]
    path = f"/api/v1/namespaces/{workspace.namespace}/pods/{pod}:9090/proxy/metrics"

    def scraped() -> bool:
        # nc closes its port between two answers and serves what it read before: ask again.
        answer = workspace.cluster.try_kubectl("get", "--raw", path)
        return answer.returncode == 0 and "app_requests_total" in answer.stdout

    wait_for(scraped, "a metric at port 9090")


def test_the_ambassador_answers_the_app_at_localhost(workspace: Workspace) -> None:
    workspace.apply("redis-with-proxy")
    wait_for(lambda: workspace.ready("app=redis-client") == 2, "app and ambassador")
    wait_for(lambda: "PONG" in workspace.logs("app=redis-client", "app"), "PONG in the app's log")


def test_the_toolbox_reaches_services_by_short_name_but_nothing_outside(
    workspace: Workspace,
) -> None:
    workspace.apply("redis-with-proxy")
    wait_for(lambda: workspace.ready("app=redis") == 1, "redis")
    # Two ways out that must be shut: this machine's own side of the cable, and names elsewhere.
    networks = load_networks(workspace.cluster.paths.base / "networks.json")
    assert networks is not None
    registry = f"{networks.host_address}:5000"
    assert api.port_answers(networks.host_address, 5000), "from here it can be reached"
    script = (
        "until redis-cli -h redis PING; do sleep 0.2; done; kubectl version --client;"
        f"curl -s -m 3 http://{registry}/v2/ || echo shut; getent hosts example.org || echo none"
    )
    workspace.kubectl(
        "run",
        "toolbox",
        "--image=podlab.local/toolbox:1",
        "--restart=Never",
        "--",
        "bash",
        "-c",
        script,
    )
    wait_for(
        lambda: workspace.pods("run=toolbox")[0]["status"]["phase"] == "Succeeded", "the toolbox"
    )
    said = workspace.kubectl("logs", "toolbox").split()
    assert "PONG" in said
    assert "v1.34.4" in said
    assert said[-2:] == ["shut", "none"]
