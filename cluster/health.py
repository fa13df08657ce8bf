"""Ask, beside the supervisor's own loop, how far the cluster is and whether it still answers."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

from cluster import api, images
from host.errors import Problem

if TYPE_CHECKING:
    from cluster.network import Networks
    from cluster.parts import Part
    from cluster.paths import Paths
    from cluster.state import Phase, StateFile

HURRIED = 0.2
CALM = 2.0
RETRIES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses before each try to have the images at hand: the registry starts at the same time."""


class Health:
    """A thread that only reads the cluster and writes what it saw."""

    def __init__(self, paths: Paths, networks: Networks, file: StateFile, ctr: str) -> None:
        self._paths = paths
        self._networks = networks
        self._file = file
        self._ctr = ctr
        self._api = api.API.of(paths, networks)
        self._since = api.current_second()
        self._gates: set[str] = {"none"}
        self._seen: dict[str, bool] = {}
        self._complete = False
        self._images_are_here = False
        self._fetching: threading.Thread | None = None
        self._objects_are_there = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._file.progress("control-plane", 0, 0)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def open_gates(self) -> set[str]:
        return self._gates

    def phase(self, parts: list[Part]) -> Phase:
        if not self._complete:
            return "starting"
        well = all(self._seen.values()) and all(part.state.status == "running" for part in parts)
        return "ready" if well else "degraded"

    def _watch(self) -> None:
        while not self._stop.wait(CALM if self._is_well() else HURRIED):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001  (whatever it is, the next look may succeed)
                print(f"health: {type(error).__name__}: {error}", flush=True)
                self._seen["look"] = False

    def _is_well(self) -> bool:
        return self._complete and all(self._seen.values())

    def _look(self) -> None:
        runtime = api.socket_answers(self._paths.containerd_socket)
        ready = self._api.is_ready()
        self._gates = {"none", *(["runtime"] if runtime else []), *(["api"] if ready else [])}
        self._seen = {"runtime": runtime, "api": ready}
        if runtime and self._fetching is None:
            self._fetching = threading.Thread(target=self._fetch_images, daemon=True)
            self._fetching.start()
        if ready:
            self._look_behind_the_api()
        self._file.touch()

    def _look_behind_the_api(self) -> None:
        try:
            if not self._objects_are_there:
                self._apply_own_objects()
        except api.Unanswered:
            return
        if not self._complete and not self._api.controllers_work():
            return
        node = self._api.node_is_ready(self._since)
        dns = api.dns_answers(self._networks.node_address)
        self._seen |= {"node": node, "dns": dns}
        if not self._complete:
            self._tell_stages(node=node, dns=dns)

    def _apply_own_objects(self) -> None:
        for plural, thing in api.own_objects(self._networks):
            self._api.apply(thing, plural)
        self._objects_are_there = True
        self._file.finish("control-plane")
        self._file.progress("dns", 0, 0)

    def _tell_stages(self, *, node: bool, dns: bool) -> None:
        if node and self._images_are_here:
            self._file.finish("node")
        if node and dns and self._images_are_here:
            self._file.finish("dns")
            self._complete = True

    def _fetch_images(self) -> None:
        """Beside the looks: the rest of the cluster need not wait for a slow registry.

        An image that cannot be had does not keep the cluster from its work either; a Pod that
        needs it asks again, and says so.
        """
        for pause in RETRIES:
            if self._stop.wait(pause):
                return
            try:
                images.fetch_all(self._ctr, self._paths, self._report_image)
                break
            except (Problem, OSError, subprocess.TimeoutExpired) as error:
                self._file.progress("node", 0, 0, str(error).splitlines()[0])
        self._images_are_here = True

    def _report_image(self, done: int, total: int, name: str) -> None:
        self._file.progress("node", done, total, name)
