"""`python -m host.keep NAME -- COMMAND…`: keep one part of the site running.

A part that dies is started again, at longer and longer intervals, so that one bad part does not
end the others. Where root started the site, the part runs as the unprivileged user. A cluster that
cannot start says why and is left alone: the site does without it.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from host import processes
from host.instance import current_instance
from host.runuser import find_user, this_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.runuser import User

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY = 60.0  # who ran this long has earned a quick restart
PATIENCE = 9.0
SUDO_MEMORY = 120.0
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
ROOTS_PART = "cluster"
ON_TERMINAL = "PODLAB_KEEP_ON_TERMINAL"


class Keeper:
    def __init__(self, name: str, command: Sequence[str]) -> None:
        self._name = name
        self._command = list(command)
        self._user = this_user() if name == ROOTS_PART else _run_user()
        self._stopping = threading.Event()
        self._deadline = math.inf
        self._part: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        if ON_TERMINAL in os.environ:
            threading.Thread(target=self._keep_password, daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                break
            if self._name == ROOTS_PART and code >= 0:
                return self._do_without(code)
            if time.monotonic() - began > STEADY:
                pause = FIRST_PAUSE
            print(f"{self._name} {in_words(code)}; starting it again in {pause:.0f} s", flush=True)
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        return 0

    def _run_once(self) -> int:
        try:
            self._part = self._start()
        except OSError as error:
            print(f"{self._name} cannot be started: {error}", flush=True)
            return 127
        if self._stopping.is_set():  # the signal came between the two lines above
            end_gently(self._part)
        return self._wait(self._part)

    def _start(self) -> subprocess.Popen[bytes]:
        """In a session of its own: signals for us are not for it, we pass them on.

        Only a sudo that knows its password by the terminal must stay on that terminal.
        """
        return subprocess.Popen(
            self._command,
            env={**os.environ, **self._user.environment(current_instance().state)},
            stdin=subprocess.DEVNULL,
            start_new_session=ON_TERMINAL not in os.environ,
            preexec_fn=None if self._name == ROOTS_PART else _end_with_parent,  # noqa: PLW1509  (no threads here)
            **self._user.rights,
        )

    def _wait(self, part: subprocess.Popen[bytes]) -> int:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return part.wait(timeout=0.2)
            if time.monotonic() > self._deadline:
                _kill(part)

    def _keep_password(self) -> None:
        """Sudo forgets it after some minutes, and we need it once more at the end."""
        while not self._stopping.wait(SUDO_MEMORY):
            subprocess.run(["sudo", "-n", "-v"], capture_output=True, check=False)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._deadline = min(self._deadline, time.monotonic() + PATIENCE)
        self._stopping.set()
        if self._part is not None:
            end_gently(self._part)

    def _do_without(self, code: int) -> int:
        reason = "was stopped" if code == 0 else "is not running (the reason is above)"
        print(
            f"The cluster {reason}; the site goes on without it. "
            "To start it: python3 manage.py cluster up",
            flush=True,
        )
        self._stopping.wait()
        return 0


def _end_with_parent() -> None:
    """Were the keeper ended by force, its part would stay, and Redis hides its mark."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_gently(part: subprocess.Popen[bytes]) -> None:
    """Who became root by sudo can only be told by sudo, which passes the signal on."""
    roots = processes.sudos_below(part.pid) if os.geteuid() != 0 else []
    if not roots:
        part.terminate()
        return
    command = ["sudo", "-n", "kill", "-TERM", *map(str, roots)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        print("The cluster runs on as root; to end it: python3 manage.py cluster down", flush=True)


def _kill(part: subprocess.Popen[bytes]) -> None:
    """With all that it started, where it has a group of its own."""
    if os.getpgid(part.pid) == part.pid:
        os.killpg(part.pid, signal.SIGKILL)
    else:
        part.kill()


def in_words(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _run_user() -> User:
    return find_user(os.environ.get("PODLAB_RUN_USER", "")) or this_user()


def main(arguments: Sequence[str]) -> int:
    name, separator, *command = arguments
    if separator != "--" or not command:
        print("Usage: python -m host.keep NAME -- COMMAND…", file=sys.stderr)
        return 2
    return Keeper(name, command).run()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
