"""The sample that was appended to the app's file came out at the exporter's port."""

from collections.abc import Mapping
from typing import Any

from grader.catalog.checks import LiveSampleSeen
from grader.catalog.probes import LiveSample
from grader.evidence.reading import number, strings, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import look_at
from grader.judge.verdict import Finding, Tri

Facts = Mapping[str, Any]


def find(check: LiveSampleSeen, case: Case) -> Finding:
    sight = look_at(check.probe, LiveSample, case)
    if isinstance(sight, Finding):
        return sight
    facts = sight.facts
    code = _judge(facts)
    params = _params(facts, sight.probe)
    if code == "probe_trouble":
        trouble = {"probe": check.probe, "code": text(facts, "file_trouble"), "detail": ""}
        return Finding("unknown", code, trouble, evidence=sight.lines)
    where = (text(facts, "pod"), "-c", text(facts, "writer"))
    command = case.kubectl("exec", *where, "--", "cat", sight.probe.file)
    verdict: Tri = "passed" if code == "live_sample_seen" else "failed"
    finding = Finding(verdict, code, params, command, sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _judge(facts: Facts) -> str:
    """The first thing on the way from the file to the port that is not as it should be."""
    return _in_the_file(facts) or _at_the_port(facts)


def _in_the_file(facts: Facts) -> str:
    states = {
        "live_writer_down": bool(text(facts, "absent") or text(facts, "not_running")),
        "no_shell": bool(text(facts, "no_shell")),
        "no_program": truth(facts, "no_program"),
        "live_file_missing": truth(facts, "file_missing"),
        "live_not_writable": truth(facts, "not_writable"),
        "probe_trouble": not number(facts, "writes"),
        "live_file_bad_line": not truth(facts, "file_fits") and bool(text(facts, "file_line")),
        "live_file_empty": not truth(facts, "file_fits"),
    }
    return next((code for code, applies in states.items() if applies), "")


def _at_the_port(facts: Facts) -> str:
    if truth(facts, "seen"):
        return "live_sample_seen"
    if text(facts, "error") == "refused":
        return "live_port_refused"
    if text(facts, "error"):
        return "live_port_silent"
    return "live_sample_missing"


def _params(facts: Facts, probe: LiveSample) -> dict[str, Any]:
    served = strings(facts, "served")
    return {
        "writer": text(facts, "writer"),
        "container": text(facts, "writer"),
        "program": "grep",
        "file": probe.file,
        "port": probe.port,
        "name": text(facts, "name"),
        "line": text(facts, "file_line"),
        "writes": number(facts, "writes") or 0,
        "reads": number(facts, "reads") or 0,
        "within": round(probe.within),
        "served": served[0] if served else "—",
        "error": text(facts, "error"),
    }
