"""Asks a kubeconfig's `exec` plugin for a credential. It runs a program: only where the operator
said so, never for a learner's file.

The program gets what finding its own settings takes, and what the kubeconfig sets for it; not our
secrets, which live in the environment. It has no terminal, and half a minute.
"""

import base64
import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from grader.kube.errors import KubeconfigError, quote

VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
SECONDS = 30.0
LARGEST_ANSWER = 64 * 1024
LENT = (
    "HOME", "PATH", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip


def ask_plugin(plugin: object, cluster: Mapping[str, Any], file: Path) -> Mapping[str, str]:
    """The user's `token`, `client-certificate-data` and `client-key-data`."""
    if not isinstance(plugin, dict) or plugin.get("apiVersion") not in VERSIONS:
        raise KubeconfigError(
            f"{file}: the “exec” plugin speaks none of {', '.join(VERSIONS)}.",
            "Use a newer version of the plugin.",
        )
    command = _command(plugin, file)
    answer = _run(command, _environment(plugin, cluster), file.parent)
    return _credential(answer, str(plugin["apiVersion"]), command[0])


def _command(plugin: Mapping[str, Any], file: Path) -> list[str]:
    program = str(plugin.get("command") or "")
    if not program or plugin.get("interactiveMode") == "Always":
        raise KubeconfigError(
            f"{file}: the “exec” plugin names no program, or one that wants a terminal.",
            "Log in with the plugin yourself, then use a kubeconfig with a token.",
        )
    if "/" in program:  # relative to the kubeconfig, as in kubectl
        program = str(file.parent / program)
    return [program, *map(str, _entries(plugin, "args"))]


def _environment(plugin: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, str]:
    asked: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo") == "true":
        asked["cluster"] = dict(cluster)
    info = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": asked}
    lent = {name: os.environ[name] for name in LENT if name in os.environ}
    named = [entry for entry in _entries(plugin, "env") if isinstance(entry, dict)]
    own = {str(entry.get("name")): str(entry.get("value")) for entry in named}
    return {**lent, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)}


def _entries(plugin: Mapping[str, Any], key: str) -> Sequence[object]:
    entries = plugin.get(key)
    return entries if isinstance(entries, list) else []


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> bytes:
    """What it prints; its errors go to the terminal, where its user looks."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise KubeconfigError(
            f"The “exec” plugin {quote(command[0])} cannot be run: {quote(error)}",
            "Install it, or use a kubeconfig with a token.",
        ) from error
    timer = threading.Timer(SECONDS, _end, (process,))
    timer.start()
    try:
        with process:
            answer = process.stdout.read(LARGEST_ANSWER + 1) if process.stdout else b""
            _end(process) if len(answer) > LARGEST_ANSWER else process.wait()
    finally:
        timer.cancel()
    if process.returncode:
        raise KubeconfigError(
            f"The “exec” plugin {quote(command[0])} failed (exit code {process.returncode}).",
            "Run it by hand to see why; you may have to log in again.",
        )
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _credential(answer: bytes, version: str, program: str) -> Mapping[str, str]:
    try:
        credential = json.loads(answer)
        status = credential["status"]
        said = {key: status.get(key) or "" for key in STATUS_KEYS}
        ours = credential["apiVersion"] == version and any(said.values())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        ours, said = False, {}
    if not ours or not all(isinstance(value, str) for value in said.values()):
        raise KubeconfigError(
            f"The “exec” plugin {quote(program)} printed no credential.",
            "Run it by hand to see what it prints.",
        )
    return {STATUS_KEYS[key]: _as_in_kubeconfig(key, value) for key, value in said.items()}


STATUS_KEYS = {
    "token": "token",
    "clientCertificateData": "client-certificate-data",
    "clientKeyData": "client-key-data",
}


def _as_in_kubeconfig(key: str, value: str) -> str:
    return value if key == "token" else base64.b64encode(value.encode()).decode()
