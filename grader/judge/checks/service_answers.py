"""A request through the Service was answered, below 500."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.catalog.checks import ServiceAnswers
from grader.catalog.probes import ServiceHttp
from grader.evidence.reading import number, text
from grader.judge.case import Case
from grader.judge.transcripts import look_at, service_trouble
from grader.judge.verdict import Finding


def find(check: ServiceAnswers, case: Case) -> Finding:
    sight = look_at(check.probe, ServiceHttp, case)
    if isinstance(sight, Finding):
        return sight
    finding = _judge(sight.probe, sight.facts, case)
    return case.unless_settled(replace(finding, evidence=sight.lines))


def _judge(probe: ServiceHttp, facts: Mapping[str, Any], case: Case) -> Finding:
    trouble = service_trouble(facts, probe.service, probe.port, case)
    if trouble:
        return trouble
    status = number(facts, "status")
    path = text(facts, "path")
    params = {"service": probe.service, "port": probe.port, "path": path, "status": status or 0}
    forward = f"service/{probe.service}", f"8080:{probe.port}"
    command = case.kubectl("port-forward", *forward)
    if status is None:
        return Finding("failed", "through_service_silent", params, command)
    if status >= 500:
        return Finding("failed", "through_service_error", params, command)
    return Finding("passed", "through_service_answered", params, command)
