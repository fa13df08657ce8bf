"""Open streams cost the server next to nothing."""

import socket
from contextlib import ExitStack
from pathlib import Path

from tests.browser.conftest import Site, Supervisor, wait_until

READERS = 100
REQUEST = b"GET /status/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def threads(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("Threads:")[1].split()[0])


def test_a_hundred_open_streams_hold_no_threads_and_no_database(
    site: Site, supervisor: Supervisor
) -> None:
    database = str(site.state / "site" / "podlab.sqlite3")
    folder = Path(f"/proc/{site.pid('web')}/fd")
    before = threads(site.pid("web"))
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=10))
            for _ in range(READERS)
        ]
        for connection in sockets:
            connection.sendall(REQUEST)
        for connection in sockets:
            received = b""
            while b"data: " not in received:
                received += connection.recv(65536)
        # The one look that all of them share needs a thread of the small common pool.
        assert threads(site.pid("web")) <= before + 8
        opened = [str(link.readlink()) for link in folder.iterdir() if link.exists()]
        assert opened.count(database) <= 1
    wait_until(lambda: _open_sockets(folder) < READERS, "the streams to end", 10)


def _open_sockets(folder: Path) -> int:
    links = [link for link in folder.iterdir() if link.is_symlink()]
    return sum("socket:" in str(_target(link)) for link in links)


def _target(link: Path) -> object:
    try:
        return link.readlink()
    except FileNotFoundError:
        return ""


def test_the_processes_start_and_serve_without_a_warning(site: Site) -> None:
    for name in ("web", "beat"):
        assert "Warning" not in site.log(name).read_text()
