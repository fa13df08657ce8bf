"""What the checks of probes have in common: lines of a transcript, and where a Service leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from grader.catalog.probes import Probe
from grader.evidence.model import Step
from grader.evidence.reading import mapping, text
from grader.judge.case import Case
from grader.judge.verdict import Finding

Asked = TypeVar("Asked")
MOST_LINES = 8
# Why nothing was sent through a Service, or nothing came back.
SERVICE_TROUBLES = {
    "no_service": "through_service_missing",
    "no_port": "through_service_no_port",
    "no_endpoints": "through_service_no_endpoints",
    "not_ready": "through_service_unready",
    "foreign_endpoint": "through_service_foreign",
    "refused": "through_service_refused",
    "no_answer": "through_service_silent",
}
# What a port may do but answer. Any other word is none about the port, but about our way to it.
SILENT = frozenset({"no_answer", "closed", "silent"})

# The lists that tell so: of one that was cut, they tell nothing.
SEEN_IN = {
    "no_service": ("Service",),
    "no_endpoints": ("EndpointSlice",),
    "not_ready": ("EndpointSlice",),
    "foreign_endpoint": ("Pod",),
}


@dataclass(frozen=True)
class Sight(Generic[Asked]):
    """What a probe was asked to do, what it found, and the steps it took."""

    key: str
    probe: Asked
    facts: Mapping[str, Any]
    lines: tuple[str, ...]


def look_at(key: str, kind: type[Asked], case: Case) -> Sight[Asked] | Finding:
    """A probe's transcript, or the finding where there is none to judge by."""
    gap = case.gap_of_probe(key)
    if gap:
        return gap
    transcript, probe = case.transcript(key), case.definition.probes.get(key)
    if transcript is None or not isinstance(probe, kind):
        return Finding("unknown", "not_collected", {"probe": key})
    # What came of it stands at the end.
    lines = tuple(_line(step) for step in transcript.steps[-MOST_LINES:])
    return Sight(key, probe, mapping(transcript.facts), lines)


def idle(probe: Probe, case: Case) -> Finding:
    """No Pod of the workload runs that could be asked."""
    cut = case.gap_of_cuts("Pod")
    if cut:
        return cut
    params = {"port": getattr(probe, "port", 0)}
    finding = Finding("failed", "pod_idle", params, case.kubectl("get", "pods"))
    return case.unless_settled(finding, case.matter_of(probe))


def service_trouble(sight: Sight[Any], service: str, port: int, case: Case) -> Finding | None:
    """A finding where the Service itself kept the probe from its aim."""
    why = text(sight.facts, "why")
    if not why:
        return None
    cut = case.gap_of_cuts(*SEEN_IN.get(why, ()))
    if cut:
        return cut
    if why not in SERVICE_TROUBLES:
        return untold(sight.key, why)
    params = {"service": service, "port": port, "foreign": text(sight.facts, "foreign")}
    shown = ("get", "services") if why == "no_service" else ("describe", "service", service)
    return Finding("failed", SERVICE_TROUBLES[why], params, case.kubectl(*shown))


def port_code(error: str, codes: Mapping[str, str], silent: str) -> str:
    """The finding's code for what a port did; none where the port was not seen."""
    return codes.get(error) or (silent if error in SILENT else "")


def untold(key: str, error: str) -> Finding:
    """The probe met something that says nothing of the learner's work."""
    return Finding("unknown", "probe_trouble", {"probe": key, "code": error, "detail": ""})


def _line(step: Step) -> str:
    place = "/".join(filter(None, (step.pod, step.container)))
    words = filter(None, (step.at, step.action, place, step.target))
    sign = "→" if step.ok else "✗"
    return f"{' '.join(words)} {sign} {step.saw}".rstrip()
