"""Does the Pod's port lead to the backend: a key set here is read there, and the other way round.

A Redis of its own in the Pod answers just as well, but its keys stay with it. Keys end after a
minute, so that nothing stays even where we are killed before we take them away.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.catalog.probes import RedisRelay
from grader.evidence.views import PodView
from grader.kube.errors import KubeError
from grader.kube.probes.asking import Failed, talk
from grader.kube.probes.behind import look_behind
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.scene import Scene
from grader.kube.probes.target_port import target_port
from grader.kube.redis_over_tunnel import RedisTalk, Reply

if TYPE_CHECKING:
    from grader.kube.port_forward import Tunnel

EXPIRES = "60"
WITHIN = 10.0
PAUSE = 0.3
MOST_BACKENDS = 3


@dataclass(frozen=True, eq=False)
class _Place:
    """A Redis, or what says it is one, behind a port of a Pod."""

    pod: PodView
    port: int
    side: str  # here: the app's Pod; there: the backend


def run(probe: RedisRelay, scene: Scene, journal: Journal) -> None:
    workload = scene.workload(probe.workload)
    pods = scene.pods(workload) if workload else ()
    behind = look_behind(scene, probe.backend, probe.backend_port)
    journal.facts |= {
        "port": probe.port,
        "backend": probe.backend,
        "why": behind.why,
        "foreign": behind.foreign,
        "pod": pods[0].name if pods else "",
        "there": {},
        "back": {},
    }
    if not pods or behind.why:
        return
    here = _Place(pods[0], probe.port, "here")
    backends = [
        _Place(pod, target_port(scene, probe.backend, probe.backend_port, pod), "there")
        for pod in behind.pods[:MOST_BACKENDS]
    ]
    relay = _Relay(scene, journal, here, backends)
    try:
        journal.facts["there"] = relay.send_there()
        journal.facts["back"] = relay.send_back()
    finally:
        relay.tidy()


class _Relay:
    def __init__(
        self, scene: Scene, journal: Journal, here: _Place, backends: list[_Place]
    ) -> None:
        self._scene = scene
        self._journal = journal
        self._here = here
        self._backends = backends
        self._values = {f"podlab:{nonce()}": nonce() for _ in range(2)}
        self._keys = list(self._values)
        self._written: set[str] = set()
        self._took: list[_Place] = []

    def send_there(self) -> dict[str, object]:
        """Set through the Pod, read at the backend."""
        key = self._keys[0]
        said = self._set(self._here, key)
        if "error" in said:
            return said
        return self._read(self._backends, key)

    def send_back(self) -> dict[str, object]:
        """Set at the backend (at all of them: nobody knows which one is asked), read in the Pod."""
        key = self._keys[1]
        said = [self._set(place, key) for place in self._backends]
        if all("error" in one for one in said):
            return {**said[0], "side": "there"}
        return self._read([self._here], key)

    def tidy(self) -> None:
        """Both keys, at both ends: a Redis of its own in the Pod has one as well."""
        keys = sorted(self._written)
        for place in (self._here, *self._backends) if keys else ():
            try:
                gone = isinstance(self._say(place, "DEL", *keys, patience=2.0), Reply)
            except KubeError:
                gone = False
            if place in self._took and not gone:
                self._journal.leave_behind(f"{place.pod.name}: {' '.join(keys)} ({EXPIRES} s)")

    def _set(self, place: _Place, key: str) -> dict[str, object]:
        self._written.add(key)
        reply = self._say(place, "SET", key, self._values[key], "EX", EXPIRES)
        if isinstance(reply, Failed):
            return {"ok": False, "error": reply.code, "side": place.side, "saw": reply.detail}
        if reply.is_error:
            return {"ok": False, "error": "redis_error", "side": place.side, "saw": reply.text}
        self._took.append(place)
        return {"ok": True}

    def _read(self, places: list[_Place], key: str) -> dict[str, object]:
        """Asked again for a moment: a proxy may lead to several backends that copy each other."""
        deadline = time.monotonic() + 1.5
        while True:
            found = [self._say(place, "GET", key, patience=3.0) for place in places]
            for place, reply in zip(places, found, strict=True):
                if isinstance(reply, Reply) and reply.text == self._values[key]:
                    return {"ok": True, "key": key, "pod": place.pod.name}
            if time.monotonic() > deadline:
                return {"ok": False, "key": key, "saw": _shown(found[-1]), "error": "not_there"}
            time.sleep(PAUSE)

    def _say(self, place: _Place, *words: str, patience: float = WITHIN) -> Reply | Failed:
        def once(tunnel: "Tunnel") -> Reply:
            return RedisTalk(tunnel).say(*words)

        reply = talk(self._scene, place.pod, place.port, once, patience)
        ok = isinstance(reply, Reply) and not reply.is_error
        self._journal.step(
            "redis",
            pod=place.pod.name,
            target=f"{place.port} {' '.join(words[:2])}",
            ok=ok,
            saw=_shown(reply),
        )
        return reply


def _shown(reply: Reply | Failed) -> str:
    if isinstance(reply, Failed):
        return f"{reply.code} {reply.detail}".strip()
    return "(nil)" if reply.text is None else reply.text
