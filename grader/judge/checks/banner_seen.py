"""The port greets as MySQL and MariaDB do, with protocol 10."""

from collections.abc import Mapping
from typing import Any

from grader.catalog.checks import BannerSeen
from grader.catalog.probes import Banner
from grader.evidence.reading import entries, number, text
from grader.judge.case import Case
from grader.judge.transcripts import idle, look_at, port_code, untold
from grader.judge.verdict import Finding, Tri

CODES = {
    "greeting": "banner_seen",
    "error_packet": "banner_error",
    "other_protocol": "banner_protocol",
    "not_mysql": "banner_other",
}
ERRORS = {"refused": "banner_refused"}


def find(check: BannerSeen, case: Case) -> Finding:
    sight = look_at(check.probe, Banner, case)
    if isinstance(sight, Finding):
        return sight
    pods = entries(sight.facts, "pods")
    if not pods:
        return idle(sight.probe, case)
    code, params = _judge(sight.probe, pods[0])
    if not code:
        return untold(sight.key, text(pods[0], "error"))
    verdict: Tri = "passed" if code == "banner_seen" else "failed"
    port = sight.probe.port
    command = case.kubectl("port-forward", f"pod/{params['pod']}", f"{port}:{port}")
    finding = Finding(verdict, code, params, command, sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _judge(probe: Banner, pod: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    params = {
        "pod": text(pod, "pod"),
        "port": probe.port,
        "version": text(pod, "version"),
        "protocol": number(pod, "protocol") or 0,
        "said": text(pod, "first"),
    }
    error = text(pod, "error")
    if error:
        return port_code(error, ERRORS, "banner_silent"), params
    return CODES.get(text(pod, "code"), "banner_other"), params
