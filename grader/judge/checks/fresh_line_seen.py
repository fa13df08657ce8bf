"""A line that fits appeared in the role's log after grading began."""

from grader.catalog.checks import FreshLineSeen
from grader.catalog.probes import FreshLine
from grader.evidence.reading import strings, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import idle, look_at
from grader.judge.verdict import Finding


def find(check: FreshLineSeen, case: Case) -> Finding:
    sight = look_at(check.probe, FreshLine, case)
    if isinstance(sight, Finding):
        return sight
    facts = sight.facts
    if text(facts, "absent"):
        return idle(sight.probe, case)
    last = strings(facts, "last")
    container = text(facts, "container")
    params = {
        "container": container,
        "within": round(sight.probe.within),
        "line": text(facts, "line"),
        "instead": last[-1] if last else "—",
    }
    command = case.kubectl("logs", text(facts, "pod"), "-c", container, "--tail=20")
    lines = sight.lines
    if truth(facts, "seen"):
        return Finding("passed", "fresh_line_seen", params, command, lines)
    code = "fresh_line_other" if last else "fresh_line_missing"
    finding = Finding("failed", code, params, command, lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))
