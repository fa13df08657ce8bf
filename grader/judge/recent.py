"""The log of a container's present run, with how old each line was when evidence was taken."""

import re
from dataclasses import dataclass

from grader.evidence.reading import seconds_between
from grader.evidence.views import ContainerView
from grader.judge.case import Case
from grader.judge.containers import lasting_trouble, logs
from grader.judge.verdict import Finding

# What a shell or a small program says of a command that cannot work: `sleep: invalid option …`.
COMMAND_ERROR = re.compile(
    r"[\w./-]+: (?:.*: )?(?:invalid \w|(?:command |applet )?not found|No such file)"
)


@dataclass(frozen=True)
class Line:
    text: str
    age: float  # seconds


def recent_lines(container: ContainerView, case: Case) -> tuple[Line, ...] | Finding:
    """Oldest first; or why they cannot be told."""
    trouble = lasting_trouble(container, case)
    if trouble:
        return trouble
    named = {"container": container.name, "pod": container.pod.name}
    log = case.log(container.pod.name, container.name)
    if log is None or log.trouble:
        reason = log.trouble.code if log and log.trouble else "not_collected"
        return Finding("unknown", "log_unseen", {**named, "reason": reason}, logs(container, case))
    ages = (seconds_between(line.at, case.evidence.taken_at) for line in log.lines)
    found = (Line(it.text, age) for it, age in zip(log.lines, ages, strict=True) if age is not None)
    return tuple(sorted(found, key=lambda line: -line.age))


def is_error(text: str) -> bool:
    return bool(COMMAND_ERROR.search(text))


def line_of_log(container: ContainerView, line: Line) -> str:
    age = max(line.age, 0.0)
    return f"pod/{container.pod.name} container {container.name}, {age:.0f} s ago: {line.text}"
