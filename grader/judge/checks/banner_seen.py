"""The port greets as MySQL and MariaDB do, with protocol 10."""

from collections.abc import Mapping
from typing import Any

from grader.catalog.checks import BannerSeen
from grader.catalog.probes import Banner
from grader.evidence.reading import entries, mapping, number, text
from grader.judge.case import Case
from grader.judge.transcripts import lines_of
from grader.judge.verdict import Finding, Tri

CODES = {
    "greeting": "banner_seen",
    "error_packet": "banner_error",
    "other_protocol": "banner_protocol",
    "not_mysql": "banner_other",
}


def find(check: BannerSeen, case: Case) -> Finding:
    gap = case.gap_of_probe(check.probe)
    transcript = case.transcript(check.probe)
    probe = case.definition.probes[check.probe]
    if gap or transcript is None or not isinstance(probe, Banner):
        return gap or case.not_collected(check.probe)
    pods = entries(mapping(transcript.facts), "pods")
    if not pods:
        idle = Finding("failed", "pod_idle", {"port": probe.port}, case.kubectl("get", "pods"))
        return case.unless_settled(idle)
    code, params = _judge(probe, pods[0])
    verdict: Tri = "passed" if code == "banner_seen" else "failed"
    command = case.kubectl("port-forward", f"pod/{params['pod']}", f"{probe.port}:{probe.port}")
    return case.unless_settled(Finding(verdict, code, params, command, lines_of(transcript)))


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
        return ("banner_refused" if error == "refused" else "banner_silent"), params
    return CODES.get(text(pod, "code"), "banner_other"), params
