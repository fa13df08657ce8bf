"""States of the system for tests: all is well, but for what is said."""

from typing import Any

from grader.selectors.cluster_state import ClusterStatus
from grader.selectors.system import SystemStatus


def system_status(**changes: Any) -> SystemStatus:
    parts: dict[str, Any] = {
        "database": "ok",
        "redis": "ok",
        "workers": "ok",
        "scheduler": "ok",
        "worker_count": 1,
        "cluster": ClusterStatus(phase="ready"),
    }
    return SystemStatus(**{**parts, **changes})
