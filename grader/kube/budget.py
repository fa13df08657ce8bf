"""What one grade may cost its cluster and us: calls, bytes, seconds. One budget for all threads."""

import threading
import time

from grader.kube.errors import BudgetError

CALLS = 60
BYTES = 8 * 1024 * 1024
SECONDS = 45.0


class Budget:
    def __init__(self, calls: int = CALLS, bytes: int = BYTES, seconds: float = SECONDS) -> None:  # noqa: A002 - the unit is the name
        self.calls = calls
        self.bytes = bytes
        self.seconds = seconds
        self.calls_made = 0
        self.bytes_read = 0
        self.end = time.monotonic() + seconds
        self._lock = threading.Lock()

    def calls_left(self) -> int:
        return max(0, self.calls - self.calls_made)

    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.end - time.monotonic())

    def deadline(self, seconds: float) -> float:
        """When a step of so many seconds has to end, by the monotonic clock."""
        return min(self.end, time.monotonic() + seconds)

    def call(self) -> None:
        """One more request is about to be made."""
        with self._lock:
            if self.calls_made >= self.calls:
                raise BudgetError(f"The grade has made its {self.calls} calls.")
            self.calls_made += 1
        if not self.left():
            raise self.spent()

    def read(self, count: int) -> None:
        """So many bytes have come."""
        with self._lock:
            self.bytes_read += count
            over = self.bytes_read > self.bytes
        if over:
            raise BudgetError(f"The grade has read its {self.bytes // 1024} KiB.")

    def spent(self) -> BudgetError:
        return BudgetError(f"The grade has used its {self.seconds:g} seconds.")


class SharedBudget(Budget):
    """Spends from another one and leaves it some calls: who comes last needs them most."""

    def __init__(self, whole: Budget, spared: int) -> None:
        super().__init__(whole.calls - spared, whole.bytes, whole.seconds)
        self._whole = whole
        self._spared = spared
        self.end = whole.end

    def calls_left(self) -> int:
        return max(0, self._whole.calls_left() - self._spared)

    def call(self) -> None:
        if not self.calls_left():
            raise BudgetError(f"The grade keeps its last {self._spared} calls.")
        self._whole.call()

    def read(self, count: int) -> None:
        self._whole.read(count)
