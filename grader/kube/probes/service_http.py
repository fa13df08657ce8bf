"""Does a request through the Service get an answer, on the API server's own way to it.

The API server follows a Service wherever it leads, with our rights. So nothing is sent before every
address behind it is known to be a Pod of this namespace, by uid and IP.
"""

import time

from grader.catalog.probes import ServiceHttp
from grader.evidence.views import PodView
from grader.kube.answers import parse_json
from grader.kube.errors import (
    AnswerError,
    ConnectionLostError,
    KubeError,
    ServerError,
    TimedOutError,
    status_error,
)
from grader.kube.probes.asking import PAUSES, Failed, get
from grader.kube.probes.behind import look_behind
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.scene import MOST_PODS, Scene
from grader.kube.probes.target_port import target_port
from grader.kube.response import Answer

SECONDS = 5.0
LARGEST = 16 * 1024
# How the API server says that it reached the Service's address and found nobody to talk to.
AT_THE_GATE = frozenset({502, 503, 504})
REFUSED = "connection refused"
UNREACHED = (REFUSED, "error trying to reach service", "no endpoints available", "dial tcp")
# What it says of itself without a Status, when it has too much to do or has broken down.
OWN_WORDS = (b"Too many requests, please try again", b"This request caused apiserver to panic")


def run(probe: ServiceHttp, scene: Scene, journal: Journal) -> None:
    path = f"/{nonce()}"
    behind = look_behind(scene, probe.service, probe.port)
    journal.facts |= {
        "service": probe.service,
        "port": probe.port,
        "path": path,
        "pods": sorted(pod.name for pod in behind.pods),
        "why": behind.why,
        "foreign": behind.foreign,
        "status": None,
    }
    target = f"{probe.service}:{probe.port} {path}"
    if behind.why:
        journal.step("not_sent", target=target, ok=False, saw=f"{behind.why} {behind.foreign}")
        return
    patience = max(scene.patience(pod) for pod in behind.pods)
    answer: Answer | tuple[str, str]
    try:
        answer = _ask(scene, probe, path, patience)
    except (TimedOutError, ConnectionLostError):
        why = _ask_inside(scene, probe, journal, behind.pods)
        if why is None:
            raise
        answer = why
    if isinstance(answer, Answer):
        journal.facts["status"] = answer.status
        journal.step("http_get", target=target, saw=f"HTTP {answer.status}")
    else:
        journal.facts |= {"why": answer[0], "detail": answer[1]}
        journal.step("http_get", target=target, ok=False, saw=" ".join(answer))


def _ask(scene: Scene, probe: ServiceHttp, path: str, patience: float) -> Answer | tuple[str, str]:
    """The answer of the Pod, or why there was none: asked again while the port is closed."""
    name = f"services/{probe.service}:{probe.port}/proxy"
    url = f"/api/v1/namespaces/{scene.namespace}/{name}{path}"
    deadline = time.monotonic() + min(patience, scene.client.budget.left())
    attempt = 0
    while True:
        found = _ask_once(scene, url)
        if isinstance(found, Answer):
            return found
        pause = PAUSES[min(attempt, len(PAUSES) - 1)]
        attempt += 1
        if time.monotonic() + pause < deadline:
            time.sleep(pause)
        elif isinstance(found, KubeError):
            raise found
        else:
            return found


def _ask_inside(
    scene: Scene, probe: ServiceHttp, journal: Journal, pods: tuple[PodView, ...]
) -> tuple[str, str] | None:
    """Why a Pod says nothing, where the silence is its own and not that of the API server."""
    for pod in pods[:MOST_PODS]:
        port = target_port(scene, probe.service, probe.port, pod)
        found = get(scene, journal, pod, port, f"/{nonce()}", seconds=0.0)
        if isinstance(found, Failed):
            return ("refused" if found.code == "refused" else "no_answer", found.code)
    return None


def _ask_once(scene: Scene, url: str) -> Answer | tuple[str, str] | KubeError:
    """An error where the API server, or the way to it, kept us from seeing the Pod."""
    try:
        answer = scene.client.get(url, raw=True, accept="*/*", seconds=SECONDS, largest=LARGEST)
    except (TimedOutError, ConnectionLostError) as error:
        return error
    said = _status(answer)
    if said is None:
        return answer
    if answer.status in AT_THE_GATE and any(sign in said for sign in UNREACHED):
        return ("refused" if REFUSED in said else "no_answer", said[:300])
    refusal = status_error(answer.status, answer.body, "services/proxy")
    if isinstance(refusal, ServerError):
        return refusal
    raise refusal


def _status(answer: Answer) -> str | None:
    """The message of a Kubernetes Status: an app behind the Service does not speak like that."""
    if answer.status >= 400 and answer.body.startswith(OWN_WORDS):
        return answer.body.decode("utf-8", "replace")
    if answer.status < 400 or b'"Status"' not in answer.body:
        return None
    try:
        found = parse_json(answer.body)
    except (AnswerError, KubeError):
        return None
    is_status = isinstance(found, dict) and found.get("kind") == "Status"
    return str(found.get("message") or found.get("reason") or "") if is_status else None
