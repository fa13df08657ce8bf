"""Makes and unmakes what `labs verify` needs: namespaces, and objects from manifests.

It goes through our own client rather than the `kubernetes` package. That one would be a second way
out with bounds and errors of its own, keeps keys in files, trusts a cache of predictable name in
the shared temporary folder, and takes a quarter of a second to load; what is needed here is four
requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as percent
from weakref import WeakKeyDictionary

from grader.kube.client import Client, Query
from grader.kube.errors import ConflictError, KubeError, NotFoundError, TimedOutError, quote
from grader.kube.watch import watch

MANAGER = "podlab"
SETTLE_SECONDS = 20.0


class ManifestError(KubeError):
    """A manifest that cannot be applied here."""

    code = "bad_manifest"


@dataclass(frozen=True)
class Resource:
    """Where the API keeps a kind."""

    plural: str
    namespaced: bool


# What an API server offers does not change during a run.
_known: WeakKeyDictionary[Client, dict[str, Mapping[str, Resource]]] = WeakKeyDictionary()


def create_namespace(client: Client, name: str, labels: Mapping[str, str] | None = None) -> None:
    """Returns once Pods can be made in it: they need its service account and the cluster's CA."""
    metadata = {"name": name, "labels": dict(labels or {})}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    client.send_json("POST", "/api/v1/namespaces", body)
    place = f"/api/v1/namespaces/{percent(name, safe='')}"
    _await_there(client, f"{place}/serviceaccounts", "default")
    _await_there(client, f"{place}/configmaps", "kube-root-ca.crt")


def delete_namespace(client: Client, name: str) -> None:
    """Asks for it and does not wait; that it is gone or going already is fine."""
    try:
        client.send_json("DELETE", f"/api/v1/namespaces/{percent(name, safe='')}", None)
    except (NotFoundError, ConflictError):
        return


def apply(client: Client, namespace: str, manifest: Mapping[str, Any]) -> Any:
    """Server-side apply, as strict about unknown fields as kubectl. Objects of a namespace only."""
    version, kind = str(manifest.get("apiVersion") or ""), str(manifest.get("kind") or "")
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not (version and kind and isinstance(name, str) and name):
        raise ManifestError(
            "A manifest has no apiVersion, kind or metadata.name.", "Write all three into it."
        )
    resource = _resource(client, version, kind)
    place = f"{_api(version)}/namespaces/{percent(namespace, safe='')}/{resource.plural}"
    query: Query = {"fieldManager": MANAGER, "force": True, "fieldValidation": "Strict"}
    path = f"{place}/{percent(name, safe='')}"
    kind_of_patch = "application/apply-patch+yaml"  # JSON is YAML
    return client.send_json("PATCH", path, manifest, query, content_type=kind_of_patch)


def _resource(client: Client, version: str, kind: str) -> Resource:
    known = _known.setdefault(client, {})
    if version not in known:
        known[version] = _offered(client, version)
    resource = known[version].get(kind)
    if resource is None or not resource.namespaced:
        raise ManifestError(
            f"The API has no {quote(kind)} of {quote(version)} in a namespace.",
            "See what there is with: kubectl api-resources --namespaced",
        )
    return resource


def _offered(client: Client, version: str) -> Mapping[str, Resource]:
    try:
        answer = client.get_json(_api(version))
    except NotFoundError:
        return {}
    entries = answer.get("resources") if isinstance(answer, dict) else None
    found = [entry for entry in entries or [] if isinstance(entry, dict)]
    return {
        str(entry.get("kind")): Resource(str(entry.get("name")), entry.get("namespaced") is True)
        for entry in found
        if "/" not in str(entry.get("name"))  # a subresource
    }


def _api(version: str) -> str:
    return f"/{'apis' if '/' in version else 'api'}/{percent(version, safe='/')}"


def _await_there(client: Client, path: str, name: str) -> None:
    selector = {"fieldSelector": f"metadata.name={name}"}
    found = client.list(path, selector)
    if found.items:
        return
    version = found.resource_version
    with watch(client, path, version, selector, seconds=SETTLE_SECONDS) as changes:
        for _ in changes:
            return
    raise TimedOutError(f"The cluster does not make “{quote(name)}” in a new namespace.")
