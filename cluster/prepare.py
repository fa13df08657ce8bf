"""Get what the cluster is made of: tools of the system, the compiled engine, the images.

The engine and the images are made side by side; they share only kubectl, which the toolbox
image waits for.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cluster.build_engine import build_engine, engine_folder
from cluster.build_images import build_images
from host.errors import Problem
from host.packages import ToolPackage, ensure_tools, find_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Progress = Callable[[str, int, int, str], None]
    Finish = Callable[[str], None]
    Check = Callable[[], None]

# Debian and Docker put the CNI plugins in different places.
CNI_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")
TOOLS = (
    ToolPackage("containerd", ("containerd", "ctr", "containerd-shim-runc-v2")),
    ToolPackage("runc", ("runc",)),
    ToolPackage("containernetworking-plugins", ("bridge", "portmap", "host-local"), CNI_FOLDERS),
    ToolPackage("iptables", ("iptables",)),
    ToolPackage("conntrack", ("conntrack",)),
    ToolPackage("ipset", ("ipset",)),
    ToolPackage("socat", ("socat",)),
    ToolPackage("iproute2", ("ip",)),
    ToolPackage("procps", ("sysctl",)),
    ToolPackage("buildah", ("buildah",)),
    ToolPackage("debootstrap", ("debootstrap",)),
)


def _always() -> None:
    """Nobody calls it off."""


@dataclass(frozen=True)
class Made:
    tools: str
    """What to put before PATH; empty where the system has everything."""
    programs: Path
    images: Path


def prepare(cache: Path, progress: Progress, finish: Finish, go_on: Check = _always) -> Made:
    """`progress` and `go_on` may raise to call it off."""
    progress("packages", 0, 0, "")
    tools = ensure_tools(TOOLS, cache, lambda text: progress("packages", 0, 0, text))
    finish("packages")
    images = _InBackground(cache, progress, finish, go_on)
    try:
        programs = build_engine(cache, progress, finish)
    except BaseException:
        images.give_up()
        raise
    finish("sources")
    finish("engine")
    return Made(tools, programs, images.result())


class _InBackground:
    """Build the images in a thread; its problem is raised where its result is asked for."""

    def __init__(self, cache: Path, progress: Progress, finish: Finish, go_on: Check) -> None:
        self._cache = cache
        self._go_on = go_on
        self._progress = progress
        self._finish = finish
        self._kubectl_is_there = threading.Event()
        self._given_up = False
        self._layout: Path | None = None
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._build, daemon=True)
        self._thread.start()

    def give_up(self) -> None:
        self._given_up = True
        self._kubectl_is_there.set()

    def result(self) -> Path:
        self._kubectl_is_there.set()
        while self._thread.is_alive():
            self._thread.join(timeout=0.2)
            self._go_on()
        if self._problem is not None:
            raise self._problem
        if self._layout is None:
            raise Problem("image_failed", "No image was built.", "python manage.py cluster up")
        return self._layout

    def _build(self) -> None:
        try:
            self._layout = build_images(self._cache, self._kubectl, self._report)
            self._finish("images")
        except Exception as problem:  # noqa: BLE001  (raised again by result, in the main thread)
            self._problem = problem

    def _kubectl(self) -> Path:
        self._kubectl_is_there.wait()
        if self._given_up:
            raise Problem(
                "build_failed", "Kubernetes was not built.", "python manage.py cluster up"
            )
        return engine_folder(self._cache) / "kubectl"

    def _report(self, done: int, total: int, detail: str) -> None:
        self._progress("images", done, total, detail)


def cni_folder(cache: Path) -> Path:
    plugin = find_program("bridge", cache, CNI_FOLDERS)
    if plugin is None:
        raise Problem(
            "missing_tool",
            "The CNI plugins are not installed.",
            "sudo apt-get install --no-install-recommends containernetworking-plugins",
        )
    return plugin.parent


def search_path(tools: str, path: str) -> str:
    """Debian leaves the sbin folders out of an ordinary user's PATH."""
    return ":".join(filter(None, [tools, path, "/usr/local/sbin", "/usr/sbin", "/sbin"]))


def find_ctr(tools: str) -> str:
    return shutil.which("ctr", path=search_path(tools, "/usr/bin")) or "ctr"
