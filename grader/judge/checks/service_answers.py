"""A request through the Service was answered, below 500."""

from dataclasses import replace

from grader.catalog.checks import ServiceAnswers
from grader.catalog.probes import ServiceHttp
from grader.evidence.reading import number, text
from grader.judge.case import Case
from grader.judge.transcripts import Sight, look_at, service_trouble, untold
from grader.judge.verdict import Finding


def find(check: ServiceAnswers, case: Case) -> Finding:
    sight = look_at(check.probe, ServiceHttp, case)
    if isinstance(sight, Finding):
        return sight
    finding = _judge(sight, case)
    finding = replace(finding, evidence=sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _judge(sight: Sight[ServiceHttp], case: Case) -> Finding:
    probe, facts = sight.probe, sight.facts
    trouble = service_trouble(sight, probe.service, probe.port, case)
    if trouble:
        return trouble
    status = number(facts, "status")
    path = text(facts, "path")
    params = {"service": probe.service, "port": probe.port, "path": path, "status": status or 0}
    forward = f"service/{probe.service}", f"8080:{probe.port}"
    command = case.kubectl("port-forward", *forward)
    if status is None:
        return untold(sight.key, "not_collected")
    if status >= 500:
        return Finding("failed", "through_service_error", params, command)
    return Finding("passed", "through_service_answered", params, command)
