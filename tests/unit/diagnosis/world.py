"""Recorded workspaces (`cases/`), and small ones made by hand, with a lab around them.

Each `cases/<name>.json` is what Kubernetes 1.34 said some time after `cases/<name>.yaml` had been
applied (fields that no rule reads are left out); what was done besides is said where it is used.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from grader.catalog.definition import LabDefinition
from grader.diagnosis import diagnose
from grader.diagnosis.model import Diagnosis
from grader.evidence.load import read_evidence
from grader.evidence.plan import KINDS

CASES = Path(__file__).parent / "cases"
BOTH = {"ko": "글", "en": "text"}
Json = Any
Edit = Callable[[Json], object]


def lab(
    *names: str, kinds: tuple[str, ...] = ("Deployment",), service: str | None = None
) -> LabDefinition:
    """A lab about one workload, and about a Service at port 80 where it names one."""
    task: Json = {
        "id": "task",
        "points": 100,
        "title": BOTH,
        "text": BOTH,
        "hints": [BOTH] * 3,
        "explanation": BOTH,
    }
    probes: Json = {}
    if service:
        task["checks"] = [{"id": "leads", "kind": "service_leads", "service": service, "port": 80}]
        probes["page"] = {"kind": "service_http", "service": service, "port": 80}
    return LabDefinition.model_validate(
        {
            "slug": "case",
            "order": 1,
            "pattern": "sidecar",
            "minutes": 5,
            "title": BOTH,
            "summary": BOTH,
            "objectives": {"ko": ["글"], "en": ["text"]},
            "workloads": {"main": {"kinds": list(kinds), "names": list(names or ("web",))}},
            "probes": probes,
            "tasks": [task],
            "start": {"score": 0},
        }
    )


def with_parts(definition: LabDefinition, **parts: Json) -> LabDefinition:
    return LabDefinition.model_validate({**definition.model_dump(), **parts})


def recorded(name: str) -> Json:
    """Kinds of which nothing was there are not in the files."""
    found = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    found["objects"] = {kind: [] for kind in KINDS} | found["objects"]
    return found


def lab_of(evidence: Json) -> LabDefinition:
    """The lab that such a workspace belongs to: it asks for the Service where there is one."""
    deployments = [it["metadata"]["name"] for it in evidence["objects"].get("Deployment", ())]
    names = ("multi-dep-fixed", "multi-dep") if "multi-dep" in deployments else ("web",)
    services = [it["metadata"]["name"] for it in evidence["objects"].get("Service", ())]
    return lab(*names, service="web" if "web" in services else None)


def look(
    evidence: Json, definition: LabDefinition | None = None, edit: Edit | None = None
) -> tuple[Diagnosis, ...]:
    evidence = deepcopy(evidence)
    if edit is not None:
        edit(evidence)
    return diagnose(definition or lab_of(evidence), read_evidence(evidence))


def look_at(
    name: str, definition: LabDefinition | None = None, edit: Edit | None = None
) -> tuple[Diagnosis, ...]:
    return look(recorded(name), definition, edit)


def everything(found: tuple[Diagnosis, ...]) -> Iterator[Diagnosis]:
    for cause in found:
        yield cause
        yield from everything(cause.consequences)


def codes(found: tuple[Diagnosis, ...]) -> list[str]:
    return [cause.code for cause in everything(found)]


def only(found: tuple[Diagnosis, ...]) -> Diagnosis:
    assert len(found) == 1, [cause.code for cause in found]
    return found[0]


def objects(evidence: Json, kind: str) -> list[Json]:
    found: list[Json] = evidence["objects"].setdefault(kind, [])
    return found


def status_of(evidence: Json, container: str) -> Json:
    for pod in objects(evidence, "Pod"):
        for kind in ("containerStatuses", "initContainerStatuses"):
            for status in pod["status"].get(kind, ()):
                if status["name"] == container:
                    return status
    raise AssertionError(container)


def spec_of(evidence: Json, container: str) -> Json:
    for pod in objects(evidence, "Pod"):
        for kind in ("containers", "initContainers"):
            for spec in pod["spec"].get(kind, ()):
                if spec["name"] == container:
                    return spec
    raise AssertionError(container)


def says(evidence: Json, container: str, *lines: str, previous: bool = False) -> None:
    """Puts other last words into a container's mouth, at the moment the evidence was taken."""
    here = next(
        it
        for it in objects(evidence, "Pod")
        if any(spec["name"] == container for spec in it["spec"]["containers"])
    )
    others = [
        log
        for log in evidence["logs"]
        if (log["container"], log["previous"]) != (container, previous)
    ]
    evidence["logs"] = [
        *others,
        {
            "pod": here["metadata"]["name"],
            "uid": here["metadata"]["uid"],
            "container": container,
            "previous": previous,
            "lines": [{"at": evidence["taken_at"], "text": line} for line in lines],
        },
    ]
