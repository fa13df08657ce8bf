"""The Pod's port answered HTTP, in every Pod that was asked."""

from dataclasses import replace

from grader.catalog.checks import PodAnswers
from grader.catalog.probes import PodHttp
from grader.evidence.reading import entries, number, text
from grader.judge.case import Case
from grader.judge.transcripts import Sight, idle, look_at, port_code, untold
from grader.judge.verdict import Finding

CODES = {"refused": "pod_refused", "not_http": "pod_not_http"}


def find(check: PodAnswers, case: Case) -> Finding:
    sight = look_at(check.probe, PodHttp, case)
    if isinstance(sight, Finding):
        return sight
    finding = _judge(sight, case)
    finding = replace(finding, evidence=sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _judge(sight: Sight[PodHttp], case: Case) -> Finding:
    probe, pods = sight.probe, entries(sight.facts, "pods")
    if not pods:
        return idle(probe, case)
    for pod in pods:
        error = text(pod, "error")
        if error:
            name = text(pod, "pod")
            params = {"pod": name, "port": probe.port, "said": text(pod, "detail")}
            command = case.kubectl("port-forward", f"pod/{name}", f"8080:{probe.port}")
            code = port_code(error, CODES, "pod_silent")
            return Finding("failed", code, params, command) if code else untold(sight.key, error)
    name = text(pods[0], "pod")
    params = {"pod": name, "port": probe.port, "status": number(pods[0], "status") or 0}
    command = case.kubectl("port-forward", f"pod/{name}", f"8080:{probe.port}")
    return Finding("passed", "pod_answered", params, command)
