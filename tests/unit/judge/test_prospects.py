"""What passes by itself is no failure; what is hopeless is not said to pass by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.evidence.model import Step, Transcript
from grader.words.lexicon import load_words
from tests.unit.judge.labs import (
    container,
    deployment,
    finding,
    mount,
    nginx,
    service,
    shipper,
    standing,
)
from tests.workspaces import NOW, Workspace

if TYPE_CHECKING:
    from grader.judge.verdict import Finding

ENDED = "2026-03-01T12:09:45Z"
READY = {"kind": "ready", "roles": ["writer", "reader"], "seconds": 5}
FLOWS = {"kind": "log_flows", "probe": "flow"}
LEADS = {"kind": "service_leads", "service": "web", "port": 80}
ANSWERS = {"kind": "service_answers", "probe": "page"}
PROBES = {
    "flow": {"kind": "log_flow", "writer": "writer", "reader": "reader"},
    "page": {"kind": "service_http", "service": "web", "port": 80},
}
UNRESOLVED = "'server out/r1' : could not resolve address 'redis'."
ON_IT = [FLOWS, LEADS, ANSWERS]


def ends(workspace: Workspace, name: str = "nginx") -> None:
    back_off = {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}
    over = {"exitCode": 1, "startedAt": ENDED, "finishedAt": ENDED}
    workspace.status(name).update(
        state={"waiting": back_off},
        lastState={"terminated": over},
        ready=False,
        restartCount=3,
    )
    workspace.says(name, (ENDED, UNRESOLVED))


def broken(*containers: dict[str, Any], settled: bool = True) -> Workspace:
    """The web server looks for a Service that is not there, and nothing comes through."""
    found = containers or (nginx(), shipper())
    workspace = standing(deployment(*found), service())
    ends(workspace)
    workspace.settled = settled
    for piece in workspace.get("EndpointSlice")["endpoints"]:
        piece["conditions"]["ready"] = False
    step = Step(NOW, "http_get", "web-5d4f8-0", "nginx", "80 /x", ok=False, saw="refused")
    request = {"writer": "nginx", "request": {"error": "refused"}, "readers": []}
    workspace.probes["flow"] = Transcript("log_flow", (step,), request)
    workspace.probes["page"] = Transcript("service_http", (step,), {"why": "not_ready"})
    return workspace


def mended(workspace: Workspace) -> Workspace:
    """The Service came since."""
    redis = service("redis", "redis", {"port": 6379})
    redis["metadata"]["creationTimestamp"] = NOW
    workspace.objects["Service"].append(redis)
    return workspace


def found_by(workspace: Workspace, check: dict[str, Any]) -> Finding:
    return finding(workspace, check, probes=PROBES)


@pytest.mark.parametrize("check", [READY, *ON_IT], ids=lambda it: it["kind"])
def test_a_back_off_after_a_fix_is_a_start_that_is_awaited(check: dict[str, Any]) -> None:
    found = found_by(mended(broken()), check)
    assert (found.verdict, found.code) == ("failed", "still_starting")
    waits = {name: found.params[name] for name in ("because", "container", "seconds")}
    assert waits == {"because": "waits_for_restart", "container": "nginx", "seconds": 25}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_words_of_an_awaited_start_name_the_container_and_the_seconds(language: str) -> None:
    words = load_words(language).tables["still_starting"]
    for part in ("message_waits_for_restart", "observed_waits_for_restart"):
        assert "{container}" in words[part]
        assert "{seconds}" in words[part]


def test_what_no_start_mends_fails_while_one_is_awaited() -> None:
    writable = shipper(volumeMounts=[mount()])
    check = {"kind": "read_only_mount", "reader": "reader", "writer": "writer"}
    assert found_by(mended(broken(nginx(), writable)), check).code == "read_only_missing"


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize(
    ("check", "code"),
    [
        (READY, "crash_looping"),
        (FLOWS, "log_request_refused"),
        (LEADS, "endpoints_unready"),
        (ANSWERS, "through_service_unready"),
    ],
)
def test_a_crash_loop_whose_cause_stands_is_not_said_to_pass(
    check: dict[str, Any], code: str, *, settled: bool
) -> None:
    assert found_by(broken(settled=settled), check).code == code


def test_a_neighbour_that_cannot_run_is_not_mended_by_the_awaited_start() -> None:
    workspace = mended(broken())
    ends(workspace, "shipper")
    workspace.logs = [log for log in workspace.logs if log.container == "nginx"]
    assert found_by(workspace, READY).params["container"] == "shipper"
    assert found_by(workspace, READY).code == "crash_looping"
    assert found_by(workspace, FLOWS).code == "log_request_refused"


def test_a_container_without_a_role_makes_nothing_hopeless() -> None:
    workspace = broken(nginx(), shipper(), container("idle"), settled=False)
    workspace.status("nginx").update(state={"running": {"startedAt": NOW}}, lastState={})
    ends(workspace, "idle")
    assert found_by(workspace, FLOWS).code == "still_starting"


def test_a_service_that_leads_elsewhere_is_not_mended_by_a_start() -> None:
    workspace = mended(broken())
    for piece in workspace.objects["EndpointSlice"]:
        piece["endpoints"] = []
    workspace.get("Service", "web")["spec"]["selector"] = {"app": "wbe"}
    assert found_by(workspace, LEADS).code == "endpoints_missing"


def test_of_a_workload_without_roles_every_container_counts() -> None:
    workspace = broken(settled=False)
    found = finding(workspace, LEADS, roles={})
    assert found.code == "endpoints_unready"
