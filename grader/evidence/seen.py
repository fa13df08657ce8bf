"""What was seen whole: only of that can be said that something is not there."""

from grader.catalog.workloads import Workload
from grader.evidence.model import Evidence, Trouble
from grader.evidence.reading import at, number
from grader.evidence.views import WorkloadView, revision_of

NAMESPACE = "Namespace"
ENDING = "terminating"
NEVER_LISTED = Trouble("not_collected")


def is_ending(evidence: Evidence) -> bool:
    """The namespace is being deleted: what is gone was not left out by anybody."""
    trouble = evidence.unseen.get(NAMESPACE)
    return trouble is not None and trouble.code == ENDING


def list_trouble(evidence: Evidence, kind: str) -> Trouble | None:
    """Why there is no list of this kind."""
    if kind in evidence.unseen:
        return evidence.unseen[kind]
    return None if kind in evidence.objects else NEVER_LISTED


def is_cut(evidence: Evidence, kind: str) -> bool:
    """There are more than were read. A cut inside of one object names the object as well."""
    return any(cut.what == kind for cut in evidence.cuts)


def is_whole(evidence: Evidence, *kinds: str) -> bool:
    return not is_ending(evidence) and not any(
        list_trouble(evidence, kind) or is_cut(evidence, kind) for kind in kinds
    )


def cut_behind(evidence: Evidence, wanted: Workload, found: WorkloadView | None) -> str:
    """The kind whose cut list may hold what matters here; "" where all of it was seen."""
    if found is None or (found.kind, found.name) != (wanted.kinds[0], wanted.names[0]):
        # One that comes before it may stand where nobody read on.
        cut = next((kind for kind in wanted.kinds if is_cut(evidence, kind)), "")
        if cut or found is None:
            return cut
    if found.kind == "Pod":
        return ""
    if is_cut(evidence, "ReplicaSet") and not _is_newest(found):
        return "ReplicaSet"
    return "Pod" if is_cut(evidence, "Pod") and _lacks_pods(found) else ""


def _is_newest(found: WorkloadView) -> bool:
    """A Deployment and its newest ReplicaSet bear the same revision."""
    newest = revision_of(at(found.replica_set))
    return bool(newest) and newest == revision_of(found.object)


def _lacks_pods(found: WorkloadView) -> bool:
    wanted = number(found.object, "spec", "replicas")
    there = number(found.object, "status", "replicas") or 0
    return len(found.pods) + len(found.older_pods) < max(there, 1 if wanted is None else wanted)
