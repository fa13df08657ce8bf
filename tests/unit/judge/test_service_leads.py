"""A Service leads to the workload when each of its ready endpoints is one of its Pods."""

from typing import Any

import pytest

from grader.evidence.model import Trouble
from tests.unit.judge.labs import deployment, finding, nginx, service, shipper, standing
from tests.workspaces import Workspace

LEADS = {"kind": "service_leads", "service": "web", "port": 80}


def served(*more: dict[str, Any], **parts: Any) -> Workspace:
    return standing(deployment(nginx(), shipper(), **parts), *more)


def test_a_service_before_its_pods_passes_and_shows_them() -> None:
    found = finding(served(service(), replicas=2), LEADS)
    assert (found.verdict, found.code) == ("passed", "service_leads")
    assert found.params["endpoints"] == 2
    assert found.evidence[0] == "service/web port 80 → 10.1.0.2:80 (pod/web-5d4f8-0), ready"


@pytest.mark.parametrize("target", [80, "http", 8080])
def test_the_port_goes_by_the_services_number(target: int | str) -> None:
    ports = [{"name": "other", "port": 81}, {"name": "http", "port": 80, "targetPort": target}]
    assert finding(served(service("web", "web", *ports)), LEADS).verdict == "passed"


def test_no_service_is_said_so() -> None:
    assert finding(served(), LEADS).code == "service_missing"


def test_another_port_is_shown() -> None:
    found = finding(served(service("web", "web", {"port": 8080})), LEADS)
    assert (found.code, found.params["ports"]) == ("port_not_offered", [8080])


def test_a_service_without_ports_is_shown_as_that() -> None:
    workspace = served(service())
    workspace.get("Service")["spec"]["ports"] = []
    assert "none" in finding(workspace, LEADS).evidence[0]


def test_labels_that_select_nobody_are_shown() -> None:
    found = finding(served(service(app="wbe")), LEADS)
    assert (found.code, found.params["selector"]) == ("endpoints_missing", "app=wbe")


def test_a_service_of_no_selector_leads_nowhere() -> None:
    workspace = served(service(app="wbe"))
    workspace.get("Service")["spec"] = {"type": "ExternalName", "ports": [{"port": 80}]}
    assert "selector none" in finding(workspace, LEADS).evidence[0]


def test_pods_that_are_not_ready_are_told_from_none() -> None:
    workspace = served(service())
    workspace.get("EndpointSlice")["endpoints"][0]["conditions"] = {"ready": False}
    assert finding(workspace, LEADS).code == "endpoints_unready"


def test_a_pod_of_somebody_else_behind_the_service_is_named() -> None:
    other = deployment({"name": "x", "image": "nginx"}, name="other")
    other["spec"]["template"]["metadata"]["labels"] = {"app": "web"}
    found = finding(served(other, service()), LEADS)
    assert (found.code, found.params["stranger"]) == ("endpoints_foreign", "other-5d4f8-0")


@pytest.mark.parametrize(
    "forged", [{"addresses": ["10.9.9.9"]}, {"targetRef": {"kind": "Pod", "name": "web-5d4f8-0"}}]
)
def test_an_endpoint_written_by_hand_is_a_stranger(forged: dict[str, Any]) -> None:
    workspace = served(service())
    workspace.get("EndpointSlice")["endpoints"][0] |= forged
    assert finding(workspace, LEADS).code == "endpoints_foreign"


def test_an_endpoint_without_a_pod_is_named_by_its_address() -> None:
    workspace = served(service())
    workspace.get("EndpointSlice")["endpoints"] = [{"addresses": ["10.9.9.9"]}]
    found = finding(workspace, LEADS)
    assert found.params["stranger"] == "10.9.9.9"
    assert "(no Pod)" in found.evidence[0]


def test_a_pod_on_its_way_out_is_no_stranger() -> None:
    workspace = served(service(), replicas=2)
    workspace.objects["Pod"][1]["metadata"]["deletionTimestamp"] = "2026-03-01T12:09:59Z"
    workspace.get("Deployment")["spec"]["replicas"] = 1
    assert finding(workspace, LEADS).verdict == "passed"


def test_while_it_settles_a_service_without_endpoints_is_looked_at_again() -> None:
    workspace = served(service(app="wbe"))
    workspace.settled = False
    found = finding(workspace, LEADS)
    assert (found.code, found.params["because"]) == ("still_starting", "endpoints_missing")


@pytest.mark.parametrize("kind", ["Service", "EndpointSlice", "Deployment", "ReplicaSet", "Pod"])
def test_what_the_api_did_not_list_is_unknown(kind: str) -> None:
    workspace = served(service())
    workspace.unseen = {kind: Trouble("forbidden")}
    found = finding(workspace, LEADS)
    assert (found.verdict, found.code) == ("unknown", "not_seen")
    assert found.params == {"kind": kind, "reason": "forbidden"}


def test_without_its_workload_a_service_leads_nowhere() -> None:
    found = finding(standing(service()), LEADS)
    assert (found.code, found.params["name"]) == ("workload_missing", "web")
