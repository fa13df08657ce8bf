"""The API server's time, carried on by our own clock between two answers."""

import threading
import time
from datetime import UTC, datetime, timedelta

# The Date header counts whole seconds: what differs by less is the same time.
SAME = 2.0


class Clock:
    def __init__(self) -> None:
        self._ahead: timedelta | None = None
        self._lock = threading.Lock()

    def learn(self, server_time: datetime | None) -> None:
        """The first answer sets the clock; later ones would only make it jump."""
        with self._lock:
            if server_time is None or self._ahead is not None:
                return
            ahead = server_time - datetime.now(UTC)
            is_same = abs(ahead.total_seconds()) < SAME
            self._ahead = timedelta() if is_same else ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + (self._ahead or timedelta())

    def stamp(self) -> str:
        return spell(self.now())


def spell(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def elapsed(since: float) -> int:
    """Milliseconds by the monotonic clock."""
    return round((time.monotonic() - since) * 1000)
