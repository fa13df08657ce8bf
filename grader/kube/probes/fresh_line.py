"""Does a line that fits appear in the role's log after grading began."""

import re
import threading

from grader.catalog.probes import FreshLine
from grader.evidence.model import LogLine
from grader.evidence.reading import when
from grader.evidence.sanitise import clean
from grader.evidence.views import ContainerView
from grader.kube.logs import Wanted, last_stamp
from grader.kube.probes.journal import Journal
from grader.kube.probes.log_watch import LogWatch
from grader.kube.probes.scene import Scene

LONGEST = 1000
KEPT_LINES = 3


def run(probe: FreshLine, scene: Scene, journal: Journal) -> None:
    scene = scene.with_listeners()
    player = scene.player(probe.role)
    if player is None or not player.containers:
        journal.facts["absent"] = probe.role
        return
    container = min(player.containers, key=lambda it: not it.running)
    search = _Search(probe, container, journal)
    search.run(scene)


class _Search:
    def __init__(self, probe: FreshLine, container: ContainerView, journal: Journal) -> None:
        self._probe = probe
        self._fits = re.compile(probe.fits)
        self._unless = re.compile(probe.unless) if probe.unless else None
        self._container = container
        self._journal = journal
        self._found: LogLine | None = None
        self._last: list[str] = []
        self._since = ""
        self._changed = threading.Condition()

    def run(self, scene: Scene) -> None:
        container = self._container
        wanted = Wanted(container.pod.name, container.pod.uid, container.name)
        # The kubelet's clock, not ours, says what is new: the last line that was there before.
        self._since = last_stamp(scene.client, scene.namespace, wanted)
        seconds = min(self._probe.within, scene.client.budget.left())
        watch = LogWatch(
            scene.client,
            scene.namespace,
            container.pod.name,
            container.name,
            self._take,
            seconds=seconds,
            tail=5,
        )
        with self._changed:
            self._changed.wait_for(lambda: self._found is not None, seconds)
        watch.stop()
        if self._found is None and not self._last and watch.trouble:
            raise watch.trouble
        self._conclude()

    def _take(self, line: LogLine) -> None:
        if not _is_newer(line.at, self._since):
            return
        with self._changed:
            self._last = [*self._last, clean(line.text, 300)][-KEPT_LINES:]
            if self._found is None and self._counts(line.text[:LONGEST]):
                self._found = line
                self._changed.notify_all()

    def _counts(self, line: str) -> bool:
        refused = self._unless is not None and self._unless.search(line)
        return bool(self._fits.search(line)) and not refused

    def _conclude(self) -> None:
        found, container = self._found, self._container
        self._journal.facts |= {
            "pod": container.pod.name,
            "container": container.name,
            "within": self._probe.within,
            "line": found.text if found else "",
            "at": found.at if found else "",
            "seen": found is not None,
            "last": self._last,
        }
        self._journal.step(
            "log_seen",
            pod=container.pod.name,
            container=container.name,
            target=self._probe.fits,
            ok=found is not None,
            saw=found.text if found else " | ".join(self._last),
        )


def _is_newer(stamp: str, since: str) -> bool:
    """Stamps of one kubelet, compared as text where the moments are alike: nanoseconds count."""
    if not since or not stamp:
        return True
    one, other = when(stamp), when(since)
    if one is None or other is None:
        return True
    return one > other or (one == other and stamp > since)
