"""Does a port of the Pod give Prometheus text: the first path that gives some counts."""

import time
from typing import Any

from grader.catalog.probes import Scrape
from grader.evidence.exposition import parse
from grader.evidence.sanitise import clean
from grader.evidence.views import PodView
from grader.kube.http_over_tunnel import HttpAnswer
from grader.kube.probes.asking import Failed, get
from grader.kube.probes.journal import Journal
from grader.kube.probes.scene import Scene

# `nc` in a loop serves what it read before the request came, so the first page may be old.
ROUNDS = 4
PAUSE = 0.5


def run(probe: Scrape, scene: Scene, journal: Journal) -> None:
    workload = scene.workload(probe.workload)
    pods = scene.pods(workload) if workload else ()
    journal.facts |= {"port": probe.port, "attempts": [], "samples": 0, "pod": ""}
    if not pods:
        return
    pod = pods[0]
    journal.facts["pod"] = pod.name
    for turn in range(ROUNDS):
        attempts = []
        for path in probe.paths:
            attempt = _ask(probe, scene, journal, pod, path)
            attempts.append(attempt)
            if attempt["fits"]:
                journal.facts |= {"samples": attempt["samples"], "path": path}
            if attempt["fits"] or "error" in attempt:
                break
        journal.facts["attempts"] = attempts
        if attempts[-1]["fits"] or turn == ROUNDS - 1 or _is_hopeless(attempts):
            return
        time.sleep(PAUSE)


def _ask(probe: Scrape, scene: Scene, journal: Journal, pod: PodView, path: str) -> dict[str, Any]:
    answer = get(scene, journal, pod, probe.port, path, seconds=scene.patience(pod))
    if isinstance(answer, Failed):
        return {"path": path, "fits": False, "error": answer.code, "detail": answer.detail}
    return {"path": path, **read_page(answer)}


def read_page(answer: HttpAnswer) -> dict[str, Any]:
    """Pure: what Prometheus would make of the answer."""
    page = parse(answer.text)
    return {
        "fits": answer.status == 200 and page.fits,
        "status": answer.status,
        "samples": len(page.samples),
        "counters": sorted(name for name, kind in page.types.items() if kind == "counter")[:20],
        "bad_number": page.bad.number if page.bad else 0,
        "bad_line": clean(page.bad.text, 200) if page.bad else "",
    }


def _is_hopeless(attempts: list[dict[str, Any]]) -> bool:
    """Nothing listens, or it speaks no HTTP: the time for that was given already."""
    return all("error" in attempt for attempt in attempts)
