"""`labs verify` without a cluster: promises, totals, tables, stored cases, the crew."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import Lab, load_lab
from grader.catalog.folders import Proof, read_proofs
from grader.catalog.runs import Run
from grader.cli import labs as command
from grader.cli.terminal import Terminal
from grader.cli.verify.cases import spread
from grader.cli.verify.crew import Crew
from grader.cli.verify.promise import Outcome, differences, expected_score
from grader.cli.verify.runs import Task, may_change
from grader.cli.verify.stage import Grounds, all_ready, all_spoke, read_manifests
from grader.cli.verify.tables import as_json, markdown, row, summary
from grader.cli.verify.totals import total
from grader.diagnosis.model import Diagnosis, Layer
from grader.evidence.plan import KINDS
from grader.judge.verdict import Finding, TaskVerdict, Tri, Verdict
from tests.unit.catalog.new_labs import good_lab
from tests.verdicts import mixed_verdict

INNER = Diagnosis("no_ready_endpoints", Layer.SERVICE, "error")
CRASH = Diagnosis("exits", Layer.CRASH, "error", consequences=(INNER,))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return load_lab(good_lab(tmp_path))


def proof(kind: str = "mutant", **run: Any) -> Proof:
    name = "start" if kind == "start" else "some"
    return Proof(kind, name, Path("x"), Run(says="So.", **run), None)  # type: ignore[arg-type]


def verdict(workload: Tri, shared: Tri, *diagnoses: Diagnosis, code: str = "code") -> Verdict:
    points = {"workload": 40, "shared-volume": 60}
    results: dict[str, Tri] = {"workload": workload, "shared-volume": shared}
    tasks = tuple(
        TaskVerdict(
            name,
            found,
            points[name] if found == "passed" else 0,
            points[name],
            (Finding(found, code),),
        )
        for name, found in results.items()
    )
    return replace(
        mixed_verdict(*diagnoses),
        tasks=tasks,
        score=sum(task.points for task in tasks),
        open_points=sum(points[name] for name, found in results.items() if found == "unknown"),
    )


def kinds(one: Proof, lab: Lab, found: Verdict) -> list[str]:
    return [difference.kind for difference in differences(one, lab.definition, found)]


def outcome(one: Proof, lab: Lab, found: Verdict | None) -> Outcome:
    compared = differences(one, lab.definition, found) if found else ()
    score = expected_score(one, lab.definition)
    return Outcome(lab.slug, one, found, compared, score, grades=1, seconds=2.0)


def test_a_solution_promises_every_task(lab: Lab) -> None:
    assert kinds(proof("solution"), lab, verdict("passed", "passed")) == []
    assert kinds(proof("solution"), lab, verdict("passed", "failed")) == ["false_fail"]
    assert kinds(proof("solution"), lab, verdict("unknown", "passed")) == ["unknown"]


def test_a_mutant_promises_its_tasks_and_no_others(lab: Lab) -> None:
    mutant = proof(fails=["shared-volume"])
    assert kinds(mutant, lab, verdict("passed", "failed")) == []
    assert kinds(mutant, lab, verdict("passed", "passed")) == ["false_pass"]
    assert kinds(mutant, lab, verdict("failed", "failed")) == ["false_fail"]
    assert kinds(mutant, lab, verdict("passed", "unknown")) == ["unknown"]


def test_a_diagnosis_that_was_promised_may_be_a_consequence(lab: Lab) -> None:
    mutant = proof(fails=["shared-volume"], diagnosis="no_ready_endpoints")
    assert kinds(mutant, lab, verdict("passed", "failed", CRASH)) == []
    assert kinds(mutant, lab, verdict("passed", "failed")) == ["diagnosis"]


def test_a_start_promises_its_score(lab: Lab) -> None:
    assert kinds(proof("start"), lab, verdict("failed", "failed")) == []
    assert kinds(proof("start"), lab, verdict("passed", "failed")) == ["false_pass"]
    assert kinds(proof("start"), lab, verdict("failed", "unknown")) == ["unknown"]
    assert expected_score(proof("start"), lab.definition) == 0


def test_what_has_settled_is_final_but_a_cause_may_need_time(lab: Lab) -> None:
    mutant = proof(fails=["shared-volume"], diagnosis="exits")
    right, late = verdict("passed", "failed", CRASH), verdict("passed", "failed")
    wrong, starting = (
        verdict("failed", "failed"),
        verdict("failed", "failed", code="still_starting"),
    )

    def again(found: Verdict) -> bool:
        return may_change(found, differences(mutant, lab.definition, found))

    assert [again(one) for one in (right, late, wrong, starting)] == [False, True, False, True]
    assert again(verdict("unknown", "failed", CRASH))


def test_totals_count_the_graders_errors_and_the_mutants_that_were_found(lab: Lab) -> None:
    mutant = proof(fails=["shared-volume"])
    outcomes = [
        outcome(proof("solution"), lab, verdict("passed", "passed")),
        outcome(proof("start"), lab, verdict("failed", "failed")),
        outcome(mutant, lab, verdict("passed", "failed")),
        outcome(mutant, lab, verdict("passed", "passed")),
        outcome(mutant, lab, verdict("failed", "failed")),
    ]
    found = total(outcomes).to_json()
    assert found["false_passes"] == found["false_fails"] == 1
    assert (found["runs"], found["kept"], found["killed"], found["verdicts"]) == (5, 3, 2, 10)
    assert found["mutation_score"] == "67 %"


def test_tables_name_what_differs(lab: Lab) -> None:
    kept = outcome(proof("solution"), lab, verdict("passed", "passed"))
    broken = outcome(proof(fails=["shared-volume"]), lab, verdict("passed", "passed", CRASH))
    lines = list(row(broken, Terminal(), 30))
    assert lines[0].startswith("✗ demo-lab  mutant some")
    assert lines[1] == "    → shared-volume passed and has to fail"
    assert "1 of 2 as promised" in summary([kept, broken], Terminal())
    text = markdown([kept, broken])
    assert "| demo-lab | 1 | 0 | 1 | 4 | 1 | 0 | 0 | 0 % | 1 of 2 |" in text
    assert "**no**: shared-volume passed and has to fail" in text
    runs = as_json([kept, broken])["runs"]
    assert [run["as_promised"] for run in runs] == [True, False]
    assert json.loads(json.dumps(runs))[1]["diagnoses"] == ["exits", "no_ready_endpoints"]


def test_a_run_that_did_not_come_to_a_grade_is_shown(lab: Lab) -> None:
    lost = outcome(proof("solution"), lab, None)
    assert "-" in "".join(row(lost, Terminal(), 30))
    assert as_json([lost])["runs"][0]["score"] is None
    assert "solution some" in markdown([lost])


@pytest.mark.parametrize("levels", range(5))
def test_a_stored_case_is_the_same_json_in_lines(levels: int) -> None:
    value = {"b": [1, {"가": None, "a": []}], "a": {"x": {"y": [True, "\n"]}}, "c": {}}
    text = spread(value, levels)
    assert json.loads(text) == value
    assert (len(text.splitlines()) > 1) == bool(levels)


def test_names_of_the_two_namespaces_are_put_in_and_other_dollars_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "a: ${ELSEWHERE}.svc\nb: $NAMESPACE ${HOME} $$ $((1+1))\n---\nc: ${NAMESPACE}\n"
    )
    assert read_manifests(file, Grounds("here", "there")) == [
        {"a": "there.svc", "b": "$NAMESPACE ${HOME} $$ $((1+1))"},
        {"c": "here"},
    ]


def pod(*reasons: str | None, ready: bool = False, scheduled: bool = True) -> dict[str, Any]:
    """A Pod whose containers wait for so many reasons; None runs."""
    conditions = [
        {"type": "PodScheduled", "status": str(scheduled)},
        {"type": "Ready", "status": str(ready)},
    ]
    states = [
        {"waiting": {"reason": one}} if one is not None else {"running": {}} for one in reasons
    ]
    statuses = [{"state": state} for state in states]
    return {"status": {"conditions": conditions, "containerStatuses": statuses}}


def test_a_pod_has_spoken_when_every_container_runs_ended_or_says_why_not() -> None:
    assert all_spoke([pod(None, None)])
    assert all_spoke([pod(None, "CrashLoopBackOff")])
    assert all_spoke([pod(scheduled=False)])
    assert not all_spoke([pod(None, "ContainerCreating")])
    assert not all_spoke([pod()])
    assert not all_spoke([{}])
    assert not all_spoke([])


def test_pods_are_ready_when_all_of_them_are() -> None:
    assert all_ready([pod(None, ready=True)])
    assert not all_ready([pod(None, ready=True), pod(None)])
    assert not all_ready([])


def test_a_crew_works_side_by_side_and_loses_nothing(lab: Lab) -> None:
    together = threading.Barrier(3, timeout=10)

    def work(task: Task) -> Outcome:
        together.wait()
        return outcome(task.proof, lab, verdict("passed", "passed"))

    tasks = [Task(number, lab, proof("solution")) for number in range(6)]
    assert len(list(Crew(work, tasks, 3).outcomes())) == 6


def test_an_error_of_ours_in_a_crew_is_raised_where_it_is_seen(lab: Lab) -> None:
    def work(_: Task) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(Crew(work, [Task(0, lab, proof("solution"))], 1).outcomes())


def store_nothing(folder: Path) -> None:
    """Evidence of an empty namespace for every run of a lab."""
    for one in read_proofs(folder):
        one.case.parent.mkdir(exist_ok=True)
        evidence = {"lab": folder.name, "objects": {kind: [] for kind in KINDS}}
        one.case.write_text(json.dumps({"evidence": evidence, "verdict": {}}))


def test_stored_runs_are_compared_without_a_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = good_lab(tmp_path)
    store_nothing(folder)
    code = command.main(["verify", f"{folder}/", "--stored", "--only", "start", "--record"])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert "✓ 1 of 1 as promised" in out
    assert json.loads((folder / "cases" / "start.json").read_text())["verdict"]["score"] == 0
    assert command.main(["verify", f"{folder}/", "--stored"]) == 1
    assert "workload failed and has to pass" in capsys.readouterr().out


def test_a_run_without_a_stored_case_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = good_lab(tmp_path)
    (folder / "cases" / "start.json").unlink()
    code = command.main(["verify", f"{folder}/", "--stored", "--only", "start"])
    assert code == 1
    assert "cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--only", "solution-frist"], "did you mean “solution-first”?"),
        (["--kubeconfig", "/nope"], "/nope cannot be read"),
    ],
)
def test_what_cannot_be_run_is_exit_2(
    tmp_path: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["verify", f"{good_lab(tmp_path)}/", *options]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "33", "1.5"])
def test_a_crew_has_one_to_32_hands(jobs: str) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["verify", f"--jobs={jobs}"])
    assert caught.value.code == 2
