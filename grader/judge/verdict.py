"""What the judge says: codes and parameters. Words are made when a verdict is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from grader.diagnosis.model import Diagnosis

Tri = Literal["passed", "failed", "unknown"]


def worst(verdicts: Iterable[Tri]) -> Tri:
    """Failed beats unknown beats passed. Nothing at all was not checked."""
    seen = set(verdicts)
    for verdict in ("failed", "unknown", "passed"):
        if verdict in seen:
            return verdict
    return "unknown"


@dataclass(frozen=True)
class Finding:
    """One check's result. `code` names the words; `params` fill them in."""

    verdict: Tri
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""  # shows the learner the same thing
    evidence: tuple[str, ...] = ()  # log lines, steps of a transcript, field paths with values
    id: str = ""  # the check's, put in by the engine


@dataclass(frozen=True)
class TaskVerdict:
    id: str
    verdict: Tri
    points: int
    max_points: int
    checks: tuple[Finding, ...]


@dataclass(frozen=True)
class Verdict:
    lab: str
    lab_version: str
    judge_version: str
    score: int
    open_points: int
    max_score: int
    verdict: Tri
    tasks: tuple[TaskVerdict, ...]
    diagnoses: tuple[Diagnosis, ...]
    evidence_hash: str
    started_at: str
    duration_ms: int
    api_calls: int
