import pytest
import redis
from django.conf import LazySettings
from django.db import OperationalError

from grader.queue.heartbeats import Heartbeats
from grader.selectors import system
from grader.selectors.cluster_state import ClusterStatus
from tests.systems import system_status


@pytest.fixture
def _old_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_STARTED", float("-inf"))


@pytest.fixture
def _database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_database", lambda: "ok")


def beat(monkeypatch: pytest.MonkeyPatch, beats: Heartbeats | Exception) -> None:
    def read() -> Heartbeats:
        if isinstance(beats, Exception):
            raise beats
        return beats

    monkeypatch.setattr(system, "read_heartbeats", read)


@pytest.mark.usefixtures("_database", "_old_process")
def test_parts_that_give_a_sign_of_life_are_running(monkeypatch: pytest.MonkeyPatch) -> None:
    beat(monkeypatch, Heartbeats(workers=("a", "b"), scheduler=True))
    status = system.read_system_status()
    assert (status.redis, status.workers, status.scheduler) == ("ok", "ok", "ok")
    assert status.worker_count == 2


@pytest.mark.usefixtures("_database", "_old_process")
def test_without_redis_the_rest_is_missing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    beat(monkeypatch, redis.ConnectionError("refused"))
    status = system.read_system_status()
    assert (status.redis, status.workers, status.scheduler) == ("missing", "missing", "missing")
    assert not status.serves


@pytest.mark.usefixtures("_database")
def test_a_young_process_gives_the_others_time_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    beat(monkeypatch, Heartbeats(workers=(), scheduler=False))
    monkeypatch.setattr(system, "_STARTED", float("inf"))
    assert system.read_system_status().workers == "starting"


def test_a_database_that_refuses_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def cursor(self) -> object:
            raise OperationalError("refused")

    beat(monkeypatch, Heartbeats(workers=(), scheduler=False))
    monkeypatch.setattr(system, "connection", Refusing())
    status = system.read_system_status()
    assert status.database == "missing"
    assert not status.serves


@pytest.mark.parametrize(("phase", "complete"), [("ready", True), ("off", True), ("none", False)])
def test_the_system_is_complete_when_everything_runs(phase: str, complete: bool) -> None:
    cluster = ClusterStatus(phase=phase)  # type: ignore[arg-type]
    assert system_status(cluster=cluster).complete is complete


@pytest.mark.usefixtures("_database")
def test_a_site_without_a_cluster_says_so(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.CLUSTER = "none"
    beat(monkeypatch, Heartbeats(workers=(), scheduler=False))
    assert system.read_system_status().cluster.phase == "off"
