"""The cluster's networks: which addresses, and the one cable between it and the machine.

Everything else of the network lives inside the cluster's own network namespace and goes away
with it. The machine gets one veth interface with a /30 address; its routing, its forwarding
and its packet filter stay as they were.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import subprocess
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cluster.state import write_whole
from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    IPv4Network = ipaddress.IPv4Network

TENS = range(4, 25)
"""10.42, 10.43, 10.44 first, then 10.52, 10.53, 10.54, and so on up to 10.24x."""


@dataclass(frozen=True)
class Networks:
    pods: str
    services: str
    link: str

    @property
    def host_address(self) -> str:
        return str(ipaddress.ip_network(self.link)[1])

    @property
    def node_address(self) -> str:
        return str(ipaddress.ip_network(self.link)[2])

    @property
    def api_service(self) -> str:
        return str(ipaddress.ip_network(self.services)[1])

    @property
    def dns_service(self) -> str:
        return str(ipaddress.ip_network(self.services)[10])


def choose_networks(taken: Iterable[IPv4Network], earlier: Networks | None = None) -> Networks:
    """Keep what an earlier start used if it is still free; else the first that is."""
    occupied = list(taken)
    if earlier and not _overlaps(asdict(earlier).values(), occupied):
        return earlier
    for ten in TENS:
        pods, services = f"10.{ten}2.0.0/16", f"10.{ten}3.0.0/16"
        if _overlaps((pods, services), occupied):
            continue
        for third in range(256):
            link = f"10.{ten}4.{third}.0/30"
            if not _overlaps((link,), occupied):
                return Networks(pods, services, link)
    raise Problem(
        "network_taken",
        "Every network from 10.42.0.0/16 to 10.243.0.0/16 is in use on this machine.",
        "Free one of them (ip route shows who uses what), then: python manage.py cluster up",
    )


def _overlaps(wanted: Iterable[str], taken: list[IPv4Network]) -> bool:
    return any(ipaddress.ip_network(one).overlaps(other) for one in wanted for other in taken)


def taken_networks() -> list[IPv4Network]:
    """Networks that this machine has a route to, the default route left out."""
    routes = json.loads(_ip("-json", "-4", "route", "show", "table", "all") or "[]")
    found = []
    for route in routes:
        if route.get("type") in {"broadcast", "multicast"} or route["dst"] == "default":
            continue
        found.append(ipaddress.IPv4Network(route["dst"], strict=False))
    return [network for network in found if network.prefixlen > 0]


def load_networks(file: Path) -> Networks | None:
    try:
        return Networks(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def save_networks(file: Path, networks: Networks) -> None:
    write_whole(file, json.dumps(asdict(networks)), 0o600)


def cable(instance: str) -> tuple[str, str]:
    """Names of the two ends; a kernel interface name has 15 characters at most."""
    tag = hashlib.sha256(instance.encode()).hexdigest()[:8]
    return f"podlab{tag}"[:14] + "h", f"podlab{tag}"[:14] + "c"


def plug_in(instance: str, networks: Networks, holder_pid: int) -> None:
    """Lay the cable between the machine and the namespace that the holder keeps."""
    outside, inside = cable(instance)
    unplug(instance)
    _ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", str(holder_pid))
    _ip("addr", "add", f"{networks.host_address}/30", "dev", outside)
    _ip("link", "set", outside, "up")
    enter = ["nsenter", "--net", "--target", str(holder_pid)]
    _run([*enter, "ip", "link", "set", "lo", "up"])
    _run([*enter, "ip", "addr", "add", f"{networks.node_address}/30", "dev", inside])
    _run([*enter, "ip", "link", "set", inside, "up"])
    _run([*enter, "ip", "route", "add", "default", "via", networks.host_address])
    _run([*enter, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"])
    _keep_pods_inside(enter, inside, networks)


def _keep_pods_inside(enter: list[str], inside: str, networks: Networks) -> None:
    """A learner's Pod has no business with services that listen on this machine."""
    rule = ["FORWARD", "-s", networks.pods, "-o", inside, "-j", "REJECT"]
    _run([*enter, "iptables", "-w", "-A", *rule])


def unplug(instance: str) -> None:
    outside, _ = cable(instance)
    subprocess.run(["ip", "link", "del", outside], capture_output=True, check=False)


def is_plugged_in(instance: str) -> bool:
    outside, _ = cable(instance)
    answer = subprocess.run(["ip", "link", "show", outside], capture_output=True, check=False)
    return answer.returncode == 0


def _ip(*arguments: str) -> str:
    return _run(["ip", *arguments])


def _run(command: list[str]) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Problem(
            "kernel_feature",
            f"The network could not be set up: {' '.join(command)}: {answer.stderr.strip()}",
            "python manage.py doctor shows what this kernel lacks",
        )
    return answer.stdout
