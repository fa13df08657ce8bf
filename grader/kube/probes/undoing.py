"""A script in a container that changes something, tells of it in lines, and undoes it at the end.

The end is that of its input: when the probe says so, and also when this process is killed.
"""

import threading
from collections.abc import Callable, Sequence

from grader.evidence.views import ContainerView
from grader.kube.errors import KubeError, NoShellError, TimedOutError
from grader.kube.exec_session import ExecSession
from grader.kube.probes.scene import Scene

CLEANING = 4.0


class UndoingScript:
    """Runs at once. `tell` gets its lines in a thread of its own, an empty one after trouble."""

    def __init__(
        self,
        scene: Scene,
        container: ContainerView,
        script: str,
        words: Sequence[str],
        tell: Callable[[str], None],
        seconds: float,
    ) -> None:
        self.trouble: KubeError | None = None
        self._scene = scene
        self._container = container
        self._command = ["sh", "-c", script, "podlab", *words]
        self._tell = tell
        self._seconds = seconds
        self._session: ExecSession | None = None
        self._over = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="undoing-script", daemon=True)
        self._thread.start()

    @property
    def has_no_shell(self) -> bool:
        return isinstance(self.trouble, NoShellError)

    def end(self) -> None:
        """Undone when it returns, or `trouble` says why that is not known."""
        with self._lock:
            self._over = True
            session = self._session
        if session:
            session.end_input()
        self._thread.join(CLEANING)
        if self._thread.is_alive():
            self.trouble = TimedOutError("The container did not come to an end.")
            if session:
                session.abort()

    def _work(self) -> None:
        scene, pod = self._scene, self._container.pod
        try:
            with ExecSession(
                scene.client,
                scene.namespace,
                pod.name,
                self._container.name,
                self._command,
                seconds=self._seconds + CLEANING,
            ) as session:
                self._read(session)
        except KubeError as error:
            self.trouble = error
            self._tell("")

    def _read(self, session: ExecSession) -> None:
        with self._lock:
            self._session = session
            over = self._over
        if over:
            session.end_input()
        while (line := session.read_line(self._seconds + CLEANING)) is not None:
            self._tell(line)
