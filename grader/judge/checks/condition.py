"""A CEL expression over objects. A field that is missing is said, never taken for anything."""

from functools import lru_cache
from typing import Any

from grader.catalog.checks import Condition
from grader.evidence.sanitise import clean_object
from grader.evidence.views import WorkloadView
from grader.judge.case import Case
from grader.judge.fields import tell_value, value_at
from grader.judge.verdict import Finding

NAMES = ("workload", "pod", "container")
# A role's container among those of a `field`.
AMONG = "containers[]"
# How CEL's errors begin where a key or a place in a list is not there.
_MISSING = ("NOT_FOUND", "UNKNOWN: Index error")


def find(check: Condition, case: Case) -> Finding:
    workload = case.workload_of(check.role) if check.role else case.workload(check.workload)
    gap = case.gap_of_roles(check.role) if check.role else case.gap_of_workload(check.workload)
    if gap or workload is None:
        return gap or case.workload_missing(check.workload)
    values = _values(workload, check, case)
    kind, value = _evaluate(check.expression, values)
    field, seen = _seen(check, case, values)
    # Its other words are the author's, and stand in the lab.
    params = {"field": field, "seen": seen}
    command = case.kubectl("get", workload.resource, "-o", "yaml")
    lines = (f"{field} = {seen}",)
    if kind == "BOOL":
        verdict = Finding("passed", "condition_met", params, command, lines)
        return (
            verdict
            if value is True
            else Finding("failed", "condition_not_met", params, command, lines)
        )
    if kind == "ERROR" and str(value).startswith(_MISSING):
        return Finding("failed", "field_missing", params, command, lines)
    wrong = (f"{check.expression} → {value}",)
    return Finding("unknown", "lab_error", {"reason": str(value)[:300]}, command, wrong)


def compile_expression(expression: str) -> None:
    """For the linter: raises `ValueError` with what the author wrote wrong."""
    try:
        kind = _compiled(expression).return_type().name()
    except RuntimeError as error:
        raise ValueError(_first_line(error)) from error
    if kind != "BOOL":
        given = "whatever stands there" if kind == "DYN" else kind
        raise ValueError(f"gives {given}, and neither true nor false")


def passes_on_nothing(check: Condition) -> bool:
    """For the linter: whether it is true of objects that hold nothing at all."""
    names = NAMES if check.role else NAMES[:2]
    return _evaluate(check.expression, {name: {} for name in names}) == ("BOOL", True)


def _values(workload: WorkloadView, check: Condition, case: Case) -> dict[str, Any]:
    """Plain copies: CEL takes no other types, and no half characters."""
    newest = max(workload.pods, key=lambda it: (it.made_at, it.name))
    found: dict[str, Any] = {"workload": workload.object, "pod": newest.object}
    player = case.role(check.role) if check.role else None
    if player:
        found["container"] = player.example.spec
    return {name: clean_object(value)[0] for name, value in found.items()}


def _seen(check: Condition, case: Case, values: dict[str, Any]) -> tuple[str, str]:
    """Where the value stands, with the role's container by its name, and the value."""
    player = case.role(check.role) if check.role else None
    head, among, rest = check.field.partition(AMONG)
    if player and among:
        place = player.example.field.removeprefix("spec.")
        return f"{head}{place}{rest}", tell_value(value_at(values["container"], rest))
    found = value_at(values["workload"], check.field)
    return check.field, tell_value(value_at(values["pod"], check.field) if found is None else found)


@lru_cache(maxsize=64)
def _compiled(expression: str) -> Any:
    """Imported here: few labs have conditions, and a grade starts fast."""
    from cel_expr_python import cel  # noqa: PLC0415

    environment = cel.NewEnv(variables=dict.fromkeys(NAMES, cel.Type.DYN))
    return environment.compile(expression)


def _evaluate(expression: str, values: dict[str, Any]) -> tuple[str, Any]:
    try:
        value = _compiled(expression).eval(data=values)
    except RuntimeError as error:
        return "AUTHOR", _first_line(error)
    return str(value.type()), value.value()


def _first_line(error: RuntimeError) -> str:
    return str(error).partition("\n")[0]
