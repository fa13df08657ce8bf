"""Pods beside the ones that count: of an older generation, edited by hand, or owned by nobody."""

from collections.abc import Iterator

from grader.diagnosis.causes import as_severity, kubectl, of_container, of_workload
from grader.diagnosis.model import Diagnosis, Layer
from grader.diagnosis.scene import Scene, bare_pods
from grader.evidence.reading import entries, mapping, text
from grader.evidence.views import PodView, WorkloadView


def find(scene: Scene) -> Iterator[Diagnosis]:
    for workload in scene.workloads:
        if workload.kind == "Deployment":
            yield from _edited(scene, workload)
            if scene.knows("ReplicaSet", "Pod"):
                yield from _beside(scene, workload)
                yield from _older(scene, workload)


def _edited(scene: Scene, workload: WorkloadView) -> Iterator[Diagnosis]:
    """Of a Pod's containers only the image can be changed; the next Pod has the old one again."""
    template = mapping(workload.replica_set, "spec", "template", "spec")
    wanted = {
        text(spec, "name"): text(spec, "image")
        for kind in ("containers", "initContainers")
        for spec in entries(template, kind)
    }
    for pod in workload.pods:
        for container in (*pod.init_containers, *pod.containers):
            image = wanted.get(container.name, container.image)
            if image != container.image:
                cause = of_container(
                    "pod_edited",
                    Layer.BEHAVIOUR,
                    container,
                    kubectl(scene, "describe", "deployment", workload.name),
                    workload=workload.name,
                    image=container.image,
                    template_image=image,
                )
                yield as_severity(cause, "warning")


def _beside(scene: Scene, workload: WorkloadView) -> Iterator[Diagnosis]:
    """A bare Pod that looks like a copy matters while the Deployment itself does not run."""
    if _is_fine(workload):
        return
    names = {it.name for it in workload.template.containers}
    twins = [
        pod
        for pod in bare_pods(scene.evidence)
        if {it.name for it in pod.containers} == names or pod.name.startswith(f"{workload.name}-")
    ]
    if twins:
        cause = of_workload(
            "bare_pod_beside",
            Layer.BEHAVIOUR,
            workload,
            kubectl(scene, "get", "deployments,pods"),
            pods=[pod.name for pod in twins],
        )
        yield as_severity(cause, "warning")


def _older(scene: Scene, workload: WorkloadView) -> Iterator[Diagnosis]:
    """The change is applied; its Pod is not ready, and the one before still answers."""
    serving = sorted(pod.name for pod in workload.older_pods if _is_ready(pod))
    if not serving or _is_fine(workload):
        return
    cause = of_workload(
        "old_pods_serve",
        Layer.READINESS,
        workload,
        kubectl(scene, "rollout", "status", f"deployment/{workload.name}", "--timeout=5s"),
        pods=serving,
        new=[pod.name for pod in workload.pods],
    )
    yield as_severity(cause, "waiting")


def _is_fine(workload: WorkloadView) -> bool:
    return bool(workload.pods) and all(_is_ready(pod) for pod in workload.pods)


def _is_ready(pod: PodView) -> bool:
    return bool(pod.containers) and all(it.ready for it in pod.containers)
