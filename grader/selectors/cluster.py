"""The state of the labs' cluster, whoever runs it."""

import threading
import time
from pathlib import Path

from django.conf import settings

from grader.selectors.cluster_state import ClusterStatus, Trouble, read_cluster_state

# How long an answer of somebody else's API server counts; pages must not add to its load.
ANSWER_SECONDS = 10.0


def read_cluster() -> ClusterStatus:
    if settings.CLUSTER == "none":
        return ClusterStatus(phase="off", source="none")
    if settings.CLUSTER == "embedded":
        return read_cluster_state(Path(settings.CLUSTER_STATE_FILE))
    return _foreign.read()


class _ForeignCluster:
    """Asks a cluster that we did not start; one question at a time, its answer kept a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._answer = ClusterStatus(phase="starting", source="kubeconfig")

    def read(self) -> ClusterStatus:
        # Whoever comes while somebody asks gets the last answer instead of waiting.
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._asked_at > ANSWER_SECONDS:
                    self._answer = _ask()
                    self._asked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._answer


_foreign = _ForeignCluster()


def _ask() -> ClusterStatus:
    # The Kubernetes part is only loaded where it is needed.
    from grader.kube.credentials import in_cluster_target, read_kubeconfig  # noqa: PLC0415
    from grader.kube.errors import KubeError  # noqa: PLC0415
    from grader.kube.readiness import check_ready  # noqa: PLC0415

    try:
        target = (
            in_cluster_target()
            if settings.CLUSTER == "in-cluster"
            else read_kubeconfig(Path(settings.KUBECONFIG))
        )
        check_ready(target)
    except KubeError as error:
        trouble = Trouble(code=error.code, message=error.message, help=error.help)
        return ClusterStatus(phase="unreachable", error=trouble, source=settings.CLUSTER)
    return ClusterStatus(phase="ready", source=settings.CLUSTER)
