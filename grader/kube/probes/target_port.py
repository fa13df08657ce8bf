"""Where a Service's port leads inside a Pod."""

from grader.evidence.reading import entries, number, text
from grader.evidence.views import PodView, endpoints, find_service
from grader.kube.probes.scene import Scene


def target_port(scene: Scene, service: str, port: int, pod: PodView) -> int:
    """As its endpoint says, named target ports included; else the Service's own number."""
    found = find_service(scene.evidence, service)
    names = [
        text(it, "name") for it in entries(found, "spec", "ports") if number(it, "port") == port
    ]
    for one in endpoints(scene.evidence, service):
        if one.pod_uid == pod.uid and names and names[0] in one.ports:
            return one.ports[names[0]]
    return port
