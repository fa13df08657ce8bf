"""How right the grader is, in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.cli.verify.promise import Outcome


@dataclass(frozen=True)
class Totals:
    solutions: int
    starts: int
    mutants: int
    killed: int  # mutants that failed every task that they had to
    verdicts: int  # of tasks
    false_passes: int
    false_fails: int
    unknown: int
    kept: int

    @property
    def runs(self) -> int:
        return self.solutions + self.starts + self.mutants

    @property
    def mutation_score(self) -> str:
        return f"{100 * self.killed / self.mutants:.0f} %" if self.mutants else "-"

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "runs": self.runs, "mutation_score": self.mutation_score}


def total(outcomes: Sequence[Outcome]) -> Totals:
    return Totals(
        solutions=_count(outcomes, "solution"),
        starts=_count(outcomes, "start"),
        mutants=_count(outcomes, "mutant"),
        killed=sum(_is_killed(one) for one in outcomes),
        verdicts=sum(len(one.verdict.tasks) for one in outcomes if one.verdict),
        false_passes=_differing(outcomes, "false_pass"),
        false_fails=_differing(outcomes, "false_fail"),
        unknown=_differing(outcomes, "unknown"),
        kept=sum(one.kept for one in outcomes),
    )


def _count(outcomes: Sequence[Outcome], kind: str) -> int:
    return sum(one.proof.kind == kind for one in outcomes)


def _differing(outcomes: Sequence[Outcome], kind: str) -> int:
    return sum(found.kind == kind for one in outcomes for found in one.differences)


def _is_killed(outcome: Outcome) -> bool:
    if outcome.proof.kind != "mutant" or outcome.verdict is None:
        return False
    failed = {task.id for task in outcome.verdict.tasks if task.verdict == "failed"}
    return set(outcome.proof.run.fails) <= failed
