"""Does the Pod's port answer HTTP, asked inside the Pod itself."""

from grader.catalog.probes import PodHttp
from grader.evidence.views import PodView
from grader.kube.probes.asking import Failed, get
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.scene import Scene
from grader.kube.together import run_together


def run(probe: PodHttp, scene: Scene, journal: Journal) -> None:
    workload = scene.workload(probe.workload)
    pods = scene.pods(workload) if workload else ()
    path = f"/{nonce()}"

    def one(pod: PodView) -> dict[str, object]:
        answer = get(scene, journal, pod, probe.port, path, seconds=scene.patience(pod))
        if isinstance(answer, Failed):
            return {"pod": pod.name, "error": answer.code, "detail": answer.detail}
        return {"pod": pod.name, "status": answer.status}

    tasks = {pod.name: (lambda pod=pod: one(pod)) for pod in pods}
    found = run_together(tasks)
    for result in found.values():
        if isinstance(result, Exception):
            raise result
    journal.facts |= {"port": probe.port, "path": path, "pods": list(found.values())}
