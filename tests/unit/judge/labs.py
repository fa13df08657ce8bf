"""Small labs for single checks: one task with one check, over one Deployment `web`."""

from typing import Any

from grader.catalog.definition import LabDefinition
from grader.judge.case import Case
from grader.judge.engine import judge
from grader.judge.verdict import Finding
from tests.workspaces import Workspace, workspace_from

BOTH = {"ko": "말", "en": "words"}
ROLES = {
    "writer": {"images": ["nginx"], "ports": [80], "shares_volume_with": "reader"},
    "reader": {"commands": ["tail"], "shares_volume_with": "writer"},
}


def lab_with(*checks: dict[str, Any], **parts: Any) -> LabDefinition:
    task = {
        "id": "task",
        "points": 100,
        "title": BOTH,
        "text": BOTH,
        "checks": [{"id": f"check-{place}", **check} for place, check in enumerate(checks)],
        "questions": parts.pop("questions", []),
        "hints": [BOTH, BOTH, BOTH],
        "explanation": BOTH,
    }
    whole = {
        "slug": "lab",
        "order": 1,
        "pattern": "sidecar",
        "minutes": 10,
        "title": BOTH,
        "summary": BOTH,
        "objectives": {"ko": ["말"], "en": ["words"]},
        "workloads": {"main": {"names": ["web"]}},
        "roles": ROLES,
        "tasks": [task],
        "start": {"score": 0},
        **parts,
    }
    return LabDefinition.model_validate(whole)


def container(name: str, **spec: Any) -> dict[str, Any]:
    return {"name": name, "image": "busybox", **spec}


def mount(volume: str = "logs", path: str = "/logs", **rest: Any) -> dict[str, Any]:
    return {"name": volume, "mountPath": path, **rest}


def nginx(**spec: Any) -> dict[str, Any]:
    ports = [{"containerPort": 80}]
    return {
        "name": "nginx",
        "image": "nginx:1.27",
        "ports": ports,
        "volumeMounts": [mount()],
        **spec,
    }


def shipper(**spec: Any) -> dict[str, Any]:
    mounts = [mount(readOnly=True)]
    command = ["tail", "-f", "/logs/access.log"]
    return container("shipper", command=command, volumeMounts=mounts) | spec


def deployment(
    *containers: dict[str, Any], name: str = "web", replicas: int = 1, **pod: Any
) -> dict[str, Any]:
    spec = {"containers": list(containers), "volumes": [{"name": "logs", "emptyDir": {}}], **pod}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return {
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "template": template},
    }


def service(name: str = "web", app: str = "web", *ports: dict[str, Any]) -> dict[str, Any]:
    spec = {"selector": {"app": app}, "ports": list(ports) or [{"port": 80}]}
    return {"kind": "Service", "metadata": {"name": name}, "spec": spec}


def config(name: str, **data: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def standing(*documents: dict[str, Any]) -> Workspace:
    return workspace_from(documents or (deployment(nginx(), shipper()),))


def findings(workspace: Workspace, *checks: dict[str, Any], **parts: Any) -> tuple[Finding, ...]:
    return judge(lab_with(*checks, **parts), workspace.evidence()).tasks[0].checks


def finding(workspace: Workspace, check: dict[str, Any], **parts: Any) -> Finding:
    return findings(workspace, check, **parts)[0]


def case(workspace: Workspace, **parts: Any) -> Case:
    check = {"kind": "ready", "roles": ["writer"]}
    return Case(lab_with(check, **parts), workspace.evidence())
