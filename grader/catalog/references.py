"""Names in a lab that have to lead somewhere: roles, probes, workloads; ids that stand once."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from grader.catalog.definition import LabDefinition, Task
from grader.catalog.questions import ChoiceQuestion
from grader.catalog.source import Place
from grader.catalog.suggestions import did_you_mean

Mistake = tuple[Place, str]
# Which kinds of probe tell a kind of check what it wants to know.
PROBES_OF = {
    "service_answers": ("service_http",),
    "pod_answers": ("pod_http",),
    "log_flows": ("log_flow",),
    "banner_seen": ("banner",),
    "exposition": ("scrape", "live_sample"),
    "live_sample_seen": ("live_sample",),
    "redis_answers": ("redis_ping",),
    "redis_relayed": ("redis_relay",),
    "fresh_line_seen": ("fresh_line",),
}
ROLE_FIELDS = ("role", "reader", "writer", "other_than", "shares_volume_with")


def wrong_references(definition: LabDefinition) -> Iterator[Mistake]:
    yield from _repeated_ids(("tasks",), (task.id for task in definition.tasks), "task")
    for key, role in definition.roles.items():
        yield from _unknown_names(definition, ("roles", key), role)
        yield from _bad_expression(("roles", key, "prints"), role.prints)
    for key, probe in definition.probes.items():
        yield from _unknown_names(definition, ("probes", key), probe)
        yield from _bad_expression(("probes", key, "fits"), getattr(probe, "fits", None))
        yield from _bad_expression(("probes", key, "unless"), getattr(probe, "unless", None))
    for place, task in enumerate(definition.tasks):
        yield from _in_task(definition, ("tasks", place), task)


def _in_task(definition: LabDefinition, place: Place, task: Task) -> Iterator[Mistake]:
    if not task.checks and not task.questions:
        yield place, f"the task “{task.id}” has neither checks nor questions."
    parts = [*task.checks, *task.questions]
    yield from _repeated_ids(place, (part.id for part in parts), "check or question")
    for number, check in enumerate(task.checks):
        here = (*place, "checks", number)
        yield from _unknown_names(definition, here, check)
        yield from _wrong_probe(definition, here, check)
    for number, question in enumerate(task.questions):
        here = (*place, "questions", number)
        if question.live:
            yield from _unknown_names(definition, (*here, "live"), question.live)
        if isinstance(question, ChoiceQuestion):
            yield from _choices(here, question)


def _repeated_ids(place: Place, ids: Iterable[str], what: str) -> Iterator[Mistake]:
    for name, count in Counter(ids).items():
        if count > 1:
            yield place, f"the id “{name}” is given to more than one {what}."


def _unknown_names(definition: LabDefinition, place: Place, part: Any) -> Iterator[Mistake]:
    for field in ROLE_FIELDS:
        yield from _unknown((*place, field), "role", getattr(part, field, None), definition.roles)
    for number, role in enumerate(getattr(part, "roles", ())):
        yield from _unknown((*place, "roles", number), "role", role, definition.roles)
    workload = getattr(part, "workload", None)
    yield from _unknown((*place, "workload"), "workload", workload, definition.workloads)


def _wrong_probe(definition: LabDefinition, place: Place, check: Any) -> Iterator[Mistake]:
    name = getattr(check, "probe", None)
    here = (*place, "probe")
    yield from _unknown(here, "probe", name, definition.probes)
    probe = definition.probes.get(name or "")
    fitting = PROBES_OF.get(check.kind, ())
    if probe and probe.kind not in fitting:
        yield here, f"a {check.kind} check reads a probe of kind {' or '.join(fitting)}."


def _unknown(place: Place, what: str, name: str | None, known: Iterable[str]) -> Iterator[Mistake]:
    if name is not None and name not in known:
        yield place, f"there is no {what} “{name}”; {did_you_mean(name, known)}"


def _choices(place: Place, question: ChoiceQuestion) -> Iterator[Mistake]:
    yield from _repeated_ids(place, (choice.value for choice in question.choices), "choice")
    right = sum(choice.right for choice in question.choices)
    if right != 1:
        yield (
            (*place, "choices"),
            f"{right} choices of “{question.id}” are right; one has to be.",
        )


def _bad_expression(place: Place, expression: str | None) -> Iterator[Mistake]:
    try:
        re.compile(expression or "")
    except re.error as error:
        yield place, f"is no regular expression: {error}."
