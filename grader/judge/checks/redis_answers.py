"""A Pod behind the Service answered PING."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.catalog.checks import RedisAnswers
from grader.catalog.probes import RedisPing
from grader.evidence.reading import entries, number, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import look_at, service_trouble
from grader.judge.verdict import Finding

ERRORS = {"refused": "redis_refused", "not_redis": "redis_other"}


def find(check: RedisAnswers, case: Case) -> Finding:
    sight = look_at(check.probe, RedisPing, case)
    if isinstance(sight, Finding):
        return sight
    finding = _judge(sight.probe, sight.facts, case)
    return case.unless_settled(replace(finding, evidence=sight.lines))


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
