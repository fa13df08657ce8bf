"""The state of all parts of the system, for the status page, /readyz and the front page."""

import time
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from redis import RedisError

from grader.queue.heartbeats import Heartbeats, read_heartbeats
from grader.selectors.cluster import read_cluster
from grader.selectors.cluster_state import ClusterStatus

Health = Literal["ok", "starting", "missing"]
# Programs that are started together need a moment to say so.
GRACE_SECONDS = 20
_STARTED = time.monotonic()


@dataclass(frozen=True)
class SystemStatus:
    database: Health
    redis: Health
    workers: Health
    scheduler: Health
    worker_count: int
    cluster: ClusterStatus

    @property
    def serves(self) -> bool:
        """Whether requests can be answered at all."""
        return self.database == self.redis == "ok"

    @property
    def complete(self) -> bool:
        parts = (self.database, self.redis, self.workers, self.scheduler)
        return set(parts) == {"ok"} and self.cluster.phase in {"ready", "off"}


def read_system_status() -> SystemStatus:
    heartbeats = _heartbeats()
    return SystemStatus(
        database=_database(),
        redis="ok" if heartbeats else "missing",
        workers=_seen(bool(heartbeats and heartbeats.workers)),
        scheduler=_seen(bool(heartbeats and heartbeats.scheduler)),
        worker_count=len(heartbeats.workers) if heartbeats else 0,
        cluster=read_cluster(),
    )


def _database() -> Health:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, ImproperlyConfigured):
        return "missing"
    return "ok"


def _heartbeats() -> Heartbeats | None:
    try:
        return read_heartbeats()
    except RedisError:
        return None


def _seen(heard: bool) -> Health:  # noqa: FBT001 - one word, one meaning
    if heard:
        return "ok"
    young = time.monotonic() - _STARTED < GRACE_SECONDS
    return "starting" if young else "missing"


def engine() -> str:
    """`sqlite` or `postgresql`."""
    return "sqlite" if "sqlite" in settings.DATABASES["default"]["ENGINE"] else "postgresql"
