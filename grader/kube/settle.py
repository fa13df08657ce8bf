"""Waits until the workloads stand or clearly fall, and until what stands has been held.

Nothing is asked again and again: the API server tells what changes. Before the first wait, the
objects that were listed say whether there is anything to wait for at all.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from grader.catalog.definition import LabDefinition
from grader.evidence.model import Evidence
from grader.evidence.reading import mapping, text
from grader.evidence.sanitise import clean_object
from grader.evidence.views import WorkloadView, find_workload
from grader.kube.answers import parse_json
from grader.kube.client import Client, Query
from grader.kube.clock import Clock
from grader.kube.errors import KubeError
from grader.kube.outlook import Horizon, Outlook, look_ahead
from grader.kube.snapshot import Kept, path_of, take_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.kube.log_stream import ByteLines

WATCHED = ("Pod", "Deployment", "ReplicaSet")
PATIENCE = 20.0
# A watch that broke is begun anew at most so often.
RENEWALS = 3


@dataclass
class Scenery:
    """The objects as they are now; watches change them, waiting sees them change."""

    definition: LabDefinition
    kept: dict[str, Kept]
    changed: threading.Condition = field(default_factory=threading.Condition)
    version: int = 0

    def workloads(self) -> tuple[WorkloadView, ...]:
        evidence = self.evidence()
        found = (find_workload(evidence, self.definition, key) for key in self.definition.workloads)
        return tuple(one for one in found if one)

    def evidence(self) -> Evidence:
        with self.changed:
            objects = {kind: kept.objects for kind, kept in self.kept.items() if not kept.trouble}
        return Evidence("", "", "", "", "", objects=objects)

    def replace(self, kind: str, kept: Kept) -> None:
        with self.changed:
            self.kept[kind] = kept
            self._tell()

    def apply(self, kind: str, event: str, item: Mapping[str, Any]) -> None:
        uid = text(item, "metadata", "uid")
        with self.changed:
            old = self.kept[kind]
            others = [it for it in old.objects if text(it, "metadata", "uid") != uid]
            objects = others if event == "DELETED" else [*others, item]
            self.kept[kind] = Kept(tuple(objects), old.version, old.cuts)
            self._tell()

    def wait(self, version: int, seconds: float) -> None:
        """Until something is no longer as it was in that version."""
        with self.changed:
            self.changed.wait_for(lambda: self.version != version, max(seconds, 0.01))

    def _tell(self) -> None:
        self.version += 1
        self.changed.notify_all()

    def restarts(self) -> dict[str, dict[str, int]]:
        """By Pod's uid and container's name."""
        return {
            pod.uid: {it.name: it.restarts for it in (*pod.containers, *pod.init_containers)}
            for workload in self.workloads()
            for pod in workload.pods
        }


class Settling:
    """One grade's waiting: until all stands, then until it was held. At once where it can be."""

    def __init__(self, scenery: Scenery, clock: Clock, hold: int, patience: float) -> None:
        self._scenery = scenery
        self._clock = clock
        self._hold = timedelta(seconds=hold)
        self._limit = clock.now() + timedelta(seconds=patience)
        self.before = scenery.restarts()
        self.waited = False

    def outlook(self) -> tuple[Outlook, ...]:
        horizon = Horizon(self._clock.now(), self._limit, self._hold)
        return look_ahead(self._scenery.workloads(), horizon)

    def is_starting(self) -> bool:
        return any(one.state == "starting" for one in self.outlook())

    def is_over(self) -> bool:
        """Nothing left to wait for: what stands was held, the rest is stuck or out of time."""
        return self._next_moment() is None

    def wait_until_stands(self, say: Callable[[tuple[Outlook, ...]], None]) -> None:
        while self._clock.now() < self._limit:
            version = self._scenery.version
            starting = tuple(one for one in self.outlook() if one.state == "starting")
            if not starting:
                break
            say(starting)
            self._wait(version, self._limit)
        self.before = self._scenery.restarts()

    def wait_until_held(self, say: Callable[[tuple[Outlook, ...]], None]) -> None:
        while True:
            version = self._scenery.version
            moment = self._next_moment()
            if moment is None:
                return
            say(tuple(one for one in self.outlook() if one.state in {"starting", "holding"}))
            self._wait(version, moment)
            self._notice_restarts()

    def _next_moment(self) -> datetime | None:
        """Until when to wait at most before looking again."""
        last = self._limit + self._hold + timedelta(seconds=1)
        now = self._clock.now()
        outlook = self.outlook()
        moments = [one.until for one in outlook if one.until and one.until <= last]
        if now < self._limit and any(one.state == "starting" for one in outlook):
            moments.append(self._limit)
        return max(moments, default=None)

    def _notice_restarts(self) -> None:
        """A container that was started anew while it settled is held from then on."""
        now = self._scenery.restarts()
        if now != self.before and self._clock.now() < self._limit:
            self.before = now

    def _wait(self, version: int, until: datetime) -> None:
        self.waited = True
        seconds = (until - self._clock.now()).total_seconds()
        # A quiet wait ends now and then, so that the time waited can be told.
        self._scenery.wait(version, min(seconds, 1.0))


@contextmanager
def watching(
    client: Client, namespace: str, scenery: Scenery, clock: Clock, seconds: float
) -> "Iterator[None]":
    """Keeps the scenery up to date while the block runs."""
    watches = [
        Watch(client, namespace, kind, scenery, clock, seconds)
        for kind in WATCHED
        if kind in scenery.kept and not scenery.kept[kind].trouble
    ]
    for watch in watches:
        watch.start()
    try:
        yield
    finally:
        for watch in watches:
            watch.stop()


class Watch:
    """One kind's changes, in a thread of its own. A watch that breaks lists and begins anew."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        kind: str,
        scenery: Scenery,
        clock: Clock,
        seconds: float,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._kind = kind
        self._scenery = scenery
        self._clock = clock
        self._end = time.monotonic() + seconds
        self._stopped = threading.Event()
        self._lines: ByteLines | None = None
        self._thread = threading.Thread(target=self._work, name=f"watch-{kind}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._lines:
            self._lines.close()
        self._thread.join(timeout=2.0)

    def _work(self) -> None:
        """Where watching is not possible, the final list tells what became of it."""
        for _ in range(RENEWALS):
            with suppress(KubeError):
                self._follow(self._scenery.kept[self._kind].version)
            if self._stopped.is_set() or time.monotonic() >= self._end:
                return
            self._stopped.wait(0.5)
            with suppress(KubeError):
                kept = take_kind(self._client, self._namespace, self._kind, self._clock)
                self._scenery.replace(self._kind, kept)

    def _follow(self, version: str) -> None:
        query: Query = {"watch": True, "resourceVersion": version}
        seconds = max(0.1, self._end - time.monotonic())
        path = path_of(self._kind, self._namespace)
        with self._client.stream(path, query, seconds=seconds, longest_line=1024 * 1024) as lines:
            self._lines = lines
            for line in lines:
                if self._stopped.is_set() or not self._take(line):
                    return

    def _take(self, line: bytes) -> bool:
        """False where the watch has lost its place."""
        try:
            event = parse_json(line)
        except (KubeError, json.JSONDecodeError):
            return False
        kind = text(event, "type")
        item = mapping(event, "object")
        if kind not in {"ADDED", "MODIFIED", "DELETED"}:
            return kind == "BOOKMARK"
        self._scenery.apply(self._kind, kind, clean_object(item)[0])
        return True
