"""Both random lines came out at one container: the request, and what was appended to its file."""

from collections.abc import Mapping
from typing import Any

from grader.catalog.checks import LogFlows
from grader.catalog.probes import LogFlow
from grader.evidence.reading import mapping, number, strings, text, truth
from grader.judge.case import Case, RolePlayer
from grader.judge.transcripts import look_at
from grader.judge.verdict import Finding, Tri

Facts = Mapping[str, Any]


def find(check: LogFlows, case: Case) -> Finding:
    sight = look_at(check.probe, LogFlow, case)
    if isinstance(sight, Finding):
        return sight
    facts = sight.facts
    code, params = _judge(facts, case.role(sight.probe.reader))
    params = {**_common(facts, sight.probe), **params}
    if code == "probe_trouble":
        trouble = {"probe": check.probe, "detail": "", **params}
        return Finding("unknown", code, trouble, evidence=sight.lines)
    command = case.kubectl("logs", text(facts, "pod"), "-c", str(params["reader"]), "--tail=20")
    verdict: Tri = "passed" if code == "log_flows" else "failed"
    finding = Finding(verdict, code, params, command, sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _common(facts: Facts, probe: LogFlow) -> dict[str, Any]:
    return {
        "writer": text(facts, "writer"),
        "path": text(facts, "path"),
        "line": text(facts, "line"),
        "files": list(strings(facts, "files")),
        "folders": list(strings(facts, "looked_in")),
        "within": round(probe.within),
        "port": number(facts, "port") or 0,
    }


def _judge(facts: Facts, player: RolePlayer | None) -> tuple[str, dict[str, Any]]:
    """The first thing on the way that is not as it should be."""
    readers = strings(facts, "readers")
    shown = player.container_name if player else ""
    if readers:
        return "log_flows", {"reader": shown if shown in readers else readers[0]}
    params: dict[str, Any] = {"reader": shown}
    return (
        _at_the_writer(facts, params)
        or _at_the_folder(facts, params)
        or _in_the_file(facts, params)
        or _at_the_reader(facts, params)
    )


def _at_the_writer(facts: Facts, params: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if text(facts, "absent") or text(facts, "not_running"):
        return "log_writer_down", params
    if text(facts, "no_shell"):
        return "no_shell", {**params, "container": text(facts, "no_shell")}
    error = text(facts, "request", "error")
    if error:
        return "log_request_refused", {**params, "error": error}
    return None


def _at_the_folder(facts: Facts, params: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if not strings(facts, "looked_in"):
        return "log_no_shared_folder", params
    if text(facts, "not_writable"):
        return "log_not_writable", {**params, "file": text(facts, "not_writable")}
    if text(facts, "no_program"):
        return "no_program", {**params, "container": text(facts, "writer"), "program": "grep"}
    return None


def _in_the_file(facts: Facts, params: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if strings(facts, "files"):
        return None
    if text(facts, "file_trouble"):
        return "probe_trouble", {**params, "code": text(facts, "file_trouble")}
    printed = _those_that_saw(facts, "request")
    if printed:
        return "log_not_from_file", {**params, "reader": printed[0]}
    return "log_not_on_volume", params


def _at_the_reader(facts: Facts, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    unread = mapping(facts, "unread")
    blocked = [code for code in unread.values() if code in {"forbidden", "budget", "unreachable"}]
    if blocked:
        return "probe_trouble", {**params, "code": str(blocked[0])}
    printed = _those_that_saw(facts, "request")
    if printed:
        return "log_line_missing", {**params, "reader": printed[0]}
    reader = params["reader"]
    instead = strings(facts, "seen", reader, "last")
    return "log_request_missing", {**params, "instead": instead[-1] if instead else "—"}


def _those_that_saw(facts: Facts, what: str) -> list[str]:
    seen = mapping(facts, "seen")
    return sorted(name for name in seen if truth(seen, name, what))
