"""A PostgreSQL of our own for the tests: on a private socket, in a folder that goes away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from host import apt
from host.errors import Problem
from host.processes import wait_until
from host.runuser import NOBODY, User, find_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.setup.workshop import Workshop

PLACES = Path("/usr/lib/postgresql")
PATIENCE = 30.0
# A test's database need not survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


def find_server() -> Path | None:
    """The folder of initdb and postgres; Debian keeps it off PATH. The newest one wins."""
    on_path = shutil.which("initdb")
    folders = sorted(PLACES.glob("*/bin"), key=lambda folder: float(folder.parent.name))
    known = [*([Path(on_path).parent] if on_path else []), *folders]
    return next((folder for folder in reversed(known) if (folder / "postgres").is_file()), None)


def ensure_server(workshop: Workshop) -> None:
    if find_server() is None:
        apt.install(apt.plan_installation(["postgresql"], workshop.say), workshop.say)


@contextmanager
def running_postgres(workshop: Workshop) -> Iterator[str]:
    """Give its DATABASE_URL."""
    user = _unprivileged(workshop.run_user)
    with tempfile.TemporaryDirectory(prefix="podlab-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user.rights:
            os.chown(folder, user.uid, user.gid)
        server = _start(folder, user)
        try:
            _wait(server, folder)
            yield f"postgresql://podlab@/postgres?host={quote(name, safe='')}"
        finally:
            server.send_signal(signal.SIGINT)  # "fast": does not wait for clients
            server.wait()


def _unprivileged(user: User) -> User:
    """PostgreSQL refuses to run as root."""
    if user.uid != 0 or os.geteuid() != 0:
        return user
    return find_user("postgres") or User("nobody", NOBODY, NOBODY)


def _start(folder: Path, user: User) -> subprocess.Popen[bytes]:
    programs = find_server()
    if programs is None:
        raise Problem("missing_tool", "No PostgreSQL here.", "sudo apt-get install postgresql")
    data = str(folder / "data")
    init = [str(programs / "initdb"), "-D", data, "-U", "podlab", "--auth=trust", "--no-sync"]
    options = ["--encoding=UTF8", "--locale=C.UTF-8"]
    with (folder / "log").open("wb") as log:
        subprocess.run(
            [*init, *options], stdout=log, stderr=log, check=False, cwd=folder, **user.rights
        )
        settings = [word for setting in FAST for word in ("-c", setting)]
        return subprocess.Popen(
            [str(programs / "postgres"), "-D", data, "-k", str(folder), *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            **user.rights,
        )


def _wait(server: subprocess.Popen[bytes], folder: Path) -> None:
    programs = find_server() or PLACES
    ready = [str(programs / "pg_isready"), "--quiet", "--host", str(folder), "--username", "podlab"]

    def answers() -> bool:
        return server.poll() is not None or subprocess.run(ready, check=False).returncode == 0

    if not wait_until(answers, PATIENCE) or server.poll() is not None:
        words = apt.last_words((folder / "log").read_text(errors="replace"))
        raise Problem(
            "postgres_failed",
            f"The PostgreSQL for the tests does not start: {words}",
            "Put it right, or run the other tests: make test-unit",
        )
