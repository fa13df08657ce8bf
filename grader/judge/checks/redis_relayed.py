"""The Pod's port and the backend are one Redis: each reads what was set at the other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.catalog.checks import RedisRelayed
from grader.catalog.probes import RedisRelay
from grader.evidence.reading import mapping, text, truth
from grader.judge.case import Case
from grader.judge.transcripts import Sight, idle, look_at, port_code, service_trouble, untold
from grader.judge.verdict import Finding

# By the first way that failed: `there` from the Pod to the backend, `back` the other way round.
NOT_FOUND = {"there": "relay_stays_here", "back": "relay_not_back"}
AT_THE_POD = {"refused": "relay_refused", "redis_error": "relay_error", "not_redis": "relay_other"}


def find(check: RedisRelayed, case: Case) -> Finding:
    sight = look_at(check.probe, RedisRelay, case)
    if isinstance(sight, Finding):
        return sight
    finding = _judge(sight, case)
    finding = replace(finding, evidence=sight.lines)
    return case.unless_settled(finding, case.matter_of(sight.probe))


def _judge(sight: Sight[RedisRelay], case: Case) -> Finding:
    probe, facts = sight.probe, sight.facts
    pod = text(facts, "pod")
    if not pod:
        return idle(probe, case)
    trouble = service_trouble(sight, probe.backend, probe.backend_port, case)
    if trouble:
        return trouble
    ways = ("there", "back")
    failed = next((way for way in ways if not truth(facts, way, "ok")), "")
    params = {
        "pod": pod,
        "port": probe.port,
        "backend": probe.backend,
        "key": text(facts, failed or "there", "key"),
        "saw": text(facts, failed, "saw"),
    }
    command = case.kubectl("port-forward", f"pod/{pod}", f"{probe.port}:{probe.port}")
    code = _code(mapping(facts, failed), failed) if failed else "redis_relayed"
    if not code:
        return untold(sight.key, text(facts, failed, "error") or "not_collected")
    return Finding("failed" if failed else "passed", code, params, command)


def _code(said: Mapping[str, Any], way: str) -> str:
    error = text(said, "error")
    if error == "not_there":
        return NOT_FOUND[way]
    code = port_code(error, AT_THE_POD, "relay_silent")
    return "relay_backend_silent" if code and text(said, "side") == "there" else code
