"""Ready, held: by the cluster's clock, for every container of the roles, in every Pod."""

import pytest

from tests.unit.judge.labs import container, deployment, finding, nginx, shipper, standing
from tests.workspaces import NOW, Workspace

READY = {"kind": "ready", "roles": ["writer", "reader"], "seconds": 5}
JUST_NOW = "2026-03-01T12:09:57Z"
IN_TIME = "2026-03-01T12:09:55Z"


def waiting(reason: str) -> dict[str, object]:
    return {"state": {"waiting": {"reason": reason}}, "ready": False}


def test_containers_that_stand_for_long_pass_at_once() -> None:
    found = finding(standing(), READY)
    assert (found.verdict, found.code) == ("passed", "ready_held")
    assert found.params == {"containers": ["nginx", "shipper"], "seconds": 5}
    assert found.evidence[0] == (
        "pod/web-5d4f8-0 container nginx: running for 600 s, ready, 0 restarts"
    )


def test_a_native_sidecar_counts_like_a_plain_container() -> None:
    sidecar = shipper() | {"restartPolicy": "Always"}
    found = finding(standing(deployment(nginx(), initContainers=[sidecar])), READY)
    assert found.verdict == "passed"


def test_an_init_container_plays_no_part() -> None:
    found = finding(standing(deployment(nginx(), initContainers=[shipper()])), READY)
    assert (found.code, found.params["role"]) == ("role_missing", "reader")


def test_restarts_of_long_ago_are_no_fault() -> None:
    workspace = standing()
    workspace.status("nginx").update(restartCount=7)
    assert finding(workspace, READY).verdict == "passed"


@pytest.mark.parametrize(("since", "code"), [(JUST_NOW, "still_starting"), (IN_TIME, "ready_held")])
def test_what_has_just_started_is_still_starting(since: str, code: str) -> None:
    workspace = standing()
    workspace.status("nginx")["state"] = {"running": {"startedAt": since}}
    assert finding(workspace, READY).code == code


def test_what_has_just_become_ready_is_still_starting() -> None:
    workspace = standing()
    conditions = workspace.get("Pod")["status"]["conditions"]
    conditions[0]["lastTransitionTime"] = JUST_NOW
    found = finding(workspace, READY)
    assert (found.code, found.params["held"]) == ("still_starting", 3)


def test_a_neighbour_without_a_role_may_be_in_trouble() -> None:
    workspace = standing(deployment(nginx(), shipper(), container("idle")))
    workspace.status("idle").update(waiting("CrashLoopBackOff"))
    workspace.get("Pod")["status"]["conditions"] = [{"type": "ContainersReady", "status": "False"}]
    assert finding(workspace, READY).verdict == "passed"


def test_a_restart_while_we_looked_is_said_so() -> None:
    workspace = standing()
    workspace.status("nginx").update(
        restartCount=3, state={"running": {"startedAt": JUST_NOW}}, ready=True
    )
    uid = workspace.get("Pod")["metadata"]["uid"]
    workspace.before = {uid: {"nginx": 2}}
    assert finding(workspace, READY).code == "restarted"


def crash(workspace: Workspace) -> None:
    workspace.status("nginx").update(
        waiting("CrashLoopBackOff"),
        restartCount=4,
        lastState={"terminated": {"exitCode": 1, "reason": "Error"}},
    )


def test_a_crash_loop_names_the_container_and_shows_the_log_before() -> None:
    workspace = standing()
    crash(workspace)
    found = finding(workspace, READY)
    assert (found.verdict, found.code) == ("failed", "crash_looping")
    assert {**found.params, "pod": ""} == {
        "container": "nginx",
        "pod": "",
        "restarts": 4,
        "exit_code": 1,
    }
    assert "logs web-5d4f8-0 -c nginx --previous" in found.command


def test_a_crash_loop_fails_also_while_the_rest_still_settles() -> None:
    workspace = standing()
    crash(workspace)
    workspace.settled = False
    assert finding(workspace, READY).code == "crash_looping"


def test_a_crash_between_two_starts_is_a_crash_too() -> None:
    workspace = standing()
    workspace.status("nginx").update(
        state={"terminated": {"exitCode": 2}}, restartCount=1, ready=False
    )
    found = finding(workspace, READY)
    assert (found.code, found.params["exit_code"]) == ("crash_looping", 2)


def test_a_crash_whose_code_nobody_kept_is_still_one() -> None:
    workspace = standing()
    workspace.status("nginx").update(waiting("CrashLoopBackOff"), restartCount=1)
    assert finding(workspace, READY).params["exit_code"] == "?"


def test_a_container_that_has_ended_says_its_exit_code() -> None:
    workspace = standing()
    workspace.status("nginx").update(
        state={"terminated": {"exitCode": 0, "reason": "Completed"}}, ready=False
    )
    found = finding(workspace, READY)
    assert (found.code, found.params["exit_code"]) == ("container_ended", 0)


@pytest.mark.parametrize(
    ("reason", "settled", "code"),
    [
        ("ImagePullBackOff", True, "container_waiting"),
        ("CreateContainerConfigError", True, "container_waiting"),
        ("ContainerCreating", True, "container_waiting"),
        ("ContainerCreating", False, "still_starting"),
        ("PodInitializing", False, "still_starting"),
        ("ErrImagePull", False, "still_starting"),
    ],
)
def test_what_waits_is_still_starting_only_while_it_makes_progress(
    reason: str, settled: bool, code: str
) -> None:
    workspace = standing()
    workspace.status("nginx").update(waiting(reason))
    workspace.settled = settled
    found = finding(workspace, READY)
    assert found.code == code
    assert found.params.get("reason", reason) == reason


def test_a_pod_without_a_place_says_why() -> None:
    workspace = standing()
    workspace.get("Pod")["status"] = {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
    }
    found = finding(workspace, READY)
    assert (found.code, found.params["reason"]) == ("container_waiting", "Unschedulable")


def test_a_container_that_runs_and_is_not_ready_is_told_from_one_that_does_not_run() -> None:
    workspace = standing()
    workspace.status("shipper").update(ready=False)
    found = finding(workspace, READY)
    assert (found.code, found.params["container"]) == ("container_unready", "shipper")


def test_the_worst_trouble_is_told_first() -> None:
    workspace = standing()
    workspace.status("shipper").update(ready=False)
    crash(workspace)
    assert finding(workspace, READY).code == "crash_looping"


def test_one_bad_replica_is_enough() -> None:
    workspace = standing(deployment(nginx(), shipper(), replicas=3))
    last = workspace.objects["Pod"][2]
    last["status"]["containerStatuses"][0]["ready"] = False
    found = finding(workspace, READY)
    assert (found.code, found.params["pod"]) == ("container_unready", "web-5d4f8-2")


def test_a_change_that_is_not_rolled_out_yet_is_still_starting() -> None:
    workspace = standing()
    workspace.get("Deployment")["metadata"]["generation"] = 2
    assert finding(workspace, READY).code == "still_starting"


def test_missing_replicas_are_counted() -> None:
    workspace = standing()
    workspace.get("Deployment")["spec"]["replicas"] = 3
    found = finding(workspace, READY)
    assert (found.code, found.params["have"], found.params["want"]) == ("replicas_missing", 1, 3)


def test_a_pod_by_itself_needs_no_rollout() -> None:
    pod = {
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {
            "containers": [nginx(), shipper()],
            "volumes": [{"name": "logs", "emptyDir": {}}],
        },
    }
    workloads = {"main": {"kinds": ["Pod"], "names": ["web"]}}
    assert finding(standing(pod), READY, workloads=workloads).verdict == "passed"


def test_times_that_are_none_hold_nothing() -> None:
    workspace = standing()
    workspace.status("nginx")["state"] = {"running": {"startedAt": "soon"}}
    workspace.get("Pod")["status"]["conditions"] = []
    found = finding(workspace, READY)
    assert found.code == "still_starting"
    assert "running, ready" in found.evidence[0]


def test_now_is_when_the_evidence_was_taken() -> None:
    assert standing().evidence().taken_at == NOW
