"""A line that fits appeared in the role's log after grading began."""

from grader.catalog.checks import FreshLineSeen
from grader.catalog.probes import FreshLine
from grader.evidence.reading import mapping, strings, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import lines_of
from grader.judge.verdict import Finding


def find(check: FreshLineSeen, case: Case) -> Finding:
    gap = case.gap_of_probe(check.probe)
    transcript = case.transcript(check.probe)
    probe = case.definition.probes[check.probe]
    if gap or transcript is None or not isinstance(probe, FreshLine):
        return gap or case.not_collected(check.probe)
    facts = mapping(transcript.facts)
    if text(facts, "absent"):
        idle = Finding("failed", "pod_idle", {"port": 0}, case.kubectl("get", "pods"))
        return case.unless_settled(idle)
    last = strings(facts, "last")
    container = text(facts, "container")
    params = {
        "container": container,
        "within": round(probe.within),
        "line": text(facts, "line"),
        "instead": last[-1] if last else "—",
    }
    command = case.kubectl("logs", text(facts, "pod"), "-c", container, "--tail=20")
    lines = lines_of(transcript)
    if truth(facts, "seen"):
        return Finding("passed", "fresh_line_seen", params, command, lines)
    code = "fresh_line_other" if last else "fresh_line_missing"
    return case.unless_settled(Finding("failed", code, params, command, lines))
