"""What a probe did and saw, as it happens. Many threads may write."""

import secrets
import string
import threading
from collections.abc import Callable
from typing import Any

from grader.evidence.model import Step, Transcript, Trouble
from grader.evidence.sanitise import clean, clean_object
from grader.kube.clock import Clock
from grader.kube.together import Background

MOST_STEPS = 60
LONGEST = 400
_ALPHABET = string.ascii_lowercase + string.digits


def nonce() -> str:
    """Random, made for one run: one path segment or name, not to be guessed."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


class Journal:
    def __init__(self, clock: Clock) -> None:
        self.facts: dict[str, Any] = {}
        self._clock = clock
        self._steps: list[Step] = []
        self._left_behind: list[str] = []
        self._tidying: list[Background[None]] = []
        self._lock = threading.Lock()

    def step(
        self,
        action: str,
        *,
        pod: str = "",
        container: str = "",
        target: str = "",
        ok: bool = True,
        saw: str = "",
    ) -> None:
        at = self._clock.stamp()
        step = Step(at, action, pod, container, clean(target, LONGEST), ok, clean(saw, LONGEST))
        with self._lock:
            if len(self._steps) < MOST_STEPS:
                self._steps.append(step)

    def leave_behind(self, what: str) -> None:
        with self._lock:
            self._left_behind.append(clean(what, LONGEST))

    def tidy(self, work: Callable[[], None]) -> None:
        """Takes something away while the grade goes on; it is done before the transcript is."""
        self._tidying.append(Background(work, "collect-tidy"))

    def transcript(self, kind: str, trouble: Trouble | None) -> Transcript:
        for one in self._tidying:
            one.join()
        with self._lock:
            facts, _ = clean_object(dict(self.facts))
            return Transcript(kind, tuple(self._steps), facts, trouble, tuple(self._left_behind))
