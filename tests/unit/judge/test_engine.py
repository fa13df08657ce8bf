"""From evidence to a verdict and into the database: total, bounded, the same whatever the order."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.catalog import load_lab
from grader.catalog.definition import LabDefinition
from grader.diagnosis.model import Diagnosis, Layer
from grader.evidence.load import read_evidence
from grader.evidence.model import Evidence, Transcript, Trouble
from grader.judge import case as judged
from grader.judge import engine
from grader.judge.checks import KINDS, finder
from grader.judge.engine import judge
from grader.judge.stored import from_stored, to_stored
from grader.judge.verdict import Verdict, worst
from grader.judge.versions import lab_version
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
from tests.workspaces import Workspace, workspace_of

LABS = Path(__file__).resolve().parents[3] / "labs"
READY = {"kind": "ready", "roles": ["writer"]}


def our_labs() -> tuple[LabDefinition, ...]:
    files = sorted(LABS.glob("*/lab.yaml"))
    return tuple(load_lab(file.parent).definition for file in files)


def solved(definition: LabDefinition) -> Workspace:
    """The course's own manifest of a lab, as if it stood."""
    folder = min((LABS / definition.slug / "solutions").glob("course*"))
    workspace = workspace_of(*(it for it in sorted(folder.glob("*.yaml")) if it.name != "run.yaml"))
    for pod in workspace.objects["Pod"]:
        for it in pod["spec"]["containers"]:
            workspace.listens(it["name"], *(port["containerPort"] for port in it.get("ports", [])))
            workspace.says(it["name"], ("2026-03-01T12:09:58Z", "1"), ("2026-03-01T12:09:59Z", "2"))
    return workspace


OURS = [(definition, solved(definition).evidence().to_json()) for definition in our_labs()]

EACH = st.integers(0, len(OURS) - 1)


def as_read(plain: Any) -> Evidence:
    return read_evidence(json.loads(json.dumps(plain)))


def check_sound(verdict: Verdict, definition: LabDefinition) -> None:
    most = sum(task.points for task in definition.tasks)
    assert 0 <= verdict.score <= verdict.score + verdict.open_points <= most == verdict.max_score
    assert [task.id for task in verdict.tasks] == [task.id for task in definition.tasks]
    assert verdict.verdict == worst(task.verdict for task in verdict.tasks)
    for task in verdict.tasks:
        assert task.verdict == worst(check.verdict for check in task.checks)
        assert task.points == (task.max_points if task.verdict == "passed" else 0)
        assert all(check.code and check.id for check in task.checks)


def check_stored(verdict: Verdict) -> None:
    assert from_stored(json.loads(json.dumps(to_stored(verdict)))) == verdict


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(plain: Any) -> Iterator[tuple[Any, Any]]:
    """Every node of some JSON, as where it hangs and under which key."""
    inside = plain.items() if isinstance(plain, dict) else enumerate(plain)
    for key, inner in inside:
        yield plain, key
        if isinstance(inner, dict | list):
            yield from places(inner)


@given(JSON)
def test_evidence_of_any_shape_is_judged(plain: Any) -> None:
    for definition, _ in OURS:
        verdict = judge(definition, read_evidence(plain))
        check_sound(verdict, definition)
        check_stored(verdict)


@settings(max_examples=150)
@given(EACH, st.lists(st.tuples(st.integers(0, 100000), JSON), min_size=1, max_size=4))
def test_evidence_with_holes_and_nonsense_in_it_is_judged(
    place: int, changes: list[tuple[int, Any]]
) -> None:
    definition, plain = OURS[place]
    broken = json.loads(json.dumps(plain))
    for where, instead in changes:
        nodes = list(places(broken))
        parent, key = nodes[where % len(nodes)]
        parent[key] = instead
    verdict = judge(definition, read_evidence(broken))
    check_sound(verdict, definition)
    check_stored(verdict)
    assert all(it.code != "judge_error" for task in verdict.tasks for it in task.checks)


def shuffled(plain: Any, seed: int) -> Any:
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    other = json.loads(json.dumps(plain))
    for listed in (*other["objects"].values(), other["logs"], other["listening"]):
        chance.shuffle(listed)
    for kind in ("Pod", "Deployment", "ReplicaSet"):
        for found in other["objects"][kind]:
            chance.shuffle(found["spec"].get("template", found)["spec"]["containers"])
            for statuses in ("containerStatuses", "initContainerStatuses"):
                chance.shuffle(found["status"].get(statuses, []))
    return other


@given(EACH, st.integers(0, 100000))
def test_the_order_of_lists_never_changes_a_verdict(place: int, seed: int) -> None:
    definition, plain = OURS[place]
    one = judge(definition, as_read(plain))
    other = judge(definition, as_read(shuffled(plain, seed)))
    codes = [[(it.id, it.verdict, it.code) for it in task.checks] for task in one.tasks]
    assert codes == [[(it.id, it.verdict, it.code) for it in task.checks] for task in other.tasks]
    assert [it.code for it in one.diagnoses] == [it.code for it in other.diagnoses]


@pytest.mark.parametrize("ours", OURS, ids=lambda it: it[0].slug)
def test_the_same_evidence_gives_the_same_verdict(ours: tuple[LabDefinition, Any]) -> None:
    definition, plain = ours
    assert judge(definition, as_read(plain)) == judge(definition, as_read(plain))


def test_a_lab_is_judged_with_its_texts_as_well_as_without() -> None:
    lab = load_lab(LABS / "sidecar-logging")
    evidence = standing().evidence()
    assert judge(lab, evidence) == judge(lab.definition, evidence)


def test_a_task_gives_all_its_points_or_none() -> None:
    workspace = standing(deployment(nginx(), shipper(volumeMounts=[])))
    shared = {"kind": "shared_volume", "roles": ["writer", "reader"]}
    verdict = judge(lab_with(READY, shared), workspace.evidence())
    assert [it.verdict for it in verdict.tasks[0].checks] == ["passed", "failed"]
    assert (verdict.score, verdict.verdict) == (0, "failed")


def test_points_that_could_not_be_checked_are_open() -> None:
    workspace = standing()
    workspace.unseen = {"Pod": Trouble("timeout")}
    verdict = judge(lab_with(READY), workspace.evidence())
    assert (verdict.score, verdict.open_points, verdict.verdict) == (0, 100, "unknown")


def test_full_marks_are_passed() -> None:
    verdict = judge(lab_with(READY), standing().evidence())
    assert (verdict.score, verdict.open_points, verdict.verdict) == (100, 0, "passed")
    assert len(verdict.evidence_hash) == 64


def test_a_check_that_breaks_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_kind: str) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(engine, "finder", broken)
    found = finding(standing(), READY)
    assert (found.verdict, found.code, found.params) == (
        "unknown",
        "judge_error",
        {"error": "KeyError"},
    )


def test_a_diagnosis_that_breaks_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Any:
        raise RecursionError

    monkeypatch.setattr(judged, "diagnose", broken)
    verdict = judge(lab_with(READY), standing().evidence())
    assert (verdict.score, verdict.diagnoses) == (100, ())


def test_causes_and_what_follows_from_them_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    follows = Diagnosis("endpoints", Layer.SERVICE, "warning", params={"ports": (80,)})
    cause = Diagnosis(
        "crash", Layer.CRASH, "error", "web-1", "nginx", {"code": 1}, ("a\x00b",), "x", (follows,)
    )
    monkeypatch.setattr(judged, "diagnose", lambda *_: (cause,))
    verdict = judge(lab_with(READY), standing().evidence())
    assert verdict.diagnoses[0].evidence == ("a\ufffdb",)
    check_stored(verdict)


@given(JSON)
def test_a_stored_verdict_of_any_shape_is_read(plain: Any) -> None:
    verdict = from_stored(plain)
    assert from_stored(to_stored(verdict)) == verdict


def test_a_stored_verdict_of_unknown_words_is_unknown() -> None:
    verdict = from_stored(
        {"verdict": "splendid", "diagnoses": [{"severity": "odd", "layer": 77}, {"layer": 6}]}
    )
    assert verdict.verdict == "unknown"
    assert [(it.severity, it.layer) for it in verdict.diagnoses] == [
        ("error", Layer.BEHAVIOUR),
        ("error", Layer.CRASH),
    ]


def test_every_kind_of_check_has_its_module() -> None:
    assert all(callable(finder(kind)) for kind in KINDS)


def test_a_kind_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(LookupError, match="no check of the kind “tea”"):
        finder("tea")


def test_lines_of_evidence_are_few_short_and_harmless() -> None:
    mounts = [
        {"name": "logs", "mountPath": f"/{number}\x1b[31m" + "x" * 900} for number in range(30)
    ]
    workspace = standing(deployment(nginx(volumeMounts=mounts), shipper()))
    shared = {"kind": "shared_volume", "roles": ["writer", "reader"]}
    found = finding(workspace, shared)
    assert len(found.evidence) == 12
    assert all(len(line.encode()) <= 500 and "\x1b" not in line for line in found.evidence)


def test_words_of_a_lab_do_not_change_its_version_and_rules_do() -> None:
    lab = lab_with(READY)
    other_words = {"ko": "다른 말", "en": "other words"}
    task = lab.tasks[0].model_copy(update={"title": other_words})
    assert lab_version(lab.model_copy(update={"tasks": (task,)})) == lab_version(lab)
    assert lab_version(lab_with({**READY, "seconds": 6})) != lab_version(lab)
    assert len(lab_version(lab)) == 12


def test_words_of_a_question_do_not_change_a_labs_version() -> None:
    def lab(text: dict[str, str], right: int) -> LabDefinition:
        question = {"id": "q", "kind": "number", "prompt": text, "right": [right]}
        return lab_with(READY, questions=[question])

    other = {"ko": "다른 말", "en": "other words"}
    assert lab_version(lab(other, 1)) == lab_version(lab(BOTH, 1))
    assert lab_version(lab(BOTH, 2)) != lab_version(lab(BOTH, 1))


def test_the_newest_replica_set_counts_and_old_pods_do_not() -> None:
    workspace = standing()
    old = json.loads(json.dumps(workspace.get("ReplicaSet")))
    old["metadata"] |= {"name": "web-old", "uid": "uid-old", "creationTimestamp": "2026-03-01"}
    old["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "0"}
    pod = json.loads(json.dumps(workspace.get("Pod")))
    pod["metadata"] |= {"name": "web-old-1", "uid": "uid-old-1"}
    pod["metadata"]["ownerReferences"][0]["uid"] = "uid-old"
    pod["status"]["containerStatuses"][0]["ready"] = False
    workspace.objects["ReplicaSet"].append(old)
    workspace.objects["Pod"].append(pod)
    assert finding(workspace, READY).verdict == "passed"
    workspace.get("ReplicaSet")["metadata"]["annotations"] = {
        "deployment.kubernetes.io/revision": "9" * 5000
    }
    assert finding(workspace, READY).verdict == "passed"


def test_of_several_names_the_first_that_exists_counts() -> None:
    workloads = {"main": {"names": ["fixed", "web"]}}
    assert finding(standing(), READY, workloads=workloads).verdict == "passed"
    both = standing(deployment(nginx(), name="fixed", replicas=0), deployment(nginx()))
    assert finding(both, READY, workloads=workloads).code == "pods_missing"


def test_a_workload_that_is_being_deleted_is_gone() -> None:
    workspace = standing()
    workspace.get("Deployment")["metadata"]["deletionTimestamp"] = "2026-03-01T12:09:59Z"
    assert finding(workspace, READY).code == "workload_missing"


def test_an_evicted_pod_has_been_replaced() -> None:
    workspace = standing()
    gone = json.loads(json.dumps(workspace.get("Pod")))
    gone["metadata"] |= {"name": "web-evicted", "uid": "uid-evicted"}
    gone["status"] = {"phase": "Failed", "reason": "Evicted"}
    workspace.objects["Pod"].append(gone)
    assert finding(workspace, READY).verdict == "passed"


def test_commands_are_safe_to_paste() -> None:
    evidence = replace(standing().evidence(), namespace="x; rm -rf ~")
    found = judge(lab_with(READY), evidence).tasks[0].checks[0]
    assert found.command == "kubectl -n 'x; rm -rf ~' get pods"


def test_probes_wait_for_the_roles_and_workloads_that_they_name() -> None:
    probes = {
        "flow": {"kind": "log_flow", "writer": "writer", "reader": "nobody"},
        "page": {"kind": "pod_http", "port": 80},
        "front": {"kind": "service_http", "service": "web", "port": 80},
    }
    roles = {"writer": {"images": ["nginx"]}, "nobody": {"images": ["mysql"]}}
    checks = (
        {"kind": "log_flows", "probe": "flow"},
        {"kind": "pod_answers", "probe": "page"},
        {"kind": "service_answers", "probe": "front"},
        {"kind": "service_answers", "probe": "unheard"},
    )
    workspace = standing(deployment(nginx()), service(), config("x"))
    found = findings(workspace, *checks, probes=probes, roles=roles)
    assert found[0].code == "role_missing"
    assert {it.verdict for it in found[1:]} == {"unknown"}


def test_a_lab_without_workloads_has_nothing_to_look_at() -> None:
    found = finding(standing(), READY, workloads={})
    assert (found.verdict, found.code) == ("failed", "workload_missing")


def test_nothing_at_all_was_not_checked() -> None:
    assert worst([]) == "unknown"
    assert worst(["passed", "unknown", "failed"]) == "failed"
    assert worst(["passed", "unknown"]) == "unknown"


def test_a_probe_of_another_kind_than_its_check_asks_for_was_not_made() -> None:
    probes = {"page": {"kind": "pod_http", "port": 80}}
    workspace = standing()
    workspace.probes = {"page": Transcript("pod_http")}
    found = finding(workspace, {"kind": "service_answers", "probe": "page"}, probes=probes)
    assert (found.verdict, found.code) == ("unknown", "not_collected")
