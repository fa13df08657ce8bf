"""What a folder promises, what was graded, and where the two differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from grader.catalog.definition import LabDefinition
from grader.catalog.folders import Proof
from grader.diagnosis.model import Diagnosis
from grader.judge.verdict import Tri, Verdict

STILL = "still_starting"


@dataclass(frozen=True)
class Difference:
    """`false_pass` and `false_fail` are the grader's errors, counted in docs/accuracy.md."""

    kind: Literal["false_pass", "false_fail", "unknown", "score", "diagnosis", "trouble"]
    message: str


@dataclass(frozen=True)
class Outcome:
    """One folder, run once."""

    lab: str
    proof: Proof
    verdict: Verdict | None
    differences: tuple[Difference, ...]
    expected_score: int
    grades: int = 0  # how often it was graded until it had settled
    seconds: float = 0.0

    @property
    def kept(self) -> bool:
        return not self.differences


def expected_tasks(proof: Proof, definition: LabDefinition) -> Mapping[str, Tri]:
    """By task; nothing where a start only declares its score."""
    if proof.kind == "start" and not proof.run.fails:
        return {}
    failing = set(proof.run.fails)
    return {task.id: "failed" if task.id in failing else "passed" for task in definition.tasks}


def expected_score(proof: Proof, definition: LabDefinition) -> int:
    if proof.kind == "start":
        return definition.start.score
    failing = set(proof.run.fails)
    return sum(task.points for task in definition.tasks if task.id not in failing)


def differences(
    proof: Proof, definition: LabDefinition, verdict: Verdict
) -> tuple[Difference, ...]:
    return (
        *_of_tasks(expected_tasks(proof, definition), verdict),
        *_of_score(proof, definition, verdict),
        *_of_diagnosis(proof.run.diagnosis, verdict),
    )


def _of_tasks(expected: Mapping[str, Tri], verdict: Verdict) -> Iterator[Difference]:
    for task in verdict.tasks:
        codes = ", ".join(check.code for check in task.checks if check.verdict != "passed")
        if task.verdict == expected.get(task.id, task.verdict) != "unknown":
            continue
        if task.verdict == "unknown":  # no folder promises that
            yield Difference("unknown", f"{task.id} could not be checked ({codes})")
        elif task.verdict == "passed":
            yield Difference("false_pass", f"{task.id} passed and has to fail")
        else:
            yield Difference("false_fail", f"{task.id} failed and has to pass ({codes})")


def _of_score(proof: Proof, definition: LabDefinition, verdict: Verdict) -> Iterator[Difference]:
    """The start declares no tasks, only a score."""
    promised = definition.start.score
    if proof.kind != "start" or verdict.score == promised:
        return
    kind: Literal["false_pass", "false_fail"] = (
        "false_pass" if verdict.score > promised else "false_fail"
    )
    yield Difference(kind, f"scores {verdict.score}, lab.yaml says {promised}")


def _of_diagnosis(promised: str | None, verdict: Verdict) -> Iterator[Difference]:
    found = sorted({one.code for one in all_diagnoses(verdict.diagnoses)})
    if promised and promised not in found:
        told = ", ".join(found) or "none"
        yield Difference("diagnosis", f"the diagnosis {promised} is not given ({told})")


def all_diagnoses(diagnoses: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """Consequences, too."""
    for one in diagnoses:
        yield one
        yield from all_diagnoses(one.consequences)


def is_unsettled(verdict: Verdict) -> bool:
    """Such a verdict is tried again by itself, for learners as well."""
    findings = [check for task in verdict.tasks for check in task.checks]
    return bool(verdict.open_points) or any(found.code == STILL for found in findings)
