"""Ports, routes, and what can be reached from here."""

from __future__ import annotations

import http.client
import ipaddress
import os
import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from host import ports
from host.checks.finding import Finding, missing, ok, warning

PATIENCE = 3.0
NETWORKS = tuple(map(ipaddress.ip_network, ("10.42.0.0/16", "10.43.0.0/16", "10.44.0.0/16")))
CONTAINER_REGISTRIES = {"docker.io": "registry-1.docker.io", "registry.k8s.io": "registry.k8s.io"}
# Without a setting of the user's, pip knows its own index; we need not know it.
PIP_INDEX = (
    "import os\n"
    "from pip._internal.configuration import Configuration\n"
    "from pip._internal.models.index import PyPI\n"
    "settings = Configuration(isolated=False)\n"
    "settings.load()\n"
    "found = dict(settings.items())\n"
    "keys = (':env:.index-url', 'install.index-url', 'global.index-url')\n"
    "print(next((found[key] for key in keys if key in found), PyPI.simple_url))\n"
)


def check_port() -> Finding:
    host = os.environ.get("PODLAB_HOST") or "127.0.0.1"
    port = os.environ.get("PODLAB_PORT") or str(ports.FIRST)
    if not ports.is_number(port):
        return missing(
            "port", f"PODLAB_PORT is {port!r}.", "Write a number from 1 to 65535.", "bad_setting"
        )
    if ports.is_free(host, int(port)):
        return ok("port", f"{port} on {host} is free")
    return warning(
        "port",
        f"Port {port} on {host} is taken, perhaps by a running Podlab.",
        "Without PODLAB_PORT `make run` chooses the next free one.",
        "port_taken",
    )


def check_networks(routes: str | None = None) -> Finding:
    text = Path("/proc/net/route").read_text() if routes is None else routes
    clashes = [
        f"{network} is used by {interface}"
        for interface, route in read_routes(text)
        for network in NETWORKS
        if route.prefixlen > 0 and route.overlaps(network)
    ]
    if clashes:
        return ok("networks", f"{'; '.join(clashes)}: a new cluster chooses others")
    return ok("networks", "10.42, 10.43 and 10.44 are free")


def read_routes(text: str) -> list[tuple[str, ipaddress.IPv4Network]]:
    """The kernel writes addresses as little-endian hexadecimal numbers."""
    routes = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(fields[at]), "little") for at in (1, 7))
        network = ipaddress.ip_network((address, mask.bit_count()), strict=False)
        if isinstance(network, ipaddress.IPv4Network):
            routes.append((fields[0], network))
    return routes


def check_registries() -> list[Finding]:
    """All at once: each may take seconds where there is no network."""
    package = {
        "Python packages": _pip_index,
        "npm packages": _npm_registry,
        "Go modules": _go_proxy,
        "Debian packages": _apt_source,
    }
    with ThreadPoolExecutor(max_workers=8) as pool:
        first = [pool.submit(_check_source, name, find) for name, find in package.items()]
        second = [pool.submit(_check_images, *pair) for pair in CONTAINER_REGISTRIES.items()]
        return [future.result() for future in (*first, *second)]


def _check_source(name: str, find: object) -> Finding:
    address = find() if callable(find) else ""
    if not address:
        return ok(name, "its client is not installed; not asked")
    if address.startswith(("file:", "/")) or _answers(address):
        return ok(name, "can be reached")
    return missing(
        name,
        f"{urlsplit(address).hostname or address} does not answer within {PATIENCE:.0f} s.",
        "Connect to the network, or name a proxy (HTTPS_PROXY) or a mirror to that client.",
        "no_network",
    )


def _answers(address: str) -> bool:
    parts = urlsplit(_proxy(address) or address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=PATIENCE):
            return True
    except (OSError, ValueError):
        return False


def _proxy(address: str) -> str:
    scheme = urlsplit(address).scheme
    for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
        if os.environ.get(name):
            return os.environ[name]
    return ""


def _check_images(name: str, host: str) -> Finding:
    """A registry answers 200 or asks who we are (401)."""
    connection = http.client.HTTPSConnection(host, timeout=PATIENCE)
    try:
        connection.request("GET", "/v2/")
        reached = connection.getresponse().status in {200, 401}
    except (OSError, http.client.HTTPException):
        reached = False
    finally:
        connection.close()
    if reached:
        return ok(name, "can be reached: real images are used")
    return ok(name, "cannot be reached: stand-ins built from Debian packages are used")


def _pip_index() -> str:
    return _ask(sys.executable, "-c", PIP_INDEX)


def _npm_registry() -> str:
    return _ask("npm", "config", "get", "registry")


def _go_proxy() -> str:
    first = re.split(r"[,|]", _ask("go", "env", "GOPROXY"))[0]
    return first if "://" in first else ""


def _apt_source() -> str:
    if shutil.which("apt-get") is None:
        return ""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    text = "\n".join(file.read_text(errors="replace") for file in files if file.is_file())
    found = re.search(r"^(?:deb|URIs:)[^#\n]*?(https?://\S+)", text, re.MULTILINE)
    return found[1] if found else ""


def _ask(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE * 3
        )
    except subprocess.TimeoutExpired:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
