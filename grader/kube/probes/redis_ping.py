"""Does a Pod behind the Service answer PING."""

from typing import TYPE_CHECKING

from grader.catalog.probes import RedisPing
from grader.kube.errors import KubeError
from grader.kube.probes.asking import Failed, talk
from grader.kube.probes.behind import look_behind
from grader.kube.probes.journal import Journal
from grader.kube.probes.scene import MOST_PODS, Scene
from grader.kube.probes.target_port import target_port
from grader.kube.redis_over_tunnel import RedisTalk, Reply

if TYPE_CHECKING:
    from grader.kube.port_forward import Tunnel


def run(probe: RedisPing, scene: Scene, journal: Journal) -> None:
    behind = look_behind(scene, probe.service, probe.port)
    facts = journal.facts
    facts |= {
        "service": probe.service,
        "port": probe.port,
        "why": behind.why,
        "foreign": behind.foreign,
        "answered": False,
        "pods": [],
    }
    trouble: KubeError | None = None
    for pod in behind.pods[:MOST_PODS]:
        port = target_port(scene, probe.service, probe.port, pod)
        try:
            reply = talk(scene, pod, port, _ping, scene.patience(pod))
        except KubeError as error:
            # One that answers is enough; without it, one that nobody could ask leaves it open.
            trouble = error
            continue
        if isinstance(reply, Failed):
            facts["pods"].append({"pod": pod.name, "port": port, "error": reply.code})
            saw, answered = reply.code, False
        else:
            saw, answered = reply.text or "", not reply.is_error and reply.text == "PONG"
            facts["pods"].append({"pod": pod.name, "port": port, "reply": saw})
        journal.step("redis", pod=pod.name, target=f"{port} PING", ok=answered, saw=saw)
        if answered:
            facts["answered"] = True
            return
    if trouble:
        raise trouble


def _ping(tunnel: "Tunnel") -> Reply:
    return RedisTalk(tunnel).say("PING")
