"""A verdict in words: the JSON of a grade, `docs/grade.schema.json`."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["passed", "failed", "unknown"]


@dataclass(frozen=True)
class CheckReport:
    id: str
    verdict: Outcome
    code: str
    message: str
    expected: str
    observed: str
    command: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class TaskReport:
    id: str
    title: str
    verdict: Outcome
    points: int
    max_points: int
    checks: tuple[CheckReport, ...]


@dataclass(frozen=True)
class DiagnosisReport:
    """A root cause. What only follows from it is folded under it."""

    code: str
    severity: Literal["error", "warning", "waiting"]
    pod: str
    container: str
    message: str
    detail: str
    next: str
    evidence: tuple[str, ...]
    consequences: tuple["DiagnosisReport", ...]


@dataclass(frozen=True)
class Report:
    schema: Literal[1]
    lab: str
    lab_version: str
    judge_version: str
    score: int
    open_points: int
    max_score: int
    verdict: Outcome
    tasks: tuple[TaskReport, ...]
    diagnoses: tuple[DiagnosisReport, ...]
    evidence_hash: str
    started_at: str
    duration_ms: int
    api_calls: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
