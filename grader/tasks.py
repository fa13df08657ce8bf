"""Entry points for Celery: each one calls an action and nothing else."""

from celery import shared_task

from grader.actions.heartbeat import record_scheduler


@shared_task(name="grader.heartbeat")
def heartbeat() -> None:
    record_scheduler()
