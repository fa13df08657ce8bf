"""What a port of the Pod says by itself: MySQL and MariaDB greet whoever connects."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.catalog.probes import Banner
from grader.evidence.sanitise import clean
from grader.kube.errors import ConnectionLostError, TimedOutError
from grader.kube.probes.asking import Failed, talk
from grader.kube.probes.journal import Journal
from grader.kube.probes.scene import Scene

if TYPE_CHECKING:
    from grader.kube.port_forward import Tunnel

PROTOCOL = 10
ERROR = 255
HEADER = 4
LARGEST = 4096
SECONDS = 4.0


@dataclass(frozen=True)
class Greeting:
    """`code`: greeting, error_packet, other_protocol, not_mysql."""

    code: str
    protocol: int = -1
    version: str = ""
    first: str = ""


def run(probe: Banner, scene: Scene, journal: Journal) -> None:
    workload = scene.workload(probe.workload)
    pods = scene.pods(workload) if workload else ()
    found = []
    for pod in pods[:1]:
        answer = talk(scene, pod, probe.port, _hear, scene.patience(pod))
        if isinstance(answer, Failed):
            found.append({"pod": pod.name, "error": answer.code})
            journal.step("connect", pod=pod.name, target=str(probe.port), ok=False, saw=answer.code)
        else:
            found.append({"pod": pod.name, **vars(answer)})
            saw = f"protocol {answer.protocol} {answer.version}{answer.first}"
            ok = answer.code == "greeting"
            journal.step("connect", pod=pod.name, target=str(probe.port), ok=ok, saw=saw)
    journal.facts |= {"port": probe.port, "protocol": probe.protocol, "pods": found}


def _hear(tunnel: "Tunnel") -> Greeting:
    data = b""
    while len(data) < LARGEST and not _is_whole(data):
        try:
            piece = tunnel.receive(LARGEST, SECONDS)
        except TimedOutError:
            if data:
                break
            raise
        if not piece:
            break
        data += piece
    if not data:
        raise ConnectionLostError("The connection was closed without a greeting.")
    return read_greeting(data)


def _is_whole(data: bytes) -> bool:
    return len(data) >= HEADER and len(data) >= HEADER + int.from_bytes(data[:3], "little")


def read_greeting(data: bytes) -> Greeting:
    """Pure. Three bytes of length, a number, then protocol and version, or an error."""
    body = data[HEADER:]
    shown = clean(data[:120].decode("utf-8", "replace"))
    if len(body) < 2 or data[3] > 1 or int.from_bytes(data[:3], "little") > LARGEST:
        return Greeting("not_mysql", first=shown)
    if body[0] == ERROR:
        return Greeting("error_packet", ERROR, first=clean(body[3:200].decode("utf-8", "replace")))
    version = body[1:].partition(b"\0")[0][:60].decode("ascii", "replace")
    if body[0] == PROTOCOL and version[:1].isdigit():
        return Greeting("greeting", PROTOCOL, clean(version))
    return Greeting(
        "other_protocol" if version[:1].isdigit() else "not_mysql", body[0], first=shown
    )
