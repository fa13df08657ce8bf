"""Which addresses a credential may lead to, and that nothing slips between judging and going."""

import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.kube.egress import DENIED, PUBLIC_ONLY, TRUSTED, allowing, connect, resolve
from grader.kube.errors import EgressDeniedError, TimedOutError, UnreachableError

SOON = 5.0

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_denied(address: str) -> None:
    assert not PUBLIC_ONLY.permits(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_public_is_permitted(address: str) -> None:
    assert PUBLIC_ONLY.permits(ip_address(address))


@pytest.mark.parametrize("address", INSIDE + OUTSIDE)
def test_an_operators_own_kubeconfig_leads_anywhere(address: str) -> None:
    assert TRUSTED.permits(ip_address(address))


def test_what_the_operator_allows_is_permitted_and_nothing_beside_it() -> None:
    some = allowing(["10.1.0.0/16", " fd00::/64 "])
    assert some.permits(ip_address("10.1.2.3"))
    assert some.permits(ip_address("fd00::7"))
    assert not some.permits(ip_address("10.2.0.1"))
    assert not some.permits(ip_address("::ffff:10.1.2.3"))
    assert not some.permits(ip_address("127.0.0.1"))
    assert some.permits(ip_address("8.8.8.8"))


@pytest.mark.parametrize("cidr", ["", "10.0.0.1/8", "everything", "10.0.0.0/33"])
def test_a_network_that_is_none_is_refused(cidr: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits|IPv4"):
        allowing([cidr])


@given(st.ip_addresses())
def test_nothing_denied_is_permitted(address: IPv4Address | IPv6Address) -> None:
    if any(address in network for network in DENIED) or not address.is_global:
        assert not PUBLIC_ONLY.permits(address)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "64:ff9b::", "::"]))
def test_an_ipv4_address_in_disguise_is_denied(inner: IPv4Address, prefix: str) -> None:
    disguised = IPv6Address(int(IPv6Address(prefix)) | int(inner))
    assert not PUBLIC_ONLY.permits(disguised)


Dial = list[tuple[str, int]]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> Dial:
    """Where connections would have gone. Those to 203.* fail."""
    dialled: Dial = []

    def dial(_socket: socket.socket, address: tuple[str, int]) -> None:
        dialled.append(address)
        if address[0].startswith("203."):
            raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", dial)
    return dialled


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """What the resolver says, one list for each time that it is asked."""
    said: list[list[str]] = []

    def ask(host: str, port: int, **_kind: Any) -> list[Any]:
        answer = said.pop(0)
        return [(0, 0, 0, "", (address, port)) for address in answer]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    yield said
    assert not said, "the resolver was asked less often than expected"


def later(seconds: float = SOON) -> float:
    return time.monotonic() + seconds


def test_a_public_name_is_connected_to_at_its_judged_address(
    names: list[list[str]], dialled: Dial
) -> None:
    names.append(["8.8.8.8", "8.8.8.8"])
    connect(PUBLIC_ONLY, "api.example", 6443, later()).close()
    assert dialled == [("8.8.8.8", 6443)]


def test_a_name_that_changes_its_mind_is_not_asked_again(
    names: list[list[str]], dialled: Dial
) -> None:
    """DNS rebinding: a second question would get 127.0.0.1. There is no second question."""
    names.append(["8.8.8.8"])
    connect(PUBLIC_ONLY, "rebind.example", 443, later()).close()
    assert dialled == [("8.8.8.8", 443)]


def test_a_name_with_one_address_inside_is_denied_whole(
    names: list[list[str]], dialled: Dial
) -> None:
    names.append(["8.8.8.8", "169.254.169.254"])
    with pytest.raises(EgressDeniedError, match=r"169\.254\.169\.254"):
        connect(PUBLIC_ONLY, "both.example", 443, later())
    assert dialled == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%lo", "::ffff:127.0.0.1"])
def test_a_literal_address_inside_is_denied(dialled: Dial, host: str) -> None:
    with pytest.raises(EgressDeniedError):
        connect(PUBLIC_ONLY, host, 443, later())
    assert dialled == []


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "017700000001"])
def test_an_address_in_an_odd_spelling_is_judged_by_what_it_means(dialled: Dial, host: str) -> None:
    with pytest.raises(EgressDeniedError, match=r"127\.0\.0\.1"):
        connect(PUBLIC_ONLY, host, 443, later())
    assert dialled == []


def test_an_address_that_does_not_answer_leaves_the_turn_to_the_next(
    names: list[list[str]], dialled: Dial
) -> None:
    names.append(["203.0.113.1", "2606:4700::1111"])
    connect(TRUSTED, "api.example", 443, later()).close()
    assert dialled == [("203.0.113.1", 443), ("2606:4700::1111", 443)]


def test_the_last_trouble_is_told_when_no_address_answers(
    names: list[list[str]], dialled: Dial
) -> None:
    names.append(["203.0.113.1", "203.0.113.2"])
    with pytest.raises(ConnectionRefusedError):
        connect(TRUSTED, "api.example", 443, later())
    assert len(dialled) == 2


def test_nothing_is_dialled_after_the_deadline(dialled: Dial) -> None:
    with pytest.raises(TimeoutError):
        connect(TRUSTED, "8.8.8.8", 443, later(-1))
    assert dialled == []


def test_a_scope_is_no_part_of_an_address(names: list[list[str]]) -> None:
    names.append(["fe80::1%eth0"])
    assert resolve("local.example", 443, later()) == [IPv6Address("fe80::1")]


def test_a_name_without_an_address_is_unreachable(names: list[list[str]]) -> None:
    names.append([])
    with pytest.raises(UnreachableError, match="no address"):
        resolve("empty.example", 443, later())


@pytest.mark.parametrize("error", [socket.gaierror(-2, "not known"), UnicodeError("too long")])
def test_a_name_that_does_not_resolve_is_unreachable(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_question: Any, **_kind: Any) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(UnreachableError, match="does not resolve"):
        resolve("none.example", 443, later())


def test_a_resolver_that_hangs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hang(*_question: Any, **_kind: Any) -> list[Any]:
        answered.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with pytest.raises(TimedOutError, match=r"slow\.example"):
            resolve("slow.example", 443, later(0.05))
    finally:
        answered.set()
