"""TCP ports of this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIRST = 8000
LAST = 8099


def is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) < 65_536


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(environ: Mapping[str, str], say: Callable[[str], None]) -> int:
    """The port that was asked for, or nothing; else the first free one."""
    host = environ.get("PODLAB_HOST") or "127.0.0.1"
    _refuse_bad_host(host)
    if environ.get("PODLAB_PORT"):
        return _asked_port(host, environ["PODLAB_PORT"])
    for port in range(FIRST, LAST + 1):
        if is_free(host, port):
            if port != FIRST:
                say(f"Port {FIRST} is taken by another program; using {port}.")
            return port
    raise _taken(host, f"{FIRST} to {LAST}")


def _asked_port(host: str, text: str) -> int:
    if not is_number(text):
        raise Problem(
            "bad_setting",
            f"PODLAB_PORT is {text!r}; a port is a number from 1 to 65535.",
            "Set another one, for instance: PODLAB_PORT=8000 make run",
        )
    if not is_free(host, int(text)):
        raise _taken(host, text)
    return int(text)


def _refuse_bad_host(host: str) -> None:
    try:
        info = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
        with socket.socket(info[0][0]) as probe:
            probe.bind(info[0][4])
    except OSError as error:
        raise Problem(
            "bad_setting",
            f"PODLAB_HOST is {host!r}, which is no address of this machine: {error}",
            "Leave it out (only this machine), or write 0.0.0.0 (every machine that reaches it).",
        ) from None


def _taken(host: str, port: str) -> Problem:
    return Problem(
        "port_taken",
        f"Port {port} on {host} cannot be had: another program listens there, or it is reserved.",
        "Choose another, for instance: PODLAB_PORT=8123 make run",
        {"port": port},
    )
