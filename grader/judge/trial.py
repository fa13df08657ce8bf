"""Rules of `labs lint` that need the judge: what it says where nothing is, and of conditions."""

from collections.abc import Iterator

from grader.catalog.checks import Condition
from grader.catalog.rules.complaint import Complaint, Subject, parts
from grader.evidence.model import Evidence
from grader.evidence.plan import KINDS
from grader.judge.engine import judge
from grader.judge.versions import lab_version


def empty_evidence(subject: Subject) -> Evidence:
    """A namespace in which everything was looked at and nothing was found."""
    return Evidence(
        lab=subject.definition.slug,
        lab_version=lab_version(subject.definition),
        namespace="empty",
        started_at="2026-01-01T00:00:00Z",
        taken_at="2026-01-01T00:00:00Z",
        objects=dict.fromkeys(KINDS, ()),
    )


def nothing_passes_where_nothing_is(subject: Subject) -> Iterator[Complaint]:
    verdict = judge(subject.definition, empty_evidence(subject))
    places = {
        (task.id, check.id): ("tasks", number, "checks", place)
        for number, task in enumerate(subject.definition.tasks)
        for place, check in enumerate(task.checks)
    }
    for task in verdict.tasks:
        for check in task.checks:
            if check.verdict == "passed":
                yield subject.complain(
                    "empty-passes",
                    places.get((task.id, check.id), ("tasks",)),
                    f"“{task.id}/{check.id}” passes in an empty namespace.",
                    "Ask for something that has to be there.",
                )


def conditions_compile(subject: Subject) -> Iterator[Complaint]:
    from grader.judge.checks.condition import compile_expression  # noqa: PLC0415 - few labs need CEL

    for place, part in parts(subject.definition):
        if isinstance(part, Condition):
            try:
                compile_expression(part.expression)
            except ValueError as error:
                yield subject.complain(
                    "condition",
                    (*place, "expression"),
                    f"is no CEL expression: {error}",
                    "Names in it are workload, pod and container.",
                )


RULES = (nothing_passes_where_nothing_is, conditions_compile)
