"""The Celery application. Redis only wakes workers; the database is the queue of record.

A task may be delivered twice or, with its worker, get lost; whoever needs more than that keeps
its own books in the database.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    heartbeat_sent,
    setup_logging,
    worker_ready,
    worker_shutdown,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")

from django.conf import settings
from kombu.exceptions import OperationalError

from web.redis_url import celery_broker_url

# A message that a dead worker took comes back after this time. All three places below need it: the
# shortest one among the programs that share a Redis wins.
VISIBILITY_TIMEOUT = 300
HEARTBEAT = "grader.heartbeat"
HEARTBEAT_SECONDS = 10

app = Celery("podlab")
app.conf.update(
    broker_url=celery_broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "socket_connect_timeout": 5,
        "global_keyprefix": "podlab:queue:",
    },
    result_backend_transport_options={"visibility_timeout": VISIBILITY_TIMEOUT},
    visibility_timeout=VISIBILITY_TIMEOUT,
    include=["grader.tasks"],
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    # A task that kills its worker would be handed out again without end.
    task_reject_on_worker_lost=False,
    task_soft_time_limit=45,
    task_time_limit=60,
    task_default_queue="grade",
    worker_concurrency=settings.WORKER_PROCESSES,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=200,
    worker_max_memory_per_child=300_000,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    # Unfinished tasks go back to the queue before `make run` loses its patience (10 s).
    worker_soft_shutdown_timeout=5.0,
    worker_enable_soft_shutdown_on_idle=False,
    timezone="UTC",
    beat_schedule_filename=str(settings.BEAT_SCHEDULE_FILE),
    beat_schedule={
        "heartbeat": {
            "task": HEARTBEAT,
            "schedule": HEARTBEAT_SECONDS,
            # Without a worker, heartbeats must not pile up.
            "options": {"expires": HEARTBEAT_SECONDS},
        },
    },
)


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """A receiver of this signal keeps Celery from replacing the log handlers."""
    from django.utils.log import configure_logging  # noqa: PLC0415 - needs settings, not earlier

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@worker_ready.connect
@heartbeat_sent.connect
def report_worker(sender: Any = None, **_: Any) -> None:
    from grader.actions.heartbeat import record_worker  # noqa: PLC0415 - needs Django set up

    record_worker(name=_name(sender))


@worker_shutdown.connect
def report_worker_gone(sender: Any = None, **_: Any) -> None:
    from grader.actions.heartbeat import forget_worker  # noqa: PLC0415 - needs Django set up

    forget_worker(name=_name(sender))


@beat_init.connect
def beat_at_once(**_: Any) -> None:
    """The first interval would otherwise pass before anybody knows that the scheduler runs."""
    try:
        app.send_task(HEARTBEAT, expires=HEARTBEAT_SECONDS, retry=False)
    except OperationalError:
        # Redis is not there yet; beat itself keeps trying, every ten seconds.
        return


def _name(sender: Any) -> str:
    """Signals name their worker in three ways: by object, by its event sender or as text."""
    if isinstance(sender, str):
        return sender
    return str(getattr(sender, "hostname", None) or sender.eventer.hostname)
