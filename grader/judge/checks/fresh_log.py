"""The role's container runs, says something now and then, and no command in it fails."""

from grader.catalog.checks import FreshLog
from grader.evidence.views import ContainerView
from grader.judge.case import Case
from grader.judge.containers import age_of, line_of, logs
from grader.judge.recent import Line, is_error, line_of_log, recent_lines
from grader.judge.replicas import find_in_each
from grader.judge.verdict import Finding

SHOWN = 3


def find(check: FreshLog, case: Case) -> Finding:
    return find_in_each(check.role, case, lambda it: _judge(it, check, case))


def _judge(container: ContainerView, check: FreshLog, case: Case) -> Finding:
    lines = recent_lines(container, case)
    if isinstance(lines, Finding):
        return lines
    params = {"container": container.name, "pod": container.pod.name, "oldest": check.oldest}
    command = logs(container, case)
    if not lines:
        age = age_of(container, case)
        is_young = age is not None and age < check.starting
        code = "still_starting" if is_young else "log_silent"
        params |= {"because": "log_silent"} if is_young else {}
        return Finding("failed", code, params, command, (line_of(container, case),))
    last = lines[-1]
    shown = tuple(line_of_log(container, line) for line in lines[-SHOWN:])
    if last.age > check.oldest:
        return Finding("failed", "log_stale", params | {"age": int(last.age)}, command, shown)
    error = _last_error(lines, check.oldest)
    if error:
        params |= {"line": error.text}
        return Finding("failed", "log_has_error", params, command, (line_of_log(container, error),))
    age_now = max(int(last.age), 0)
    return Finding("passed", "log_fresh", params | {"age": age_now}, command, shown)


def _last_error(lines: tuple[Line, ...], oldest: float) -> Line | None:
    late = (line for line in reversed(lines) if line.age <= oldest)
    return next((line for line in late if is_error(line.text)), None)
