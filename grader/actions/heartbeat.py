"""Signs of life. None of these may disturb what the worker really does, so Redis may be away."""

from contextlib import suppress

from redis import RedisError

from grader.queue.heartbeats import remove_worker, write_scheduler, write_worker


def record_worker(*, name: str) -> None:
    with suppress(RedisError):
        write_worker(name)


def forget_worker(*, name: str) -> None:
    with suppress(RedisError):
        remove_worker(name)


def record_scheduler() -> None:
    """Called by a worker for a message of the scheduler: so all three of them work."""
    with suppress(RedisError):
        write_scheduler()
