"""A Redis of our own, on a socket that only the run user can open."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from host.errors import Problem
from host.packages import ToolPackage, ensure_tools, missing_tools

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host.instance import Instance
    from host.setup.workshop import Workshop

REDIS = (ToolPackage("redis-server"),)
LONGEST_SOCKET = 107  # sun_path of Unix holds 108 bytes with its end
CONFIG = """\
# Written by `make run`; no TCP port, nothing is evicted, at most a second of work is lost.
port 0
unixsocket {socket}
unixsocketperm 700
dir {data}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
logfile ""
loglevel warning
"""


@dataclass(frozen=True)
class Redis:
    workshop: Workshop

    def missing(self) -> str:
        if not missing_tools(REDIS, self.workshop.instance.cache):
            self._use()
            return ""
        return f"Redis, unpacked into {self.workshop.instance.cache / 'tools'}"

    def do(self) -> None:
        self._use()

    def _use(self) -> None:
        cache = self.workshop.instance.cache
        self.workshop.add_to_path(ensure_tools(REDIS, cache, self.workshop.say, unpack=True))


def redis_socket(instance: Instance) -> Path:
    socket = instance.run / "redis.sock"
    if len(os.fsencode(socket)) > LONGEST_SOCKET:
        raise Problem(
            "bad_setting",
            f"The socket {socket} has a longer path than Unix allows ({LONGEST_SOCKET} bytes).",
            "Set PODLAB_STATE_DIR to a folder with a shorter path.",
        )
    return socket


def write_redis_config(instance: Instance) -> None:
    """Redis keeps its files beside the database; its settings are not for it to change."""
    config = instance.state / "redis.conf"
    config.write_text(CONFIG.format(socket=redis_socket(instance), data=instance.site))


def warn_of_silent_redis(url: str, say: Callable[[str], None]) -> None:
    """The site serves without it, but nothing would be graded. A malformed URL is told later."""
    where = url.rpartition("@")[2]  # without the password
    try:
        _knock(url)
    except OSError as error:
        say(f"! The Redis of REDIS_URL ({where}) does not answer: {error.strerror or error}")
        say("  → Start it, or leave REDIS_URL out: make run brings one of its own.")
    except ValueError:
        return


def _knock(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(parts.path)
    elif parts.hostname:
        socket.create_connection((parts.hostname, parts.port or 6379), timeout=2).close()
