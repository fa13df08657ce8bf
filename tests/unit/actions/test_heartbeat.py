import pytest
import redis

from grader.actions import heartbeat
from grader.actions.heartbeat import forget_worker, record_scheduler, record_worker


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(heartbeat, "write_worker", lambda name: calls.append(f"+{name}"))
    monkeypatch.setattr(heartbeat, "remove_worker", lambda name: calls.append(f"-{name}"))
    monkeypatch.setattr(heartbeat, "write_scheduler", lambda: calls.append("scheduler"))
    return calls


def test_signs_of_life_are_written(written: list[str]) -> None:
    record_worker(name="celery@a")
    record_scheduler()
    forget_worker(name="celery@a")
    assert written == ["+celery@a", "scheduler", "-celery@a"]


def test_a_worker_does_not_stumble_over_an_absent_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise redis.ConnectionError("refused")

    for name in ("write_worker", "remove_worker", "write_scheduler"):
        monkeypatch.setattr(heartbeat, name, refuse)
    record_worker(name="a")
    forget_worker(name="a")
    record_scheduler()
