"""A Pod behind the Service answered PING."""

from dataclasses import replace

from grader.catalog.checks import RedisAnswers
from grader.catalog.probes import RedisPing
from grader.evidence.reading import entries, number, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import Sight, look_at, port_code, service_trouble, untold
from grader.judge.verdict import Finding

ERRORS = {"refused": "redis_refused", "not_redis": "redis_other"}


def find(check: RedisAnswers, case: Case) -> Finding:
    sight = look_at(check.probe, RedisPing, case)
    if isinstance(sight, Finding):
        return sight
    finding = _judge(sight, case)
    finding = replace(finding, evidence=sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _judge(sight: Sight[RedisPing], case: Case) -> Finding:
    probe, facts = sight.probe, sight.facts
    trouble = service_trouble(sight, probe.service, probe.port, case)
    if trouble:
        return trouble
    last = next(reversed(entries(facts, "pods")), None)
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
    code = port_code(error, ERRORS, "redis_silent") if error else "redis_error"
    if last is None or not code:
        return untold(sight.key, error or "not_collected")
    return Finding("failed", code, params, command)
