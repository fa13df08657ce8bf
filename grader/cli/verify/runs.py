"""One run: applied, graded until it has settled, compared with its promise."""

import time
from dataclasses import dataclass

from grader.catalog import Lab
from grader.catalog.folders import Proof
from grader.cli.judging import read_evidence_file
from grader.cli.verify.cases import write_case
from grader.cli.verify.promise import (
    Difference,
    Outcome,
    differences,
    expected_score,
    is_unsettled,
)
from grader.cli.verify.stage import Grounds, Stage
from grader.evidence.model import Evidence
from grader.judge.engine import judge
from grader.judge.verdict import Verdict
from grader.kube.collect import collect
from grader.kube.credentials import Target
from grader.kube.errors import KubeError
from host.errors import Problem

# Graded again where the grader itself would, and where a cause may need time to show.
MOST_GRADES = 4
BREATH = 3.0


@dataclass(frozen=True)
class Task:
    number: int
    lab: Lab
    proof: Proof


class Runner:
    def __init__(self, stage: Stage, target: Target, *, record: bool) -> None:
        self._stage = stage
        self._target = target
        self._record = record

    def run(self, task: Task) -> Outcome:
        began = time.monotonic()
        try:
            with self._stage.grounds(task.proof, task.number) as grounds:
                evidence, verdict, grades = self._grade(task, grounds)
        except (KubeError, Problem) as error:
            return _troubled(task, error, time.monotonic() - began)
        outcome = compared(task, verdict, grades, time.monotonic() - began)
        if self._record and outcome.kept:
            write_case(task.proof.case, evidence, verdict)
        return outcome

    def _grade(self, task: Task, grounds: Grounds) -> tuple[Evidence, Verdict, int]:
        grades = 0
        while True:
            grades += 1
            evidence = collect(
                task.lab,
                self._target,
                grounds.namespace,
                task.proof.run.answers,
                progress=lambda _: None,
            )
            verdict = judge(task.lab, evidence)
            found = differences(task.proof, task.lab.definition, verdict)
            if grades == MOST_GRADES or not may_change(verdict, found):
                return evidence, verdict, grades
            time.sleep(BREATH)


def rejudge(task: Task, *, record: bool) -> Outcome:
    """The run's stored evidence, judged by today's judge."""
    began = time.monotonic()
    try:
        evidence = read_evidence_file(task.proof.case, task.lab.slug)
    except Problem as problem:
        return _troubled(task, problem, 0.0)
    verdict = judge(task.lab, evidence)
    outcome = compared(task, verdict, 1, time.monotonic() - began)
    if record and outcome.kept:
        write_case(task.proof.case, evidence, verdict)
    return outcome


def compared(task: Task, verdict: Verdict, grades: int, seconds: float) -> Outcome:
    return Outcome(
        lab=task.lab.slug,
        proof=task.proof,
        verdict=verdict,
        differences=differences(task.proof, task.lab.definition, verdict),
        expected_score=expected_score(task.proof, task.lab.definition),
        grades=grades,
        seconds=seconds,
    )


def may_change(verdict: Verdict, found: tuple[Difference, ...]) -> bool:
    """A verdict that has settled is final, but for a cause that did not show yet."""
    if not found:
        return False
    return is_unsettled(verdict) or all(one.kind == "diagnosis" for one in found)


def _troubled(task: Task, error: KubeError | Problem, seconds: float) -> Outcome:
    return Outcome(
        lab=task.lab.slug,
        proof=task.proof,
        verdict=None,
        differences=(Difference("trouble", " ".join(str(error).split())),),
        expected_score=expected_score(task.proof, task.lab.definition),
        seconds=seconds,
    )
