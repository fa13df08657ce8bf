"""What was seen in part, or while it was taken away, is unknown: never failed, never passed."""

from typing import Any

import pytest

from grader.evidence.model import Cut, Transcript, Trouble
from grader.judge.engine import judge
from tests.unit.judge.labs import (
    BOTH,
    config,
    deployment,
    finding,
    findings,
    lab_with,
    nginx,
    service,
    shipper,
    standing,
)
from tests.workspaces import Workspace

READY = {"kind": "ready", "roles": ["writer"]}
LEADS = {"kind": "service_leads", "service": "web", "port": 80}
MOUNTED = {"kind": "config_mounted", "config": "settings", "role": "writer", "other_than": "reader"}
LOCAL = {"kind": "names_only_localhost", "role": "reader"}
ANSWERS = {"kind": "service_answers", "probe": "try"}
HTTP = {"kind": "service_http", "service": "web", "port": 80}
REVISION = "deployment.kubernetes.io/revision"


def cut(*kinds: str, **deployed: Any) -> Workspace:
    """A Deployment behind its Service, in a namespace with more than was read."""
    workspace = standing(deployment(nginx(), shipper(), **deployed), service())
    workspace.cuts = [Cut(kind, "pages") for kind in kinds]
    return workspace


def code(workspace: Workspace, check: dict[str, Any], **parts: Any) -> str:
    found = finding(workspace, check, **parts)
    kind = found.params.get("kind", "") if found.verdict == "unknown" else ""
    return f"{found.verdict} {found.code} {kind}".rstrip()


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "Pod"])
def test_what_is_not_found_in_a_cut_list_is_unknown(kind: str) -> None:
    workspace = cut(kind)
    workspace.objects[kind] = []
    found = finding(workspace, READY)
    assert (found.verdict, found.code) == ("unknown", "evidence_truncated")
    assert found.params == {"kind": kind}
    assert found.command.endswith(f"get {kind.lower()}s")


def test_what_is_found_in_a_cut_list_is_judged() -> None:
    workspace = cut("Deployment", "Pod")
    assert code(workspace, READY) == "passed ready_held"
    workspace.status("nginx")["ready"] = False
    assert code(workspace, READY).startswith("failed")


def test_a_cut_inside_of_one_object_is_no_cut_of_the_list() -> None:
    workspace = cut()
    workspace.cuts = [Cut("Deployment/web.metadata.annotations", "string", 9)]
    workspace.objects["Deployment"] = []
    assert code(workspace, READY) == "failed workload_missing"


def test_the_second_name_does_not_count_while_the_first_may_stand_behind_the_cut() -> None:
    names = {"workloads": {"main": {"names": ["web-fixed", "web"]}}}
    assert code(cut(), READY, **names) == "passed ready_held"
    assert code(cut("Deployment"), READY, **names) == "unknown evidence_truncated Deployment"
    assert code(cut("Pod"), READY, **names) == "passed ready_held"


def test_pods_that_the_deployment_counts_and_nobody_read_are_not_called_ready() -> None:
    workspace = cut("Pod", replicas=2)
    assert code(workspace, READY) == "passed ready_held"
    workspace.objects["Pod"].pop()
    assert code(workspace, READY) == "unknown evidence_truncated Pod"
    workspace.get("Deployment")["spec"] |= {"replicas": None}
    workspace.get("Deployment")["status"] = {}
    assert code(workspace, READY) == "passed ready_held"


def test_only_the_newest_replica_set_tells_the_pods_that_count() -> None:
    workspace = cut("ReplicaSet")
    assert code(workspace, READY) == "unknown evidence_truncated ReplicaSet"
    workspace.get("Deployment")["metadata"]["annotations"] = {REVISION: "1"}
    assert code(workspace, READY) == "passed ready_held"
    workspace.get("Deployment")["metadata"]["annotations"] = {REVISION: "2"}
    assert code(workspace, READY) == "unknown evidence_truncated ReplicaSet"


def test_a_pod_by_itself_needs_no_whole_lists() -> None:
    pod = {"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [nginx()]}}
    workspace = standing(pod)
    workspace.cuts = [Cut("Pod", "pages"), Cut("ReplicaSet", "pages")]
    named = {"main": {"kinds": ["Pod"], "names": ["web"]}}
    assert code(workspace, READY, workloads=named) == "passed ready_held"


def test_a_service_that_may_stand_behind_the_cut_is_unknown() -> None:
    workspace = cut("Service")
    assert code(workspace, LEADS) == "passed service_leads"
    workspace.objects["Service"] = []
    assert code(workspace, LEADS) == "unknown evidence_truncated Service"


def test_endpoints_in_a_cut_list_are_never_all_of_them() -> None:
    workspace = cut("EndpointSlice")
    assert code(workspace, LEADS) == "unknown evidence_truncated EndpointSlice"
    workspace.objects["EndpointSlice"] = []
    assert code(workspace, LEADS) == "unknown evidence_truncated EndpointSlice"


def test_a_stranger_among_cut_endpoints_is_one_unless_the_pods_were_cut_too() -> None:
    workspace = cut("EndpointSlice")
    workspace.get("EndpointSlice")["endpoints"] = [{"addresses": ["10.9.9.9"]}]
    assert code(workspace, LEADS) == "failed endpoints_foreign"
    workspace.cuts = [Cut("Pod", "pages")]
    assert code(workspace, LEADS) == "unknown evidence_truncated Pod"


def test_a_config_map_that_may_stand_behind_the_cut_is_unknown() -> None:
    workspace = cut("ConfigMap")
    assert code(workspace, MOUNTED) == "unknown evidence_truncated ConfigMap"
    workspace.cuts = []
    assert code(workspace, MOUNTED) == "failed config_missing"


def test_hosts_cannot_be_told_without_all_services_and_the_config_maps_that_are_given() -> None:
    given = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    workspace = standing(deployment(nginx(), shipper(**given)), config("settings", A="b"))
    workspace.cuts = [Cut("ConfigMap", "pages")]
    assert code(workspace, LOCAL) == "passed names_only_localhost"
    workspace.objects["ConfigMap"] = []
    assert code(workspace, LOCAL) == "unknown evidence_truncated ConfigMap"
    workspace.cuts = [Cut("Service", "pages")]
    assert code(workspace, LOCAL) == "unknown evidence_truncated Service"


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("no_service", "Service"),
        ("no_endpoints", "EndpointSlice"),
        ("not_ready", "EndpointSlice"),
        ("foreign_endpoint", "Pod"),
    ],
)
def test_a_probe_that_read_a_cut_list_found_nothing_missing(why: str, kind: str) -> None:
    workspace = cut()
    workspace.probes["try"] = Transcript("service_http", (), {"why": why})
    assert code(workspace, ANSWERS, probes={"try": HTTP}).startswith("failed through_service_")
    workspace.cuts = [Cut(kind, "pages")]
    assert code(workspace, ANSWERS, probes={"try": HTTP}) == f"unknown evidence_truncated {kind}"


def test_no_running_pod_in_a_cut_list_is_unknown() -> None:
    check, probe = {"kind": "pod_answers", "probe": "try"}, {"kind": "pod_http", "port": 80}
    workspace = cut()
    workspace.probes["try"] = Transcript("pod_http", (), {"error": "not_running"})
    assert code(workspace, check, probes={"try": probe}) == "failed pod_idle"
    workspace.cuts = [Cut("Pod", "pages")]
    assert code(workspace, check, probes={"try": probe}) == "unknown evidence_truncated Pod"


@pytest.mark.parametrize("check", [READY, LEADS, MOUNTED, LOCAL, ANSWERS])
def test_in_a_namespace_that_is_being_deleted_nothing_is_judged(check: dict[str, Any]) -> None:
    workspace = cut()
    workspace.unseen = {"Namespace": Trouble("terminating")}
    workspace.probes["try"] = Transcript("service_http", (), {"why": "no_service"})
    probes = {"try": HTTP}
    for objects in (workspace.objects, {}):
        workspace.objects = objects
        (found,) = findings(workspace, check, probes=probes)
        assert (found.verdict, found.code) == ("unknown", "namespace_ending")
        assert judge(lab_with(check, probes=probes), workspace.evidence()).diagnoses == ()


def test_a_namespace_that_cannot_be_asked_for_is_not_being_deleted() -> None:
    workspace = cut()
    workspace.unseen = {"Namespace": Trouble("forbidden")}
    assert code(workspace, READY) == "passed ready_held"


def test_an_answer_about_live_pods_is_not_called_wrong_where_nobody_saw_them() -> None:
    port = {
        "id": "port",
        "kind": "number",
        "prompt": BOTH,
        "right": [80],
        "live": {"role": "writer", "fact": "listening_port"},
    }

    def marked(given: int) -> str:
        workspace.answers = {"task": {"port": given}}
        lab = lab_with(READY, questions=[port])
        return judge(lab, workspace.evidence()).tasks[0].checks[1].code

    workspace = cut()
    assert marked(8081) == "answer_wrong"
    workspace.unseen = {"Pod": Trouble("forbidden")}
    assert (marked(8081), marked(80)) == ("not_seen", "answer_right")
    workspace.unseen = {}
    workspace.objects["Pod"] = []
    assert marked(8081) == "answer_wrong"
