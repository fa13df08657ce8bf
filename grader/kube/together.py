"""Calls made side by side. One that fails leaves its error in its place."""

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from grader.kube.errors import KubeError

Key = TypeVar("Key")
Value = TypeVar("Value")
MOST = 8


def run_together(
    tasks: Mapping[Key, Callable[[], Value]], most: int = MOST
) -> dict[Key, Value | KubeError]:
    """At most so many at once; results in the order of the tasks.

    The caller works too, so that one task alone needs no thread.
    """
    waiting = list(tasks.items())[::-1]
    results: dict[Key, Value | KubeError] = {}
    bugs: list[Exception] = []

    def work() -> None:
        while waiting:
            try:
                key, task = waiting.pop()
            except IndexError:
                return
            try:
                results[key] = task()
            except KubeError as error:
                results[key] = error
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                bugs.append(error)

    threads = [
        threading.Thread(target=work, name=f"collect-{place}", daemon=True)
        for place in range(min(most, len(tasks)) - 1)
    ]
    _run(threads, work)
    if bugs:
        raise bugs[0]
    return {key: results[key] for key in tasks}


def _run(threads: list[threading.Thread], work: Callable[[], None]) -> None:
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()


class Background(Generic[Value]):
    """One call in a thread of its own, joined later."""

    def __init__(self, task: Callable[[], Value], name: str) -> None:
        self._results: list[Value] = []
        self._error: Exception | None = None
        self._task = task
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def join(self) -> Value:
        self._thread.join()
        if self._error:
            raise self._error
        return self._results[0]

    def _work(self) -> None:
        try:
            self._results.append(self._task())
        except Exception as error:  # noqa: BLE001 - raised again in `join`
            self._error = error
