"""Namespaces for a run: made, filled with its manifests, and taken away whatever happens."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from grader.catalog.folders import Proof
from grader.catalog.source import Loader
from grader.kube.apply import apply, create_namespace, delete_namespace
from grader.kube.budget import Budget
from grader.kube.client import Client
from grader.kube.credentials import Target
from grader.kube.errors import KubeError, NotFoundError
from host.errors import Problem

PREFIX = "podlab-verify"
LABELS = {"app.kubernetes.io/managed-by": PREFIX}
# For an update that has to meet what runs already; for the first word of every container; for the
# first Pod, which some manifests never get.
READY_PATIENCE = 90.0
WORD_PATIENCE = 25.0
POD_PATIENCE = 5.0
PAUSE = 0.25
# Only these: other `$` belong to the shell scripts in manifests.
PLACE = re.compile(r"\$\{(?:NAMESPACE|ELSEWHERE)\}")
BUSY = frozenset({"ContainerCreating", "PodInitializing", ""})


@dataclass(frozen=True)
class Grounds:
    """Where one run takes place."""

    namespace: str
    elsewhere: str


class Stage:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._token = secrets.token_hex(3)
        self._live: set[str] = set()
        self._closed = threading.Event()
        self._lock = threading.Lock()

    @contextmanager
    def grounds(self, proof: Proof, number: int) -> Iterator[Grounds]:
        """The manifests are applied; the namespaces go when the run is over."""
        name = f"{PREFIX}-{self._token}-{number}"
        found = Grounds(name, f"{name}-elsewhere")
        with self._client() as client:
            try:
                self._fill(client, proof, found)
                yield found
            finally:
                self.leave(*(self._live & {name, found.elsewhere}))

    def close(self) -> None:
        """Every namespace that is still there goes, and no run makes another one."""
        with self._lock:
            self._closed.set()
            names = tuple(self._live)
        self.leave(*names)

    def leave(self, *names: str) -> None:
        """Deletes, and waits for nothing."""
        with self._client() as client:
            for name in names:
                with suppress(KubeError):
                    delete_namespace(client, name)
        with self._lock:
            self._live.difference_update(names)

    def _client(self) -> Client:
        return Client(self._target, Budget(calls=2000, bytes=256 * 1024 * 1024, seconds=600.0))

    def _fill(self, client: Client, proof: Proof, grounds: Grounds) -> None:
        self._create(client, grounds.namespace)
        if proof.elsewhere:
            self._create(client, grounds.elsewhere)
            self._apply(client, grounds.elsewhere, proof.elsewhere, grounds)
        self._apply(client, grounds.namespace, proof.manifests, grounds)
        if proof.afterwards:
            _wait(lambda: all_ready(_pods(client, grounds.namespace)), READY_PATIENCE)
            self._apply(client, grounds.namespace, proof.afterwards, grounds)
        # What is said of a container that was not started yet would be said too early.
        if _wait(lambda: bool(_pods(client, grounds.namespace)), POD_PATIENCE):
            _wait(lambda: all_spoke(_pods(client, grounds.namespace)), WORD_PATIENCE)

    def _create(self, client: Client, name: str) -> None:
        with self._lock:
            if self._closed.is_set():
                raise InterruptedError
            self._live.add(name)
        create_namespace(client, name, labels=LABELS)
        if self._closed.is_set():  # it was made after everything had been deleted
            self.leave(name)
            raise InterruptedError

    def _apply(
        self, client: Client, namespace: str, files: Sequence[Path], grounds: Grounds
    ) -> None:
        for file in files:
            for manifest in read_manifests(file, grounds):
                apply(client, namespace, manifest)


def read_manifests(file: Path, grounds: Grounds) -> list[Mapping[str, Any]]:
    """`${NAMESPACE}` and `${ELSEWHERE}` are the two namespaces of the run."""
    names = {"${NAMESPACE}": grounds.namespace, "${ELSEWHERE}": grounds.elsewhere}
    text = PLACE.sub(lambda found: names[found[0]], file.read_text(encoding="utf-8"))
    try:
        documents = list(yaml.load_all(text, Loader))
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise Problem("broken_lab", f"{file} is not YAML: {said}", "Correct the file.") from error
    return [document for document in documents if isinstance(document, dict)]


def _pods(client: Client, namespace: str) -> list[dict[str, Any]]:
    with suppress(NotFoundError):
        return client.list(f"/api/v1/namespaces/{namespace}/pods").items
    return []


def all_ready(pods: Sequence[Mapping[str, Any]]) -> bool:
    conditions = [pod.get("status", {}).get("conditions", []) for pod in pods]
    return bool(pods) and all(
        any(one.get("type") == "Ready" and one.get("status") == "True" for one in found)
        for found in conditions
    )


def all_spoke(pods: Sequence[Mapping[str, Any]]) -> bool:
    """Every container runs, has ended, or says why it cannot start."""
    return bool(pods) and all(_spoke(pod.get("status", {})) for pod in pods)


def _spoke(status: Mapping[str, Any]) -> bool:
    conditions = {one.get("type"): one for one in status.get("conditions", [])}
    if conditions.get("PodScheduled", {}).get("status") == "False":
        return True
    waiting = (
        one.get("state", {}).get("waiting")
        for key in ("initContainerStatuses", "containerStatuses")
        for one in status.get(key, [])
    )
    reasons = [one.get("reason", "") for one in waiting if one is not None]
    if any(reason not in BUSY for reason in reasons):
        return True
    return bool(status.get("containerStatuses")) and not reasons


def _wait(condition: Callable[[], bool], patience: float) -> bool:
    """Goes on when the time is up: a run that gets nowhere is graded as it is."""
    end = time.monotonic() + patience
    while not (reached := condition()) and time.monotonic() < end:
        time.sleep(PAUSE)
    return reached
