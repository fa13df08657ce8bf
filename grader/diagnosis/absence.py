"""What the lab names and nobody made, or made under another name or kind."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from grader.catalog.workloads import Workload
from grader.diagnosis.causes import kubectl, of_object
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene
from grader.evidence.reading import text
from grader.evidence.views import find_service, objects

WORKLOADS = ("Deployment", "Pod")


def find(scene: Scene) -> Iterator[Diagnosis]:
    for key in scene.keys:
        if scene.workload(key) is None:
            yield from _missing_workload(scene, scene.definition.workloads[key])
    if not scene.knows("Service"):
        return
    for name in scene.services:
        if find_service(scene.evidence, name) is None:
            yield _missing_service(scene, name)


def _missing_workload(scene: Scene, workload: Workload) -> Iterator[Diagnosis]:
    if not scene.knows(*workload.kinds):
        return
    kind = workload.kinds[0]
    other_kind, twin = _of_another_kind(scene, workload)
    own = {name for it in scene.definition.workloads.values() for name in it.names}
    near = _near_name(scene, kind, workload.names, own)
    if other_kind:
        code, named = "workload_of_another_kind", {"workload": twin, "found": other_kind}
    elif near:
        meant = get_close_matches(near, workload.names, n=1, cutoff=0)[0]
        code, named = "workload_misnamed", {"workload": meant, "found": near}
    else:
        code, named = "workload_absent", _names_of(workload)
    following = kubectl(scene, "get", "deployments,pods")
    yield of_object(code, Layer.ABSENT, following, kind=kind, **named)


def _names_of(workload: Workload) -> dict[str, Any]:
    """One may have any of them; which to begin with is up to the learner."""
    name, *also = workload.names
    return {"workload": name, "also": also} if also else {"workload": name}


def _missing_service(scene: Scene, name: str) -> Diagnosis:
    following = kubectl(scene, "get", "services")
    near = _near_name(scene, "Service", (name,), set(scene.services))
    if near:
        return of_object("service_misnamed", Layer.ABSENT, following, service=name, found=near)
    return of_object("service_absent", Layer.ABSENT, following, service=name)


def _of_another_kind(scene: Scene, workload: Workload) -> tuple[str, str]:
    """The kind and the name of what has the right name; empty where nothing has."""
    for kind in WORKLOADS:
        names = _names(scene, kind)
        twin = next((name for name in workload.names if name in names), "")
        if kind not in workload.kinds and twin:
            return kind, twin
    return "", ""


def _near_name(scene: Scene, kind: str, wanted: tuple[str, ...], own: set[str]) -> str:
    """The name of an object that looks misspelt; one that the lab names itself does not."""
    candidates = [name for name in _names(scene, kind) if name not in own]
    found = (get_close_matches(name, candidates, n=1, cutoff=0.75) for name in wanted)
    return next((names[0] for names in found if names), "")


def _names(scene: Scene, kind: str) -> tuple[str, ...]:
    return tuple(text(it, "metadata", "name") for it in objects(scene.evidence, kind))
