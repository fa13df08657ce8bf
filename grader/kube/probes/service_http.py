"""Does a request through the Service get an answer, on the API server's own way to it.

The API server follows a Service wherever it leads, with our rights. So nothing is sent before every
address behind it is known to be a Pod of this namespace, by uid and IP.
"""

import time

from grader.catalog.probes import ServiceHttp
from grader.kube.answers import parse_json
from grader.kube.errors import (
    AnswerError,
    ConnectionLostError,
    KubeError,
    TimedOutError,
    status_error,
)
from grader.kube.probes.asking import PAUSES
from grader.kube.probes.behind import look_behind
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.scene import Scene
from grader.kube.response import Answer

SECONDS = 5.0
LARGEST = 16 * 1024


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
    answer = _ask(scene, probe, path, patience)
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
        try:
            answer = scene.client.get(url, raw=True, accept="*/*", seconds=SECONDS, largest=LARGEST)
            failed = _failure(answer)
            if failed is None:
                return answer
        except (TimedOutError, ConnectionLostError) as error:
            failed = (error.code, "")
        pause = PAUSES[min(attempt, len(PAUSES) - 1)]
        attempt += 1
        if time.monotonic() + pause >= deadline:
            return failed
        time.sleep(pause)


def _failure(answer: Answer) -> tuple[str, str] | None:
    """Whether the API server speaks for itself. Its refusals of us are raised."""
    said = _status(answer)
    if said is None:
        return None
    if answer.status in {401, 403, 404, 429}:
        raise status_error(answer.status, answer.body, "services/proxy")
    is_refused = "connection refused" in said
    return ("refused" if is_refused else "no_answer", said[:300])


def _status(answer: Answer) -> str | None:
    """The message of a Kubernetes Status: an app behind the Service does not speak like that."""
    if answer.status < 400 or b'"Status"' not in answer.body:
        return None
    try:
        found = parse_json(answer.body)
    except (AnswerError, KubeError):
        return None
    is_status = isinstance(found, dict) and found.get("kind") == "Status"
    return str(found.get("message") or found.get("reason") or "") if is_status else None
