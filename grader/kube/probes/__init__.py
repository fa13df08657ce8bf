"""What the grader does to a running workload to see it behave. One module per kind of probe.

Each module has `run(probe, scene, journal)`. It leaves steps and facts in the journal, and takes
away what it wrote, also when it fails half-way. What a probe could not do by nobody's fault here it
raises as a `KubeError`; what the learner's containers do or fail to do are facts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from grader.evidence.model import Transcript, Trouble
from grader.evidence.sanitise import clean
from grader.kube.errors import KubeError
from grader.kube.probes.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.kube.probes.scene import Scene

KINDS = (
    "service_http",
    "pod_http",
    "log_flow",
    "banner",
    "scrape",
    "live_sample",
    "redis_ping",
    "redis_relay",
    "fresh_line",
    "dry_run",
)


def run_probe(probe: Any, scene: "Scene") -> Transcript:
    return begin_probe(probe, scene)()


def begin_probe(probe: Any, scene: "Scene") -> "Callable[[], Transcript]":
    """Returns when all is seen; what it returns gives the transcript, once all is tidied up.

    Total: whatever goes wrong becomes the transcript's trouble.
    """
    journal = Journal(scene.clock)
    trouble = None
    try:
        _runner(probe.kind)(probe, scene, journal)
    except KubeError as error:
        trouble = Trouble(error.code, clean(error.message, 400))
    except Exception as error:  # noqa: BLE001 - our fault; the other tasks are still judged
        trouble = Trouble("probe_error", f"{type(error).__name__}: {clean(str(error), 200)}")
    return lambda: journal.transcript(probe.kind, trouble)


def _runner(kind: str) -> "Callable[[Any, Scene, Journal], None]":
    """Imported when a lab asks for it: a grade starts fast."""
    if kind not in KINDS:
        raise LookupError(f"no probe of the kind “{kind}”")
    found: Callable[[Any, Scene, Journal], None] = import_module(f"{__name__}.{kind}").run
    return found
