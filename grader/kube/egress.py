"""Where a credential may lead us. A name is resolved once, every address of it is judged, and the
connection goes to a judged address: a name that answers differently the second time (DNS
rebinding) is never asked a second time.
"""

import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from grader.kube.errors import EgressDeniedError, TimedOutError, UnreachableError, quote

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What `is_global` of the standard library does not know, or knows only in some of its versions.
DENIED = tuple(
    ip_network(cidr)
    for cidr in (
        "0.0.0.0/8",  # “this network”; Linux takes it for itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT, and a metadata service at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # a metadata service at a public address
        "169.254.0.0/16",  # link-local, metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64: an IPv4 address in disguise
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


@dataclass(frozen=True)
class Egress:
    """A rule for addresses: public ones, those that the operator allows, or (trusting) all."""

    allowed: tuple[Network, ...] = ()
    trusting: bool = False

    def permits(self, address: Address) -> bool:
        if self.trusting or any(address in network for network in self.allowed):
            return True
        return address.is_global and not any(address in network for network in DENIED)


PUBLIC_ONLY = Egress()
TRUSTED = Egress(trusting=True)


def allowing(cidrs: Iterable[str]) -> Egress:
    """Public addresses and these networks. ValueError for what is no network."""
    return Egress(tuple(ip_network(cidr.strip()) for cidr in cidrs))


def connect(egress: Egress, host: str, port: int, deadline: float) -> socket.socket:
    """A TCP connection to a judged address of the host."""
    addresses = resolve(host, port, deadline)
    for address in addresses:
        if not egress.permits(address):
            raise EgressDeniedError(
                f"{quote(host)} is {address}, an address that Podlab may not be led to.",
                "Use an API server with a public address, or ask the operator to allow it.",
            )
    return _first(addresses, port, deadline)


def resolve(host: str, port: int, deadline: float) -> list[Address]:
    """The host's addresses, asked once. A literal address needs no asking."""
    try:
        return [ip_address(host)]
    except ValueError:
        return _look_up(host, port, deadline)


def _look_up(host: str, port: int, deadline: float) -> list[Address]:
    """The system's resolver knows no deadline, so it works in a thread that we can leave."""
    found: list[Address] = []
    trouble: list[Exception] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(_address(answer[4][0]) for answer in answers)
        except (OSError, ValueError) as error:  # ValueError: a name that cannot be encoded
            trouble.append(error)

    thread = threading.Thread(target=ask, daemon=True, name="resolve")
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if thread.is_alive():
        raise TimedOutError(f"The name {quote(host)} was not resolved in time.")
    if trouble or not found:
        why = quote(trouble[0]) if trouble else "no address"
        raise UnreachableError(
            f"The name {quote(host)} does not resolve: {why}.", "Check the server's address."
        )
    return list(dict.fromkeys(found))


def _address(text: str | int) -> Address:
    return ip_address(str(text).partition("%")[0])


def _first(addresses: list[Address], port: int, deadline: float) -> socket.socket:
    """The first of the addresses that answers."""
    trouble: OSError | None = None
    for address in addresses:
        try:
            return _open(address, port, deadline)
        except OSError as error:
            trouble = error
    raise trouble or TimeoutError


def _open(address: Address, port: int, deadline: float) -> socket.socket:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(left)
        opened.connect((str(address), port))
        # Requests are small and each waits for its answer: nothing is gained by gathering them.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        opened.close()
        raise
    return opened
