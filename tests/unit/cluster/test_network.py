"""Choosing addresses that nobody else on the machine uses."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from cluster.network import Networks, cable, choose_networks, load_networks, save_networks
from host.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

USUAL = Networks("10.42.0.0/16", "10.43.0.0/16", "10.44.0.0/30")


def _taken(*networks: str) -> list[IPv4Network]:
    return [IPv4Network(network) for network in networks]


def test_a_free_machine_gets_the_usual_networks() -> None:
    assert choose_networks([]) == USUAL


def test_the_addresses_follow_from_the_networks() -> None:
    assert (USUAL.host_address, USUAL.node_address) == ("10.44.0.1", "10.44.0.2")
    assert (USUAL.api_service, USUAL.dns_service) == ("10.43.0.1", "10.43.0.10")


def test_a_second_instance_gets_the_next_cable() -> None:
    assert choose_networks(_taken("10.44.0.0/30")).link == "10.44.1.0/30"


@pytest.mark.parametrize("network", ["10.42.0.0/16", "10.43.7.0/24", "10.40.0.0/14"])
def test_a_taken_network_is_left_to_its_owner(network: str) -> None:
    chosen = choose_networks(_taken(network))
    assert chosen == Networks("10.52.0.0/16", "10.53.0.0/16", "10.54.0.0/30")


def test_what_was_used_before_is_used_again() -> None:
    earlier = Networks("10.52.0.0/16", "10.53.0.0/16", "10.54.9.0/30")
    assert choose_networks([], earlier) == earlier


def test_what_was_used_before_is_given_up_when_somebody_else_has_it_now() -> None:
    earlier = Networks("10.52.0.0/16", "10.53.0.0/16", "10.54.9.0/30")
    assert choose_networks(_taken("10.53.0.0/16"), earlier) == USUAL


def test_a_machine_without_a_free_network_is_told_so() -> None:
    with pytest.raises(Problem) as problem:
        choose_networks(_taken("10.0.0.0/8"))
    assert problem.value.code == "network_taken"
    assert "ip route" in problem.value.help


def test_networks_are_found_again_and_a_broken_file_is_no_file(tmp_path: Path) -> None:
    file = tmp_path / "networks.json"
    assert load_networks(file) is None
    save_networks(file, USUAL)
    assert load_networks(file) == USUAL
    file.write_text('{"pods": "10.42')
    assert load_networks(file) is None


def test_cable_names_fit_the_kernel_and_differ_by_instance() -> None:
    names = {end for instance in ("a", "b" * 20) for end in cable(instance)}
    assert len(names) == 4
    assert all(len(name) <= 15 for name in names)
