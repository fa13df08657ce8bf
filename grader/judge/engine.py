"""From evidence and a lab to a verdict: pure, the same for the same, and never an exception."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from grader.catalog.checks import AnyCheck
from grader.catalog.definition import LabDefinition, Task
from grader.catalog.loader import Lab
from grader.diagnosis.model import Diagnosis
from grader.evidence.model import Evidence
from grader.evidence.sanitise import clean, clean_object
from grader.judge.case import Case
from grader.judge.checks import finder
from grader.judge.questions import mark
from grader.judge.verdict import Finding, TaskVerdict, Tri, Verdict, worst
from grader.judge.versions import JUDGE_VERSION, lab_version

MOST_LINES = 12
LONGEST_LINE = 500


def judge(lab: Lab | LabDefinition, evidence: Evidence) -> Verdict:
    definition = lab.definition if isinstance(lab, Lab) else lab
    case = Case(definition, evidence)
    tasks = tuple(_judge_task(task, case) for task in definition.tasks)
    return Verdict(
        lab=definition.slug,
        lab_version=lab_version(definition),
        judge_version=JUDGE_VERSION,
        score=_points(tasks, "passed"),
        open_points=_points(tasks, "unknown"),
        max_score=sum(task.max_points for task in tasks),
        verdict=worst(task.verdict for task in tasks),
        tasks=tasks,
        diagnoses=tuple(_tidy(cause) for cause in case.causes),
        evidence_hash=evidence.hash(),
        started_at=evidence.started_at,
        duration_ms=evidence.duration_ms,
        api_calls=evidence.api_calls,
    )


def _judge_task(task: Task, case: Case) -> TaskVerdict:
    """All its points or none: the worst of its checks and questions counts."""
    checks = [_safely(check.id, _check, check, case) for check in task.checks]
    questions = [_safely(it.id, mark, it, task.id, case) for it in task.questions]
    found = (*checks, *questions)
    verdict = worst(finding.verdict for finding in found)
    points = task.points if verdict == "passed" else 0
    return TaskVerdict(task.id, verdict, points, task.points, found)


def _check(check: AnyCheck, case: Case) -> Finding:
    return finder(check.kind)(check, case)


def _safely(identity: str, find: Callable[..., Finding], *arguments: Any) -> Finding:
    """A check that breaks is our fault: unknown, never a zero."""
    try:
        finding = find(*arguments)
    except Exception as error:  # noqa: BLE001 - total on purpose; the type says where to look
        finding = Finding("unknown", "judge_error", {"error": type(error).__name__})
    return replace(
        finding,
        id=identity,
        params=_plain(finding.params),
        command=clean(finding.command, LONGEST_LINE),
        evidence=_lines(finding.evidence),
    )


def _tidy(diagnosis: Diagnosis) -> Diagnosis:
    return replace(
        diagnosis,
        params=_plain(diagnosis.params),
        evidence=_lines(diagnosis.evidence),
        consequences=tuple(_tidy(it) for it in diagnosis.consequences),
    )


def _plain(params: Any) -> dict[str, Any]:
    """As JSON has it, so that a stored verdict reads back as the same."""
    found: dict[str, Any] = clean_object(params)[0]
    return found


def _lines(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(clean(line, LONGEST_LINE) for line in lines)[:MOST_LINES]


def _points(tasks: Iterable[TaskVerdict], verdict: Tri) -> int:
    return sum(task.max_points for task in tasks if task.verdict == verdict)
