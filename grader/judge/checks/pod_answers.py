"""The Pod's port answered HTTP, in every Pod that was asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.catalog.checks import PodAnswers
from grader.catalog.probes import PodHttp
from grader.evidence.reading import entries, number, text
from grader.judge.case import Case
from grader.judge.transcripts import idle, look_at
from grader.judge.verdict import Finding

CODES = {"refused": "pod_refused", "not_http": "pod_not_http"}


def find(check: PodAnswers, case: Case) -> Finding:
    sight = look_at(check.probe, PodHttp, case)
    if isinstance(sight, Finding):
        return sight
    pods = entries(sight.facts, "pods")
    finding = _judge(sight.probe, pods, case)
    return case.unless_settled(replace(finding, evidence=sight.lines))


def _judge(probe: PodHttp, pods: tuple[Mapping[str, Any], ...], case: Case) -> Finding:
    if not pods:
        return idle(probe.port, case)
    for pod in pods:
        error = text(pod, "error")
        if error:
            name = text(pod, "pod")
            params = {"pod": name, "port": probe.port, "said": text(pod, "detail")}
            command = case.kubectl("port-forward", f"pod/{name}", f"8080:{probe.port}")
            return Finding("failed", CODES.get(error, "pod_silent"), params, command)
    name = text(pods[0], "pod")
    params = {"pod": name, "port": probe.port, "status": number(pods[0], "status") or 0}
    command = case.kubectl("port-forward", f"pod/{name}", f"8080:{probe.port}")
    return Finding("passed", "pod_answered", params, command)
