"""What the checks of probes have in common: lines of a transcript, and where a Service leads."""

from collections.abc import Mapping
from typing import Any

from grader.evidence.model import Step, Transcript
from grader.evidence.reading import text
from grader.judge.case import Case
from grader.judge.verdict import Finding

MOST_LINES = 8
# Why nothing was sent through a Service, or nothing came back.
SERVICE_TROUBLES = {
    "no_service": "through_service_missing",
    "no_port": "through_service_no_port",
    "no_endpoints": "through_service_no_endpoints",
    "not_ready": "through_service_unready",
    "foreign_endpoint": "through_service_foreign",
    "refused": "through_service_refused",
}


def lines_of(transcript: Transcript | None) -> tuple[str, ...]:
    """The last steps: what came of it stands at the end."""
    steps = transcript.steps[-MOST_LINES:] if transcript else ()
    return tuple(_line(step) for step in steps)


def service_trouble(facts: Mapping[str, Any], service: str, port: int, case: Case) -> Finding | None:
    """A failed finding where the Service itself kept the probe from its aim."""
    why = text(facts, "why")
    if not why:
        return None
    code = SERVICE_TROUBLES.get(why, "through_service_silent")
    params = {"service": service, "port": port, "foreign": text(facts, "foreign")}
    shown = ("get", "services") if why == "no_service" else ("describe", "service", service)
    return Finding("failed", code, params, case.kubectl(*shown))


def _line(step: Step) -> str:
    place = "/".join(filter(None, (step.pod, step.container)))
    words = filter(None, (step.at, step.action, place, step.target))
    sign = "→" if step.ok else "✗"
    return f"{' '.join(words)} {sign} {step.saw}".rstrip()
