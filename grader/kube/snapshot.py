"""The objects of a namespace: one LIST per kind, side by side, cleaned and capped."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from grader.evidence.model import Cut, Trouble
from grader.evidence.reading import text
from grader.evidence.sanitise import clean, clean_object
from grader.evidence.seen import ENDING, NAMESPACE
from grader.kube.client import Client, Listing
from grader.kube.clock import Clock
from grader.kube.errors import KubeconfigError, KubeError, NamespaceError, NotFoundError
from grader.kube.together import run_together

PATHS = {
    "Deployment": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "ReplicaSet": "/apis/apps/v1/namespaces/{namespace}/replicasets",
    "Pod": "/api/v1/namespaces/{namespace}/pods",
    "Service": "/api/v1/namespaces/{namespace}/services",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
    "ConfigMap": "/api/v1/namespaces/{namespace}/configmaps",
    "Event": "/api/v1/namespaces/{namespace}/events",
}
# Put into every namespace by Kubernetes itself; large, and nobody's answer.
INJECTED = ("kube-root-ca.crt",)


@dataclass(frozen=True)
class Kept:
    """One kind's objects as evidence keeps them, or why there are none."""

    objects: tuple[Any, ...] = ()
    version: str = ""
    cuts: tuple[Cut, ...] = ()
    trouble: Trouble | None = None


def path_of(kind: str, namespace: str) -> str:
    return PATHS[kind].format(namespace=namespace)


def take(client: Client, namespace: str, kinds: Iterable[str], clock: Clock) -> dict[str, Kept]:
    """All kinds, and the namespace itself.

    Raises `NamespaceError` where it does not exist, `KubeconfigError` where nobody can be asked.
    """

    def lister(kind: str) -> Callable[[], Kept]:
        return lambda: take_kind(client, namespace, kind, clock)

    # Pods first: theirs is the longest list.
    ordered = sorted(kinds, key=lambda kind: kind != "Pod")
    tasks = {kind: lister(kind) for kind in ordered}
    tasks[NAMESPACE] = lambda: take_namespace(client, namespace)
    results = run_together(tasks)
    for result in results.values():
        if isinstance(result, KubeconfigError):
            raise result
    found = {kind: _settle(result) for kind, result in results.items()}
    _refuse_absent(found, namespace)
    return found


def take_kind(client: Client, namespace: str, kind: str, clock: Clock) -> Kept:
    listing = client.list(path_of(kind, namespace))
    clock.learn(listing.server_time)
    return keep(kind, listing)


def take_namespace(client: Client, namespace: str) -> Kept:
    found = client.get_json(f"/api/v1/namespaces/{namespace}")
    kept, cuts = clean_object(found)
    is_ending = text(kept, "status", "phase") == "Terminating"
    return Kept(
        objects=(kept,),
        cuts=cuts,
        trouble=Trouble(ENDING, "The namespace is being deleted.") if is_ending else None,
    )


def keep(kind: str, listing: Listing) -> Kept:
    objects, cuts = [], []
    for item in listing.items:
        if text(item, "metadata", "name") in INJECTED:
            continue
        kept, cut = clean_object(item)
        objects.append(kept)
        name = text(kept, "metadata", "name")
        cuts += [Cut(f"{kind}/{name}.{one.what}", one.why, one.bytes) for one in cut]
    if listing.cut:
        cuts.append(Cut(kind, "pages"))
    return Kept(tuple(objects), listing.resource_version, tuple(cuts))


def trouble(error: KubeError) -> Trouble:
    return Trouble(error.code, clean(error.message, 400))


def _settle(result: Kept | KubeError) -> Kept:
    return Kept(trouble=trouble(result)) if isinstance(result, KubeError) else result


def _refuse_absent(found: dict[str, Kept], namespace: str) -> None:
    """An API server lists what is in no namespace as empty: only asking for it tells.

    Where asking is forbidden, lists that are allowed prove nothing; the grade then shows an empty
    namespace, or one that could not be seen.
    """
    asked = found[NAMESPACE].trouble
    if asked and asked.code == NotFoundError.code:
        raise NamespaceError(
            f"There is no namespace “{namespace}” on this cluster.",
            "See which there are: kubectl get namespaces",
        )
