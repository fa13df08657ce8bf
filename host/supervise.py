"""Start the Procfile under honcho, say when the site answers, and leave no process behind."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host import processes
from host.errors import Problem
from host.keep import ON_TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.setup.workshop import Workshop

ANSWER_PATIENCE = 60.0
STOP_PATIENCE = 8.5


@dataclass
class Supervision:
    workshop: Workshop
    environment: dict[str, str]
    parts: tuple[str, ...]
    host: str
    port: int
    on_terminal: tuple[str, ...] = ()
    stopping: threading.Event = field(default_factory=threading.Event)
    honcho: subprocess.Popen[bytes] | None = None
    keeper: subprocess.Popen[bytes] | None = None
    sudos: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def run(self, tell_ready: Callable[[], None]) -> int:
        """Until Ctrl-C (0), or until honcho itself ends (1)."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            self.honcho = self._start()
            self.keeper = self._start_on_terminal()
            if self._wait_for_answer():
                tell_ready()
            while not self.stopping.wait(0.2) and self.honcho.poll() is None:
                pass
        finally:
            asked = self.stopping.is_set()
            self._stop()
        return 0 if asked else 1

    def _start(self) -> subprocess.Popen[bytes]:
        """In a session of its own: a Ctrl-C reaches us alone, and we end the rest in order."""
        command = [str(self.workshop.venv_python), "-m", "honcho", "--no-colour"]
        if sys.stdout.isatty():
            command.pop()
        return subprocess.Popen(
            [*command, "start", "--env", os.devnull, *self.parts],
            cwd=self.workshop.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _start_on_terminal(self) -> subprocess.Popen[bytes] | None:
        """Honcho's sessions have no terminal, and sudo remembers a password for a terminal."""
        if not self.on_terminal:
            return None
        python = str(self.workshop.venv_python)
        command = [python, "-m", "host.keep", "cluster", "--", python, "manage.py"]
        return subprocess.Popen(
            [*command, "cluster", "up", "--foreground"],
            cwd=self.workshop.root,
            env={**self.environment, ON_TERMINAL: "1"},
            stdin=subprocess.DEVNULL,
            process_group=0,  # a Ctrl-C is for us alone here too
        )

    def _wait_for_answer(self) -> bool:
        deadline = time.monotonic() + ANSWER_PATIENCE
        while time.monotonic() < deadline and not self.stopping.is_set():
            if self.honcho is None or self.honcho.poll() is not None:
                return False
            if answers(self.address):
                return True
            self.stopping.wait(0.05)
        if not self.stopping.is_set():
            self.workshop.say(f"! {self.address} does not answer yet; the reason may be above.")
        return False

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.workshop.say("Stopping…")
        for started in filter(None, (self.honcho, self.keeper)):
            if started.poll() is None:
                self.sudos += processes.sudos_below(started.pid)
                started.terminate()
        name, launch = self.workshop.instance.name, self.environment[processes.MARK]
        if not processes.wait_until(lambda: self._all_ended(name, launch), STOP_PATIENCE):
            self._force()
        for started in filter(None, (self.honcho, self.keeper)):
            started.wait()
        self.workshop.say("Stopped; no process is left.")

    def _force(self) -> None:
        """The cluster's own command knows how to end containers; the rest is simply ended."""
        self.workshop.say("Some processes do not end by themselves; ending them.")
        name, launch = self.workshop.instance.name, self.environment[processes.MARK]
        if "cluster" in self.parts:
            command = [str(self.workshop.venv_python), "manage.py", "cluster", "down"]
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    command,
                    cwd=self.workshop.root,
                    env={**self.environment, processes.MARK: ""},
                    stdin=subprocess.DEVNULL,
                    check=False,
                    timeout=30,
                )
        processes.send(self._left(name, launch), signal.SIGKILL)
        processes.wait_until(lambda: not self._left(name, launch), 2.0)

    def _all_ended(self, name: str, launch: str) -> bool:
        """Root's processes hide their marks from others, but not that their sudo lives."""
        started = [one for one in (self.honcho, self.keeper) if one is not None]
        ended = [one.poll() is not None for one in started]
        return (
            all(ended)
            and not self._left(name, launch)
            and not any(map(processes.lives, self.sudos))
        )

    def _left(self, name: str, launch: str) -> list[int]:
        return processes.marked(name, launch)


def answers(address: str) -> bool:
    host, _, port = address.removeprefix("http://").rstrip("/").rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        # 400 is Django's word on a Host that ALLOWED_HOSTS lacks: it answers all the same.
        return connection.getresponse().status in {200, 301, 400, 503}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def end_earlier_launch(workshop: Workshop) -> None:
    """A launcher that was killed could not end what it had started."""
    name = workshop.instance.name
    if processes.marked(name):
        workshop.say("Ending what an earlier run left behind.")
        processes.end(lambda: processes.marked(name), STOP_PATIENCE)
    if processes.marked(name):
        raise Problem(
            "already_running",
            "Processes of an earlier run of this Podlab do not end.",
            f"End them: kill -9 {' '.join(map(str, processes.marked(name)))}",
        )
