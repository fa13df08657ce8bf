"""Follows a container's log while a probe looks for its lines. Never asks again and again."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from grader.evidence.model import LogLine
from grader.kube.client import Client
from grader.kube.errors import KubeError
from grader.kube.logs import read_line

if TYPE_CHECKING:
    from grader.kube.log_stream import ByteLines

Take = Callable[[LogLine], None]
# A container that is started anew begins a new log.
MOST_STREAMS = 6
PAUSE = 1.0


class LogWatch:
    """`take` gets every line, in a thread of its own, until it is stopped or time is up."""

    def __init__(  # noqa: PLR0913 - whose log, for how long, and who takes it
        self,
        client: Client,
        namespace: str,
        pod: str,
        container: str,
        take: Take,
        *,
        seconds: float,
        tail: int = 50,
    ) -> None:
        self.pod = pod
        self.container = container
        self.trouble: KubeError | None = None
        self._client = client
        self._path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        self._take = take
        self._tail = tail
        self._end = time.monotonic() + seconds
        self._stopped = threading.Event()
        self._lines: ByteLines | None = None
        self._thread = threading.Thread(target=self._work, name="follow-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Does not wait: the thread ends by itself once its connection is gone."""
        self._stopped.set()
        lines = self._lines
        if lines:
            with suppress(OSError):
                lines.close()

    def _work(self) -> None:
        for _ in range(MOST_STREAMS):
            try:
                self._follow()
                self.trouble = None
            except KubeError as error:
                self.trouble = error
            if self._stopped.wait(PAUSE) or time.monotonic() >= self._end:
                return

    def _follow(self) -> None:
        query: dict[str, str | int | bool] = {
            "container": self.container,
            "follow": True,
            "timestamps": True,
            "tailLines": self._tail,
        }
        seconds = max(0.1, self._end - time.monotonic())
        with self._client.stream(self._path, query, seconds=seconds) as lines:
            self._lines = lines
            for line in lines:
                if self._stopped.is_set():
                    return
                self._take(read_line(line))
