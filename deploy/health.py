"""health.py web|worker|scheduler: exit code 0 when this container's part does its work."""

# ruff: noqa: INP001 - a program of the image, no package
from __future__ import annotations

import http.client
import os
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.queue.heartbeats import Heartbeats

SECONDS = 4


def web_is_well() -> bool:
    """Asks under a name that the site answers to, whatever names it was given."""
    name = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".*") or "localhost"
    port = int(os.environ.get("PODLAB_PORT") or 8000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", "/healthz", headers={"Host": name})
    return connection.getresponse().status == http.client.OK


def worker_is_well() -> bool:
    """Its own sign of life is fresh; those of other workers do not count."""
    own = f"@{socket.gethostname()}"
    return any(name.endswith(own) for name in _heartbeats().workers)


def scheduler_is_well() -> bool:
    """Its last message came through, which takes a worker too."""
    return _heartbeats().scheduler


def _heartbeats() -> Heartbeats:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")
    from grader.queue.heartbeats import read_heartbeats  # noqa: PLC0415 - only where it is needed

    return read_heartbeats()


PARTS = {"web": web_is_well, "worker": worker_is_well, "scheduler": scheduler_is_well}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in PARTS:
        sys.stderr.write(f"Usage: health.py {'|'.join(PARTS)}\n")
        return 2
    try:
        well = PARTS[arguments[0]]()
    except Exception as error:  # noqa: BLE001  (whatever it is, the part is not well)
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
