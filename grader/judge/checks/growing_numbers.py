"""The role's container counts now: its last lines hold numbers that rise by one and the same step.

One wrap-around is fine. A container that has finished its work before will finish again.
"""

from collections.abc import Sequence
from itertools import pairwise

from grader.catalog.checks import GrowingNumbers
from grader.evidence.views import ContainerView
from grader.judge.case import Case
from grader.judge.containers import age_of, line_of, logs
from grader.judge.counting import LOOKED_AT, counts, numbers_of
from grader.judge.recent import Line, line_of_log, recent_lines
from grader.judge.replicas import find_in_each
from grader.judge.verdict import Finding, Tri

# Older lines say nothing of now.
FRESH = 90.0
# A count that goes on has had its newest number within so many of its usual pauses; a second of the
# clock's and a busy machine are no fault of it.
PAUSES = 3.0
LEAST_PAUSE = 5.0
YOUNG = 20.0


def find(check: GrowingNumbers, case: Case) -> Finding:
    return find_in_each(check.role, case, lambda it: _judge(it, check, case))


def _judge(container: ContainerView, check: GrowingNumbers, case: Case) -> Finding:
    lines = recent_lines(container, case)
    if isinstance(lines, Finding):
        return lines
    params = {"container": container.name, "pod": container.pod.name, "at_least": check.at_least}
    command = logs(container, case)
    if container.restarts and container.last_exit_code == 0:
        params |= {"restarts": container.restarts}
        return Finding("failed", "counter_ends", params, command, (line_of(container, case),))
    counted = [line for line in lines if line.age <= FRESH and numbers_of(line.text)]
    shown = tuple(line_of_log(container, line) for line in counted[-check.at_least :])
    verdict, code, more = _tell(counted, check.at_least, age_of(container, case))
    return Finding(verdict, code, params | more, command, shown or (line_of(container, case),))


def _tell(
    counted: Sequence[Line], at_least: int, age: float | None
) -> tuple[Tri, str, dict[str, object]]:
    if counts([line.text for line in counted], at_least):
        if _goes_on(counted):
            return "passed", "numbers_grow", {}
        return "failed", "numbers_stopped", {"seconds": round(counted[-1].age)}
    if len(counted) >= at_least:
        return "failed", "numbers_do_not_grow", {}
    if age is not None and age < YOUNG:
        return "failed", "still_starting", {"because": "numbers_missing"}
    return "failed", "numbers_missing", {}


def _goes_on(lines: Sequence[Line]) -> bool:
    """Whether the newest line is as young as the pauses before it promise."""
    ages = [line.age for line in lines[-LOOKED_AT:]]
    pauses = sorted(older - younger for older, younger in pairwise(ages))
    usual = pauses[len(pauses) // 2]
    return ages[-1] <= max(LEAST_PAUSE, PAUSES * usual)
