"""A verdict's codes become the sentences of one language."""

from collections.abc import Mapping
from typing import Any

from grader.catalog.checks import Condition
from grader.catalog.definition import LabDefinition, Task
from grader.diagnosis.model import Diagnosis
from grader.judge.verdict import Finding, TaskVerdict, Verdict
from grader.words.lexicon import Lexicon, load_words
from grader.words.report import CheckReport, DiagnosisReport, Report, TaskReport


def render(verdict: Verdict, definition: LabDefinition, language: str) -> Report:
    """Total: a code without words shows itself, a task that the lab no longer has shows its id."""
    words = load_words(language)
    tasks = {task.id: task for task in definition.tasks}
    return Report(
        schema=1,
        lab=verdict.lab,
        lab_version=verdict.lab_version,
        judge_version=verdict.judge_version,
        score=verdict.score,
        open_points=verdict.open_points,
        max_score=verdict.max_score,
        verdict=verdict.verdict,
        tasks=tuple(_task(words, task, tasks.get(task.id)) for task in verdict.tasks),
        diagnoses=tuple(_diagnosis(words, one) for one in verdict.diagnoses),
        evidence_hash=verdict.evidence_hash,
        started_at=verdict.started_at,
        duration_ms=verdict.duration_ms,
        api_calls=verdict.api_calls,
    )


def _task(words: Lexicon, verdict: TaskVerdict, task: Task | None) -> TaskReport:
    checks = {check.id: check for check in task.checks} if task else {}
    return TaskReport(
        id=verdict.id,
        title=task.title.in_language(words.language) if task else verdict.id,
        verdict=verdict.verdict,
        points=verdict.points,
        max_points=verdict.max_points,
        checks=tuple(_check(words, found, checks.get(found.id)) for found in verdict.checks),
    )


def _check(words: Lexicon, found: Finding, check: object) -> CheckReport:
    texts = _texts(words, found.code, found.params, ("message", "expected", "observed"))
    if isinstance(check, Condition):
        texts |= _own_words(words, found, check)
    return CheckReport(
        id=found.id,
        verdict=found.verdict,
        code=found.code,
        command=found.command,
        evidence=tuple(found.evidence),
        **texts,
    )


def _own_words(words: Lexicon, found: Finding, check: Condition) -> dict[str, str]:
    """A condition is the author's, and so are its words; ours say why it could not be looked at."""
    own = {"expected": check.expected.in_language(words.language)}
    if found.code == "condition_not_met":
        own["message"] = check.otherwise.in_language(words.language)
    return own


def _diagnosis(words: Lexicon, found: Diagnosis) -> DiagnosisReport:
    params = {"pod": found.pod, "container": found.container, **found.params}
    return DiagnosisReport(
        code=found.code,
        severity=found.severity,
        pod=found.pod,
        container=found.container,
        next=found.next,
        evidence=tuple(found.evidence),
        consequences=tuple(_diagnosis(words, one) for one in found.consequences),
        **_texts(words, found.code, params, ("message", "detail")),
    )


def _texts(
    words: Lexicon, code: str, params: Mapping[str, Any], parts: tuple[str, ...]
) -> dict[str, str]:
    return {
        part: _special(words, code, part, params) or words.say(code, part, **params)
        for part in parts
    }


def _special(words: Lexicon, code: str, part: str, params: Mapping[str, Any]) -> str:
    """Other words for one `because` (`message_waits_for_restart`), or where several names do."""
    which = "also" if "also" in params else params.get("because", "")
    return words.say(code, f"{part}_{which}", **params)
