"""Who asks which API server: an operator's own kubeconfig, a learner's, or this Pod's account.

A kubeconfig can run programs, read files, lead through proxies and switch TLS checks off. Each
reader here takes what it can vouch for and refuses everything else by name. `~/.kube/config` and
$KUBECONFIG are never looked at: somebody names the file.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from grader.kube.egress import PUBLIC_ONLY, TRUSTED, Egress
from grader.kube.errors import KubeconfigError, quote

LARGEST_FILE = 64 * 1024
DEEPEST = 16
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
INLINE_CLUSTER = frozenset({"server", "certificate-authority-data", "tls-server-name"})
INLINE_USER = frozenset({"token", "client-certificate-data", "client-key-data"})
CLUSTER_KEYS = INLINE_CLUSTER | {"certificate-authority"}
USER_KEYS = INLINE_USER | {"tokenFile", "client-certificate", "client-key"}
CONTEXT_KEYS = frozenset({"cluster", "user", "namespace"})
LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
LEARNER_KEYS = {"cluster": INLINE_CLUSTER, "user": INLINE_USER, "context": CONTEXT_KEYS}
TOP_KEYS = frozenset({"apiVersion", "kind", "preferences", "current-context", *LISTS})
# All scalars are read as text, so that nothing is guessed; these are the ways to write “no”.
OFF: tuple[Any, ...] = ("", "false", "null", "~", [], {})
USE_PLAIN = (
    "Make one without it, for instance with a token of a service account, and use that file."
)
ALLOW_EXEC = (
    "It is a program that the file would have Podlab run: `grade --allow-exec` does so. "
    "Or make a kubeconfig with a token of a service account."
)
USE_INLINE = "Write everything into it: kubectl config view --raw --flatten --minify"
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


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


def read_kubeconfig(file: Path, context: str | None = None, *, allow_exec: bool = False) -> Target:
    """The operator's own: the named context, or the file's current one."""
    document = _document(_file(file, file), str(file))
    chosen = _named(document, "contexts", context or document.get("current-context"), file)
    cluster = _named(document, "clusters", chosen.get("cluster"), file)
    user = _named(document, "users", chosen.get("user"), file)
    _refuse_unknown(cluster, CLUSTER_KEYS, "cluster", file)
    if plugin := user.get("exec"):
        user = {**user, **_from_plugin(plugin, cluster, file, allowed=allow_exec), "exec": ""}
    _refuse_unknown(user, USER_KEYS, "user", file)
    return Target(
        server=_server(cluster, str(file)),
        ca=_content(cluster, "certificate-authority", file),
        tls_server_name=_server_name(cluster, str(file)),
        token=_token(_token_text(user, file), str(file)),
        certificate=_content(user, "client-certificate", file),
        key=_content(user, "client-key", file),
        egress=TRUSTED,
    )


def parse_learner_kubeconfig(text: str | bytes, egress: Egress = PUBLIC_ONLY) -> Target:
    """A learner's own: only what is written in it counts. Opens no file, process or socket."""
    where = "Your kubeconfig"
    content = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if len(content) > LARGEST_FILE:
        raise KubeconfigError(f"{where} is larger than 64 KiB.", USE_INLINE)
    document = _document(content, where, anchors=False)
    _check_learner(document, where)
    context = _named(document, "contexts", document.get("current-context"), where)
    cluster = _named(document, "clusters", context.get("cluster"), where)
    user = _named(document, "users", context.get("user"), where)
    return Target(
        server=_server(cluster, where),
        ca=_inline(cluster, "certificate-authority-data", where),
        tls_server_name=_server_name(cluster, where),
        token=_token(str(user.get("token", "")), where),
        certificate=_inline(user, "client-certificate-data", where),
        key=_inline(user, "client-key-data", where),
        egress=egress,
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
    return Target(
        server="https://kubernetes.default.svc", ca=ca, token=token or None, egress=TRUSTED
    )


def _document(content: bytes, where: str, *, anchors: bool = True) -> Mapping[str, Any]:
    text = content.decode("utf-8", "replace")
    try:
        _check_events(text, where, anchors=anchors)
        document = yaml.load(text, LOADER)  # noqa: S506 - the base loader builds text, lists, maps
    except yaml.YAMLError as error:
        raise KubeconfigError(
            f"{where} is not YAML.", "Look at the file, or make it anew."
        ) from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"{where} is not a kubeconfig.", "Look at the file, or make it anew.")
    return document


def _check_events(text: str, where: str, *, anchors: bool) -> None:
    """Before anything is built: 300 bytes of aliases stand for millions of values."""
    depth = 0
    for event in yaml.parse(text, LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise KubeconfigError(f"{where} is nested too deep.", "That is no kubeconfig.")
        if isinstance(event, yaml.AliasEvent):
            raise KubeconfigError(f"{where} uses YAML aliases (*name).", "Write the values out.")
        if not anchors and getattr(event, "anchor", None):
            raise KubeconfigError(f"{where} uses YAML anchors (&name).", "Leave them out.")
        if not anchors and getattr(event, "tag", None):
            raise KubeconfigError(f"{where} uses YAML tags (!name).", "Leave them out.")


def _check_learner(document: Mapping[str, Any], where: str) -> None:
    """Every entry of the file, also those that the current context does not use."""
    _refuse_unknown(document, TOP_KEYS, "file", where)
    for plural, kind in LISTS.items():
        entries = document.get(plural)
        for entry in entries if isinstance(entries, list) else []:
            _check_entry(entry, kind, where)


def _check_entry(entry: object, kind: str, where: str) -> None:
    content = entry.get(kind) if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(content, dict):
        raise KubeconfigError(f"{where} has a {kind} without content.", USE_INLINE)
    for name in {*entry} - {"name", kind} | {*content} - LEARNER_KEYS[kind]:
        raise KubeconfigError(
            f"{where}: “{quote(name)}” of the {kind} is not accepted.", USE_INLINE
        )
    for name, value in content.items():
        if not isinstance(value, str):
            raise KubeconfigError(f"{where}: “{name}” of the {kind} is no text.", USE_INLINE)


def _named(
    document: Mapping[str, Any], plural: str, name: object, where: str | Path
) -> Mapping[str, Any]:
    kind = LISTS[plural]
    entries = document.get(plural)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name and name:
            content = entry.get(kind)
            return content if isinstance(content, dict) else {}
    shown = f"“{quote(name)}”" if name else "(none is named)"
    raise KubeconfigError(
        f"{where} has no {kind} {shown}.",
        "Check it with: kubectl --kubeconfig FILE config view --minify",
    )


def _refuse_unknown(
    entry: Mapping[str, Any], known: frozenset[str], kind: str, where: str | Path
) -> None:
    for key, value in entry.items():
        if key not in known and value not in OFF:
            raise KubeconfigError(
                f"{where}: “{quote(key)}” of the {kind} is not accepted.", USE_PLAIN
            )


def _server(cluster: Mapping[str, Any], where: str) -> str:
    server = cluster.get("server")
    if not isinstance(server, str) or not _is_https(server):
        raise KubeconfigError(
            f"{where}: the server of the cluster is not an https:// address.",
            "Write it as in https://10.0.0.1:6443.",
        )
    return server.rstrip("/")


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return (
            _is_plain(address)
            and parts.scheme == "https"
            and _is_name(parts.hostname or "")
            and parts.port != 0
            and not (parts.query or parts.fragment or "@" in parts.netloc)
        )
    except ValueError:  # "https://[bad", a port beyond 65535
        return False


def _server_name(cluster: Mapping[str, Any], where: str) -> str | None:
    name = cluster.get("tls-server-name") or None
    if name and not (isinstance(name, str) and _is_name(name)):
        raise KubeconfigError(f"{where}: “tls-server-name” is no name of a server.", USE_PLAIN)
    return name


def _is_name(name: str) -> bool:
    """Whether TLS can ask for it: no empty parts, none too long, nothing but ASCII."""
    try:
        return _is_plain(name) and bool(name.strip(".").encode("idna")) and name[0] != "."
    except UnicodeError:
        return False


def _is_plain(text: str) -> bool:
    return all("!" <= sign <= "~" for sign in text)


def _token_text(user: Mapping[str, Any], file: Path) -> str:
    if user.get("tokenFile"):
        return _file(file.parent / str(user["tokenFile"]), file).decode("utf-8", "replace")
    return str(user.get("token") or "")


def _token(text: str, where: str) -> str | None:
    token = text.strip()
    if not _is_plain(token):
        raise KubeconfigError(
            f"{where}: the token holds characters that no token has.",
            "Copy it again; it is one line of letters, digits and signs.",
        )
    return token or None


def _content(entry: Mapping[str, Any], key: str, file: Path) -> bytes | None:
    """Inline data goes before a path, as in kubectl; paths are relative to the kubeconfig."""
    if entry.get(f"{key}-data"):
        return _inline(entry, f"{key}-data", str(file))
    return _file(file.parent / str(entry[key]), file) if entry.get(key) else None


def _inline(entry: Mapping[str, Any], key: str, where: str) -> bytes | None:
    try:
        return base64.b64decode(str(entry.get(key) or ""), validate=True) or None
    except ValueError as error:
        raise KubeconfigError(
            f"{where}: “{key}” is not base64.", "Export the kubeconfig again."
        ) from error


def _from_plugin(
    plugin: object, cluster: Mapping[str, Any], file: Path, *, allowed: bool
) -> Mapping[str, str]:
    if not allowed:
        raise KubeconfigError(f"{file}: “exec” of the user is not accepted.", ALLOW_EXEC)
    from grader.kube.exec_plugin import ask_plugin  # noqa: PLC0415 - only where it is allowed

    return ask_plugin(plugin, cluster, file)


def _file(path: Path, kubeconfig: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise KubeconfigError(
            f"{quote(path)} cannot be read ({getattr(error, 'strerror', error)}).",
            f"Check who may read it (--kubeconfig or PODLAB_KUBECONFIG is {kubeconfig}).",
        ) from error
    if len(content) > LARGEST_FILE:
        raise KubeconfigError(f"{path} is larger than 64 KiB.", "That is no kubeconfig.")
    return content
