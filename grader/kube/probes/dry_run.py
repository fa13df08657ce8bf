"""Would a Pod Security level admit the workload's Pods: asked of the API server, nothing is made.

The Pod template is sent as a Pod with `dryRun=All`, as the learner, whose rights are what counts.
The namespace only warns about the level (or enforces it): the warnings in the answer, or the
refusal, name what breaks it. A second Pod that breaks this level and no laxer one shows that the
level is looked at at all; where even that one brings no warning, nothing can be said.
"""

import re
from typing import Any

from grader.catalog.probes import DryRun
from grader.evidence.views import WorkloadView
from grader.kube.client import Client
from grader.kube.errors import ForbiddenError, KubeError
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.scene import Scene
from grader.kube.together import run_together


class NoLearnerError(KubeError):
    """Nobody lent us the learner's identity."""

    code = "no_learner_identity"


class NotEvaluatedError(KubeError):
    """The namespace neither warns about the level nor enforces it."""

    code = "level_not_evaluated"


# Breaks the level, and is never made.
CONTROL: dict[str, Any] = {
    "baseline": {"containers": [{"name": "control", "image": "none"}], "hostNetwork": True},
    "restricted": {"containers": [{"name": "control", "image": "none"}]},
}
_LEVEL = re.compile(r'PodSecurity "(\w+):')


def run(probe: DryRun, scene: Scene, journal: Journal) -> None:
    workload = scene.workload(probe.workload)
    journal.facts |= {"level": probe.level, "violations": [], "admitted": False, "said": ""}
    if workload is None:
        journal.facts["absent"] = probe.workload
        return
    if scene.learner is None:
        raise NoLearnerError("A dry run needs the learner's identity, and none was given.")
    learner = scene.learner
    name = f"podlab-{nonce()}"
    tasks = {
        "pod": lambda: _try(learner, scene.namespace, f"{name}-a", _spec(workload)),
        "control": lambda: _try(learner, scene.namespace, f"{name}-b", CONTROL[probe.level]),
    }
    found = run_together(tasks)
    control, pod = (_unless_trouble(found[key]) for key in ("control", "pod"))
    if not _about(control, {probe.level}):
        raise NotEvaluatedError(
            f"The namespace neither warns about the Pod Security level “{probe.level}” "
            "nor enforces it."
        )
    _conclude(probe, journal, pod)


def _spec(workload: WorkloadView) -> Any:
    return workload.template.object["spec"]


def _try(learner: Client, namespace: str, name: str, spec: Any) -> tuple[bool, tuple[str, ...]]:
    """Whether it would be admitted, and what the API server had to say about it."""
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    path = f"/api/v1/namespaces/{namespace}/pods"
    try:
        return True, learner.dry_run(path, body)
    except ForbiddenError as error:
        if "violates PodSecurity" not in error.said:
            raise
        return False, (error.said,)


def _unless_trouble(
    result: tuple[bool, tuple[str, ...]] | KubeError,
) -> tuple[bool, tuple[str, ...]]:
    if isinstance(result, KubeError):
        raise result
    return result


def _about(result: tuple[bool, tuple[str, ...]], levels: set[str]) -> list[str]:
    """What was said about these levels."""
    return [it for it in result[1] if (found := _LEVEL.search(it)) and found[1] in levels]


def _conclude(probe: DryRun, journal: Journal, pod: tuple[bool, tuple[str, ...]]) -> None:
    # A refusal by a laxer level comes first, and is one by this level, too.
    said = _about(pod, {"baseline", probe.level})
    journal.facts |= {
        "violations": [part.strip() for it in said for part in _violations(it)],
        "admitted": pod[0],
        "said": " ".join(said),
    }
    journal.step("dry_run", target=probe.level, ok=not said, saw=" ".join(said))


def _violations(said: str) -> list[str]:
    """`…violate PodSecurity "restricted:latest": a (container "x" must…), b (…)`"""
    _, _, listed = said.partition('": ')
    return re.split(r"\), (?=[a-z])", listed or said)
