"""Tell a person what a cluster is doing, from its state file, until it is ready or has given up."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cluster.processes import is_alive
from cluster.state import now, read_state
from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from host.instance import Instance

LABELS = {
    "packages": "system packages",
    "sources": "downloading sources",
    "engine": "compiling Kubernetes",
    "images": "building images",
    "network": "laying the network",
    "control-plane": "starting the control plane",
    "node": "starting the node",
    "dns": "starting DNS",
}
MARKS = {"pending": "·", "running": "…", "done": "✓", "failed": "✗"}
INTERVAL = 0.2
QUIET_INTERVAL = 20.0
"""Without a terminal a line for every package would drown the log."""


class Teller:
    """Prints each stage when it begins and ends, and how far it is in between."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._told: dict[str, str] = {}
        self._last_progress: dict[str, float] = {}

    def tell(self, state: dict[str, Any]) -> None:
        for stage in state["stages"]:
            self._tell_stage(stage)

    def _tell_stage(self, stage: dict[str, Any]) -> None:
        if stage["status"] == "pending":
            return
        line = stage_line(stage)
        name, changed = stage["id"], self._told.get(stage["id"]) != stage["status"]
        quiet = time.monotonic() - self._last_progress.get(name, 0.0) < QUIET_INTERVAL
        if self._terminal and stage["status"] == "running":
            print(f"\r\033[K{line[:100]}", end="", flush=True)
        elif changed or (stage["status"] == "running" and not quiet and not self._terminal):
            print(f"\r\033[K{line}" if self._terminal else line, flush=True)
            self._last_progress[name] = time.monotonic()
        self._told[name] = stage["status"]


def stage_line(stage: dict[str, Any]) -> str:
    parts = [MARKS[stage["status"]], LABELS.get(stage["id"], stage["id"])]
    if stage["total"] and stage["status"] != "done":
        parts.append(_how_far(stage))
    if stage["detail"]:
        parts.append(f"({stage['detail']})")
    return " ".join(parts)


def _how_far(stage: dict[str, Any]) -> str:
    if stage["id"] == "engine":
        return f"{100 * stage['done'] // stage['total']} %"
    return f"{stage['done']}/{stage['total']}"


def follow(instance: Instance, alive: Callable[[], bool], *, since: str = "") -> None:
    """Until the cluster is ready. A state file older than `since` is another run's."""
    teller = Teller()
    while True:
        state = read_state(instance.cluster_state)
        if state is not None and str(state.get("updated_at", "")) >= since:
            teller.tell(state)
            if state["phase"] == "ready":
                return
            _refuse_failure(state)
        if not alive():
            raise _gone(instance)
        time.sleep(INTERVAL)


@contextmanager
def telling(instance: Instance) -> Iterator[None]:
    """Tell the stages while a supervisor works in this very process."""
    ended = threading.Event()
    thread = threading.Thread(target=_tell_until, args=(instance, ended, now()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _tell_until(instance: Instance, ended: threading.Event, since: str) -> None:
    teller, was_ready = Teller(), False
    while not ended.wait(INTERVAL):
        state = read_state(instance.cluster_state)
        if state is None or str(state.get("updated_at", "")) < since:
            continue
        teller.tell(state)
        is_ready = state["phase"] == "ready"
        if is_ready and not was_ready:
            print(f"✓ the cluster is ready: {state.get('api_server')}", flush=True)
        was_ready = is_ready


def _refuse_failure(state: dict[str, Any]) -> None:
    error = state.get("error")
    if state["phase"] == "failed" and isinstance(error, dict):
        raise Problem(error["code"], error["message"], error["help"], error.get("data"))
    if state["phase"] == "stopped":
        raise Problem(
            "stopped", "The cluster was stopped meanwhile.", "python manage.py cluster up"
        )


def _gone(instance: Instance) -> Problem:
    return Problem(
        "component_failed",
        "The cluster's supervisor ended without a word.",
        f"See {instance.cluster / 'logs' / 'supervisor.log'}, then: python manage.py cluster up",
    )


def supervisor_lives(instance: Instance) -> bool:
    state = read_state(instance.cluster_state) or {}
    pid = state.get("pid")
    return isinstance(pid, int) and is_alive(pid)
