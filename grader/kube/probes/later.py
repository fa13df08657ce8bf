"""Who listens, looked at when it is needed: at once, after a moment, or not at all.

Where the specs alone tell the roles, a correct solution is through before it needs to be known.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Later(Generic[Found]):
    """Begins when somebody wants it, or when it was not called off for so long."""

    def __init__(self, find: Callable[[], Found], delay: float) -> None:
        self._find = find
        self._delay = delay
        self._begin = threading.Event()
        self._called_off = False
        self._found: list[Found] = []
        self._error: Exception | None = None
        self._told: list[Callable[[Found], None]] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="collect-later", daemon=True)
        self._thread.start()

    def join(self) -> Found:
        """Wanted now."""
        self._begin.set()
        self._thread.join()
        if self._error:
            raise self._error
        return self._found[0]

    def call_off(self) -> Found | None:
        """What was found where it had begun; nothing, and nothing more, where it had not."""
        with self._lock:
            self._called_off = not self._begin.is_set()
            self._begin.set()
        self._thread.join()
        if self._error:
            raise self._error
        return self._found[0] if self._found else None

    def when_found(self, tell: Callable[[Found], None]) -> None:
        with self._lock:
            self._told.append(tell)
            found = self._found[:]
        for one in found:
            tell(one)

    def _work(self) -> None:
        self._begin.wait(self._delay)
        with self._lock:
            self._begin.set()
            if self._called_off:
                return
        try:
            found = self._find()
        except Exception as error:  # noqa: BLE001 - raised again for who wants it
            self._error = error
            return
        with self._lock:
            self._found.append(found)
            told = list(self._told)
        for tell in told:
            tell(found)
