from types import SimpleNamespace

import pytest
from kombu.exceptions import OperationalError

from grader.actions import heartbeat
from web import celery


def test_a_lost_workers_message_comes_back_after_the_same_time_everywhere() -> None:
    conf = celery.app.conf
    assert conf.broker_transport_options["visibility_timeout"] == 300
    assert conf.result_backend_transport_options["visibility_timeout"] == 300
    assert conf.visibility_timeout == 300
    assert conf.task_time_limit < 300


def test_a_message_is_acknowledged_after_its_work_and_holds_plain_data() -> None:
    conf = celery.app.conf
    assert conf.task_acks_late
    assert not conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.accept_content == ["json"]
    assert conf.task_ignore_result
    assert conf.result_backend is None


def test_heartbeats_do_not_pile_up_while_nobody_works() -> None:
    entry = celery.app.conf.beat_schedule["heartbeat"]
    assert entry["options"]["expires"] <= entry["schedule"] == celery.HEARTBEAT_SECONDS


def test_what_the_scheduler_sends_is_a_task_that_exists() -> None:
    celery.app.loader.import_default_modules()
    assert celery.HEARTBEAT in celery.app.tasks


@pytest.mark.parametrize(
    "sender",
    [
        "celery@here",
        SimpleNamespace(hostname="celery@here"),
        SimpleNamespace(eventer=SimpleNamespace(hostname="celery@here")),
    ],
)
def test_a_worker_is_known_by_one_name_whichever_signal_tells(
    monkeypatch: pytest.MonkeyPatch, sender: object
) -> None:
    names: list[str] = []
    monkeypatch.setattr(heartbeat, "record_worker", lambda *, name: names.append(name))
    celery.report_worker(sender=sender)
    assert names == ["celery@here"]


def test_the_scheduler_starts_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(celery.app, "send_task", refuse)
    celery.beat_at_once()
