"""What is worth waiting for, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grader.evidence.views import find_workload
from grader.kube.outlook import Horizon, Outlook, look_ahead
from tests.unit.judge.labs import deployment, lab_with, nginx, shipper, standing
from tests.workspaces import LONG_AGO, Workspace

NOW = datetime(2026, 3, 1, 12, 10, 0, tzinfo=UTC)
HOLD = timedelta(seconds=5)
LAB = lab_with({"kind": "ready", "roles": ["writer"]})


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def look(workspace: Workspace, left: float = 20.0) -> tuple[Outlook, ...]:
    workload = find_workload(workspace.evidence(), LAB)
    assert workload is not None
    return look_ahead([workload], Horizon(NOW, NOW + timedelta(seconds=left), HOLD))


def state(workspace: Workspace, container: str = "shipper", left: float = 20.0) -> str:
    return next(one.state for one in look(workspace, left) if one.container == container)


def young() -> Workspace:
    """Everything was made a moment ago."""
    workspace = standing()
    pod = workspace.get("Pod")
    pod["metadata"]["creationTimestamp"] = ago(3)
    pod["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": ago(3)}
    ]
    return workspace


def waiting(workspace: Workspace, reason: str, message: str = "", **rest: Any) -> Workspace:
    workspace.status("shipper").update(
        ready=False,
        state={"waiting": {"reason": reason, "message": message}},
        **rest,
    )
    return workspace


def crashed(seconds_ago: float, back_off: str, restarts: int = 2) -> Workspace:
    return waiting(
        standing(),
        "CrashLoopBackOff",
        f"back-off {back_off} restarting failed container=shipper pod=web_x(uid)",
        restartCount=restarts,
        lastState={"terminated": {"exitCode": 1, "finishedAt": ago(seconds_ago)}},
    )


def test_what_has_stood_for_long_needs_no_waiting_at_all() -> None:
    assert {one.state for one in look(standing())} == {"held"}


def test_what_became_ready_just_now_is_held_for_a_while() -> None:
    workspace = standing()
    workspace.status("shipper")["state"] = {"running": {"startedAt": ago(2)}}
    found = {one.container: one for one in look(workspace)}
    assert found["nginx"].state == "held"
    assert found["shipper"].state == "holding"
    assert found["shipper"].until == NOW + timedelta(seconds=4)  # 5 s and one for rounding


def test_being_ready_counts_from_when_the_pod_became_ready() -> None:
    workspace = standing()
    workspace.get("Pod")["status"]["conditions"][0]["lastTransitionTime"] = ago(1)
    assert {one.state for one in look(workspace)} == {"holding"}


@pytest.mark.parametrize(
    ("seconds_ago", "back_off", "left", "expected"),
    [
        (1, "10s", 20, "starting"),  # tail -f before there is a file: fine at the next start
        (1, "20s", 20, "starting"),
        (1, "40s", 20, "stuck"),
        (30, "40s", 20, "starting"),
        (1, "5m0s", 20, "stuck"),
        (290, "5m0s", 20, "starting"),
        (1, "10s", 5, "stuck"),
    ],
)
def test_a_back_off_is_waited_for_where_it_ends_in_time(
    seconds_ago: float, back_off: str, left: float, expected: str
) -> None:
    assert state(crashed(seconds_ago, back_off), left=left) == expected


def test_a_back_off_without_its_length_is_judged_by_the_restarts() -> None:
    for restarts, expected in ((1, "starting"), (3, "stuck")):
        workspace = crashed(1, "10s", restarts)
        workspace.status("shipper")["state"]["waiting"]["message"] = ""
        assert state(workspace) == expected


def test_a_container_that_ended_a_moment_ago_is_about_to_be_started_again() -> None:
    workspace = standing()
    ended = {"terminated": {"exitCode": 1, "startedAt": ago(2), "finishedAt": ago(1)}}
    workspace.status("shipper").update(ready=False, state=ended)
    assert state(workspace) == "starting"
    workspace.get("Pod")["spec"]["restartPolicy"] = "Never"
    assert state(workspace) == "stuck"
    workspace.get("Pod")["spec"]["restartPolicy"] = "OnFailure"
    assert state(workspace) == "starting"
    ended["terminated"]["exitCode"] = 0
    assert state(workspace) == "stuck"


@pytest.mark.parametrize(
    ("restarts", "ran", "expected"),
    [
        (0, 1, "starting"),
        (1, 1, "starting"),
        (3, 1, "stuck"),
        (9, 1, "stuck"),
        (9, 700, "starting"),
    ],
)
def test_a_container_that_ended_often_starts_again_too_late(
    restarts: int, ran: float, expected: str
) -> None:
    workspace = standing()
    ended = {"exitCode": 1, "startedAt": ago(1 + ran), "finishedAt": ago(1)}
    workspace.status("shipper").update(
        ready=False, restartCount=restarts, state={"terminated": ended}
    )
    assert state(workspace) == expected


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("ErrImagePull", "rpc error: dial tcp: i/o timeout", "starting"),
        ("ImagePullBackOff", "Back-off pulling image: connection reset", "starting"),
        ("ErrImagePull", 'failed to resolve "busybx:1": busybx:1: not found', "stuck"),
        ("ImagePullBackOff", "pull access denied, repository does not exist", "stuck"),
        ("InvalidImageName", "", "stuck"),
        ("ErrImageNeverPull", "", "stuck"),
        ("CreateContainerConfigError", 'configmap "x" not found', "starting"),
        ("ContainerCreating", "", "starting"),
        ("", "", "starting"),
    ],
)
def test_a_young_pod_is_given_time_unless_there_is_no_hope(
    reason: str, message: str, expected: str
) -> None:
    assert state(waiting(young(), reason, message)) == expected


@pytest.mark.parametrize(
    "reason",
    ["ErrImagePull", "CreateContainerConfigError", "ContainerCreating", "", "RunContainer"],
)
def test_an_old_pod_that_still_waits_is_stuck(reason: str) -> None:
    assert state(waiting(standing(), reason)) == "stuck"


def test_a_pod_that_was_not_looked_at_by_the_kubelet_yet_is_starting() -> None:
    workspace = young()
    workspace.get("Pod")["status"]["containerStatuses"] = []
    assert {one.state for one in look(workspace)} == {"starting"}


def test_running_and_not_ready_is_given_time_after_the_last_change() -> None:
    workspace = standing()
    workspace.status("shipper")["ready"] = False
    assert state(workspace) == "stuck"
    workspace.status("shipper")["state"]["running"]["startedAt"] = ago(30)
    assert state(workspace) == "starting"


def test_a_startup_probe_that_allows_long_is_waited_for() -> None:
    workspace = standing()
    workspace.status("shipper").update(ready=False, state={"running": {"startedAt": ago(100)}})
    assert state(workspace) == "stuck"
    workspace.spec("shipper")["startupProbe"] = {"failureThreshold": 30, "periodSeconds": 10}
    assert state(workspace) == "starting"


def test_the_first_init_container_that_has_not_ended_is_waited_for() -> None:
    init = [shipper() | {"name": "one"}, shipper() | {"name": "two"}]
    workspace = standing(deployment(nginx(), initContainers=init))
    assert {one.container for one in look(workspace)} == {"nginx"}
    running = {"running": {"startedAt": ago(1)}}
    workspace.status("one").update(ready=False, state=running)
    workspace.status("two").update(ready=False, state={"waiting": {"reason": "PodInitializing"}})
    assert [one.container for one in look(workspace)] == ["one", "nginx"]
    assert state(workspace, "one") == "starting"


def test_a_native_sidecar_is_held_like_any_container() -> None:
    sidecar = shipper() | {"restartPolicy": "Always"}
    workspace = standing(deployment(nginx(), initContainers=[sidecar]))
    assert {one.container: one.state for one in look(workspace)} == {
        "nginx": "held",
        "shipper": "held",
    }


def test_a_deployment_whose_pods_are_not_made_yet_is_starting_while_it_is_young() -> None:
    workspace = standing()
    workspace.objects["Pod"].clear()
    for kind in ("Deployment", "ReplicaSet"):
        workspace.get(kind)["metadata"]["creationTimestamp"] = ago(2)
    workspace.get("Deployment")["status"]["conditions"] = []
    assert [one.state for one in look(workspace)] == ["starting"]
    refusal = {"type": "ReplicaFailure", "status": "True", "lastUpdateTime": ago(1)}
    workspace.get("Deployment")["status"]["conditions"] = [refusal]
    assert [one.state for one in look(workspace)] == ["stuck"]


def test_a_deployment_that_has_had_no_pods_for_long_is_stuck() -> None:
    workspace = standing()
    workspace.objects["Pod"].clear()
    assert [one.state for one in look(workspace)] == ["stuck"]


def test_a_change_that_nobody_has_looked_at_yet_is_starting() -> None:
    workspace = standing()
    workspace.get("Deployment")["metadata"]["generation"] = 2
    workspace.get("Deployment")["status"]["conditions"][0]["lastUpdateTime"] = ago(0)
    assert look(workspace)[0].state == "starting"


def test_no_replicas_at_all_are_nothing_to_wait_for() -> None:
    workspace = standing(deployment(nginx(), shipper(), replicas=0))
    assert look(workspace) == ()


def test_times_that_are_no_times_give_an_answer() -> None:
    workspace = standing()
    workspace.status("shipper")["state"] = {"running": {"startedAt": "yesterday"}}
    workspace.get("Pod")["status"]["conditions"] = []
    assert state(workspace) == "holding"
    assert LONG_AGO
