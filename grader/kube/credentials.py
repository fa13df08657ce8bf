"""Reads the operator's own kubeconfig, strictly.

A kubeconfig can run programs (`exec`, `auth-provider`) and switch TLS checks off. This reader takes
addresses, certificates, tokens and files; everything else it refuses by name. It never looks at
`~/.kube/config` or $KUBECONFIG: the operator names the file.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from grader.kube.egress import PUBLIC_ONLY, TRUSTED, Egress
from grader.kube.errors import KubeconfigError

LARGEST_FILE = 64 * 1024
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
CLUSTER_KEYS = frozenset(
    {"server", "certificate-authority", "certificate-authority-data", "tls-server-name"}
)
USER_KEYS = frozenset(
    {
        "token",
        "tokenFile",
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
    }
)
USE_PLAIN = (
    "Make one without it, for instance with a token of a service account, "
    "and name that file in PODLAB_KUBECONFIG."
)


@dataclass(frozen=True)
class Target:
    """An API server and how to prove to it who we are."""

    server: str
    ca: bytes | None = None
    tls_server_name: str | None = None
    token: str | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    egress: Egress = PUBLIC_ONLY  # where its server may be; only an operator's own is trusted


def read_kubeconfig(file: Path) -> Target:
    """The target of the file's current context."""
    document = _document(file)
    context = _named(document, "contexts", "context", document.get("current-context"), file)
    cluster = _named(document, "clusters", "cluster", context.get("cluster"), file)
    user = _named(document, "users", "user", context.get("user"), file)
    _refuse_unknown(cluster, CLUSTER_KEYS, "cluster", file)
    _refuse_unknown(user, USER_KEYS, "user", file)
    return Target(
        server=_server(cluster, file),
        ca=_content(cluster, "certificate-authority", file),
        tls_server_name=cluster.get("tls-server-name"),
        token=_token(user, file),
        certificate=_content(user, "client-certificate", file),
        key=_content(user, "client-key", file),
        egress=TRUSTED,
    )


def in_cluster_target(folder: Path = SERVICE_ACCOUNT) -> Target:
    """The cluster that this process itself runs in."""
    try:
        token = (folder / "token").read_text(encoding="utf-8").strip()
        ca = (folder / "ca.crt").read_bytes()
    except OSError as error:
        raise KubeconfigError(
            f"PODLAB_CLUSTER is “in-cluster”, but {error.filename} cannot be read.",
            "Run Podlab in a Pod that has a service account, or choose another PODLAB_CLUSTER.",
        ) from error
    return Target(server="https://kubernetes.default.svc", ca=ca, token=token, egress=TRUSTED)


def _document(file: Path) -> Mapping[str, Any]:
    text = _file(file, file).decode("utf-8", "replace")
    try:
        # Anchors can make 300 bytes stand for millions of values; a kubeconfig needs none.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise KubeconfigError(f"{file} uses YAML aliases (*name).", "Write the values out.")
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise KubeconfigError(
            f"{file} is not YAML.", "Check the file PODLAB_KUBECONFIG."
        ) from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"{file} is not a kubeconfig.", "Check the file PODLAB_KUBECONFIG.")
    return document


def _named(
    document: Mapping[str, Any], plural: str, kind: str, name: object, file: Path
) -> Mapping[str, Any]:
    entries = document.get(plural)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name and name:
            content = entry.get(kind)
            return content if isinstance(content, dict) else {}
    shown = f"“{name}”" if name else "(none is named)"
    raise KubeconfigError(
        f"{file} has no {kind} {shown}.",
        "Check it with: kubectl --kubeconfig FILE config view --minify",
    )


def _refuse_unknown(entry: Mapping[str, Any], known: frozenset[str], kind: str, file: Path) -> None:
    for key, value in entry.items():
        if key not in known and value not in (None, False, "", [], {}):
            raise KubeconfigError(f"{file}: “{key}” of the {kind} is not accepted.", USE_PLAIN)


def _server(cluster: Mapping[str, Any], file: Path) -> str:
    server = cluster.get("server")
    if not isinstance(server, str) or not _is_https(server):
        raise KubeconfigError(
            f"{file}: the server of the cluster is not an https:// address.",
            "Write it as in https://10.0.0.1:6443.",
        )
    return server.rstrip("/")


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:  # "https://[bad", a port beyond 65535
        return False


def _token(user: Mapping[str, Any], file: Path) -> str | None:
    if user.get("tokenFile"):
        token = _file(file.parent / str(user["tokenFile"]), file).decode("utf-8", "replace")
    else:
        token = str(user.get("token") or "")
    if not all("!" <= sign <= "~" for sign in token.strip()):
        raise KubeconfigError(
            f"{file}: the token holds characters that no token has.",
            "Copy it again; it is one line of letters, digits and signs.",
        )
    return token.strip() or None


def _content(entry: Mapping[str, Any], key: str, file: Path) -> bytes | None:
    """Inline data goes before a path, as in kubectl; paths are relative to the kubeconfig."""
    if data := entry.get(f"{key}-data"):
        try:
            return base64.b64decode(str(data), validate=True)
        except ValueError as error:
            raise KubeconfigError(
                f"{file}: “{key}-data” is not base64.", "Export the kubeconfig again."
            ) from error
    return _file(file.parent / str(entry[key]), file) if entry.get(key) else None


def _file(path: Path, kubeconfig: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise KubeconfigError(
            f"{path} cannot be read ({error.strerror}).",
            f"Check the path and who may read it (PODLAB_KUBECONFIG is {kubeconfig}).",
        ) from error
    if len(content) > LARGEST_FILE:
        raise KubeconfigError(f"{path} is larger than 64 KiB.", "That is no kubeconfig.")
    return content
