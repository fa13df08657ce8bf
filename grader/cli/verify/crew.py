"""Runs side by side, and ends at once on Ctrl-C."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from grader.cli.verify.promise import Outcome
from grader.cli.verify.runs import Task

Work = Callable[[Task], Outcome]


class Crew:
    """Daemon threads: whoever waits for them may leave, and the process ends without them."""

    def __init__(self, work: Work, tasks: Sequence[Task], jobs: int) -> None:
        self._work = work
        self._open: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
        self._count = len(tasks)
        self.current: dict[int, Task] = {}
        for task in tasks:
            self._open.put(task)
        for _ in range(min(jobs, len(tasks))):
            threading.Thread(target=self._toil, daemon=True).start()

    def outcomes(self) -> Iterator[Outcome]:
        """As they come. An error of ours that nobody foresaw is raised here."""
        for _ in range(self._count):
            found = self._done.get()
            if isinstance(found, BaseException):
                raise found
            yield found

    def _toil(self) -> None:
        while True:
            try:
                task = self._open.get_nowait()
            except queue.Empty:
                return
            self.current[task.number] = task
            try:
                self._done.put(self._work(task))
            except Exception as error:  # noqa: BLE001 - it is raised again where people see it
                self._done.put(error)
            finally:
                self.current.pop(task.number, None)
