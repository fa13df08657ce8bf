"""Rules of `labs lint` that need the judge: what it says where nothing is, and of conditions."""

import re
from collections.abc import Iterator

from grader.catalog.checks import AnyCheck, Condition
from grader.catalog.rules.complaint import Complaint, Subject, parts
from grader.evidence.model import Evidence
from grader.evidence.plan import KINDS
from grader.judge.engine import judge
from grader.judge.versions import lab_version

# As a name, not as a field of another (`p.container`).
OBJECTS = re.compile(r"(?<![\w.'\"])(?:workload|pod|container)\b")
CONTAINER = re.compile(r"(?<![\w.'\"])container\b")


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
        if not isinstance(part, Condition):
            continue
        try:
            compile_expression(part.expression)
        except ValueError as error:
            yield subject.complain(
                "condition",
                (*place, "expression"),
                f"is no CEL expression that can be true or false: {error}.",
                "Names in it are workload, pod and container; compare, as in: workload.x == 1",
            )
        if not part.role and CONTAINER.search(part.expression):
            yield subject.complain(
                "condition",
                (*place, "expression"),
                "names container, and the check names no role.",
                "Say whose container is meant: role: …",
            )


def conditions_ask_for_something(subject: Subject) -> Iterator[Complaint]:
    """What is not there may be asked for, next to a check of something that is."""
    for number, task in enumerate(subject.definition.tasks):
        easy = {check.id for check in task.checks if _asks_for_nothing(check)}
        for place, check in enumerate(task.checks):
            if not isinstance(check, Condition) or check.id not in easy:
                continue
            if len(easy) == len(task.checks) or not OBJECTS.search(check.expression):
                yield subject.complain(
                    "empty-passes",
                    ("tasks", number, "checks", place, "expression"),
                    f"“{task.id}/{check.id}” is true of objects that hold nothing.",
                    "Ask for something that has to be there, in it or beside it.",
                )


def _asks_for_nothing(check: AnyCheck) -> bool:
    from grader.judge.checks.condition import passes_on_nothing  # noqa: PLC0415 - few labs need CEL

    return isinstance(check, Condition) and passes_on_nothing(check)


RULES = (nothing_passes_where_nothing_is, conditions_compile, conditions_ask_for_something)
