"""Containers are found by what they are, never by their place; what is declared is used."""

import re
from collections.abc import Iterator
from typing import Any

from grader.catalog.checks import Condition
from grader.catalog.definition import LabDefinition
from grader.catalog.references import ROLE_FIELDS
from grader.catalog.rules.complaint import Complaint, Subject, parts

INDEX = re.compile(r"\[\s*\d+\s*\]")


def nothing_is_chosen_by_its_place(subject: Subject) -> Iterator[Complaint]:
    for place, part in parts(subject.definition):
        if not isinstance(part, Condition):
            continue
        for name in ("expression", "field"):
            found = INDEX.search(getattr(part, name))
            if found:
                yield subject.complain(
                    "position",
                    (*place, name),
                    f"“{found[0]}” picks one by its place; the learner may order them otherwise.",
                    "Use the role's `container`, or exists(…), all(…) or filter(…) over the list.",
                )


def what_is_declared_is_used(subject: Subject) -> Iterator[Complaint]:
    definition = subject.definition
    for what, declared, used in (
        ("role", definition.roles, _used_roles(definition)),
        ("probe", definition.probes, _used(definition, "probe")),
        ("workload", definition.workloads, _used_workloads(definition)),
    ):
        for key in declared:
            if key not in used:
                yield subject.complain(
                    "unused",
                    (f"{what}s", key),
                    f"the {what} “{key}” is named by nothing.",
                    "Remove it, or let a check use it.",
                )


def _used(definition: LabDefinition, *names: str) -> set[str]:
    models = [part for _, part in parts(definition)]
    return {value for model in models for name in names if (value := getattr(model, name, None))}


def _used_roles(definition: LabDefinition) -> set[str]:
    lists: Any = (getattr(part, "roles", ()) for _, part in parts(definition.tasks))
    return _used(definition, *ROLE_FIELDS) | {role for roles in lists for role in roles}


def _used_workloads(definition: LabDefinition) -> set[str]:
    """The main one is meant wherever none is named."""
    return _used(definition, "workload") | set(list(definition.workloads)[:1])
