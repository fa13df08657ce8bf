"""A Pod behind the Service answered PING."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.catalog.checks import RedisAnswers
from grader.catalog.probes import RedisPing
from grader.evidence.reading import entries, mapping, number, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import lines_of, service_trouble
from grader.judge.verdict import Finding

ERRORS = {"refused": "redis_refused", "not_redis": "redis_other"}


def find(check: RedisAnswers, case: Case) -> Finding:
    gap = case.gap_of_probe(check.probe)
    transcript = case.transcript(check.probe)
    probe = case.definition.probes[check.probe]
    if gap or transcript is None or not isinstance(probe, RedisPing):
        return gap or case.not_collected(check.probe)
    finding = _judge(probe, mapping(transcript.facts), case)
    return case.unless_settled(replace(finding, evidence=lines_of(transcript)))


def _judge(probe: RedisPing, facts: Mapping[str, Any], case: Case) -> Finding:
    trouble = service_trouble(facts, probe.service, probe.port, case)
    if trouble:
        return trouble
    pods = entries(facts, "pods")
    last: Mapping[str, Any] = pods[-1] if pods else {}
    params = {
        "service": probe.service,
        "pod": text(last, "pod"),
        "port": number(last, "port") or probe.port,
        "reply": text(last, "reply"),
    }
    forward = f"service/{probe.service}", f"{probe.port}:{probe.port}"
    command = case.kubectl("port-forward", *forward)
    if truth(facts, "answered"):
        return Finding("passed", "redis_answered", params, command)
    error = text(last, "error")
    code = ERRORS.get(error, "redis_silent") if error or not pods else "redis_error"
    return Finding("failed", code, params, command)
