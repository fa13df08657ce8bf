"""The port of the site."""

import socket
from collections.abc import Iterator

import pytest

from host import ports
from host.errors import Problem


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_a_port_that_was_asked_for_and_is_taken_is_refused_by_name(taken: int) -> None:
    with pytest.raises(Problem, match=str(taken)) as caught:
        ports.choose_port({"PODLAB_PORT": str(taken)}, lambda _text: None)
    assert caught.value.code == "port_taken"
    assert "PODLAB_PORT=" in caught.value.help


def test_without_a_wish_the_next_free_port_is_chosen_and_said(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "FIRST", taken)
    monkeypatch.setattr(ports, "LAST", taken + 20)
    told: list[str] = []
    chosen = ports.choose_port({}, told.append)
    assert chosen > taken
    assert told == [f"Port {taken} is taken by another program; using {chosen}."]


def test_where_no_port_is_free_the_range_is_named(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "FIRST", taken)
    monkeypatch.setattr(ports, "LAST", taken)
    with pytest.raises(Problem, match=f"{taken} to {taken}"):
        ports.choose_port({}, lambda _text: None)


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8000.0", "٨٠٠٠"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(Problem, match="PODLAB_PORT") as caught:
        ports.choose_port({"PODLAB_PORT": port}, lambda _text: None)
    assert caught.value.code == "bad_setting"


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Problem, match="PODLAB_HOST"):
        ports.choose_port({"PODLAB_HOST": "192.0.2.1"}, lambda _text: None)
