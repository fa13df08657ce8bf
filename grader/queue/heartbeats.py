"""Signs of life in Redis: which workers run, and when the scheduler's last message came through."""

import time
from dataclasses import dataclass

from grader.queue.broker import broker

WORKERS = "podlab:workers"
SCHEDULER = "podlab:scheduler"
# Workers report every two seconds, the scheduler every ten.
WORKER_SECONDS = 15
SCHEDULER_SECONDS = 30


@dataclass(frozen=True)
class Heartbeats:
    workers: tuple[str, ...]
    scheduler: bool


def write_worker(name: str) -> None:
    now = time.time()
    with broker().pipeline(transaction=False) as pipe:
        pipe.zadd(WORKERS, {name: now})
        pipe.zremrangebyscore(WORKERS, 0, now - WORKER_SECONDS)
        pipe.execute()


def remove_worker(name: str) -> None:
    broker().zrem(WORKERS, name)


def write_scheduler() -> None:
    broker().set(SCHEDULER, f"{time.time():.0f}", ex=SCHEDULER_SECONDS)


def read_heartbeats() -> Heartbeats:
    """Raises `redis.RedisError` where Redis does not answer."""
    with broker().pipeline(transaction=False) as pipe:
        pipe.zrangebyscore(WORKERS, time.time() - WORKER_SECONDS, "+inf")
        pipe.exists(SCHEDULER)
        workers, scheduler = pipe.execute()
    return Heartbeats(workers=tuple(sorted(workers)), scheduler=bool(scheduler))
