"""The port gave HTTP 200 and Prometheus text with at least one sample."""

from collections.abc import Mapping
from typing import Any

from grader.catalog.checks import Exposition
from grader.catalog.probes import Scrape
from grader.evidence.reading import entries, number, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import idle, look_at, port_code, untold
from grader.judge.verdict import Finding, Tri

ERRORS = {"refused": "exposition_refused", "not_http": "exposition_not_http"}


def find(check: Exposition, case: Case) -> Finding:
    sight = look_at(check.probe, Scrape, case)
    if isinstance(sight, Finding):
        return sight
    facts = sight.facts
    attempts = entries(facts, "attempts")
    if not attempts:
        return idle(sight.probe, case)
    code, params = _judge(sight.probe, attempts)
    if not code:
        return untold(sight.key, text(attempts[-1], "error"))
    verdict: Tri = "passed" if code == "exposition_served" else "failed"
    pod = text(facts, "pod")
    command = case.kubectl("port-forward", f"pod/{pod}", f"{sight.probe.port}:{sight.probe.port}")
    finding = Finding(verdict, code, params, command, sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _judge(probe: Scrape, attempts: tuple[Mapping[str, Any], ...]) -> tuple[str, dict[str, Any]]:
    """The answer that fits, else the one that came nearest to fitting."""
    best = min(attempts, key=_distance)
    params = {
        "port": probe.port,
        "path": text(best, "path"),
        "paths": list(probe.paths),
        "status": number(best, "status") or 0,
        "samples": number(best, "samples") or 0,
        "number": number(best, "bad_number") or 0,
        "line": text(best, "bad_line"),
        "said": text(best, "detail"),
    }
    error = text(best, "error")
    if truth(best, "fits"):
        return "exposition_served", params
    if error:
        return port_code(error, ERRORS, "exposition_silent"), params
    if params["status"] != 200:
        return "exposition_status", params
    return ("exposition_bad_line" if params["number"] else "exposition_empty"), params


def _distance(attempt: Mapping[str, Any]) -> tuple[bool, bool, bool, bool]:
    return (
        not truth(attempt, "fits"),
        bool(text(attempt, "error")),
        number(attempt, "status") != 200,
        not number(attempt, "bad_number"),
    )
