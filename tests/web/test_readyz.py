import pytest
from django.test import Client
from django.urls import reverse

from grader.selectors.cluster_state import ClusterStatus, Stage, Trouble
from grader.selectors.system import SystemStatus
from tests.systems import system_status
from web.ops import views

URL = reverse("readyz")


def ask(
    client: Client, monkeypatch: pytest.MonkeyPatch, status: SystemStatus
) -> tuple[int, dict[str, str]]:
    monkeypatch.setattr(views, "read_system_status", lambda: status)
    response = client.get(URL)
    return response.status_code, response.json()


def test_a_healthy_system_is_ready(anonymous: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(anonymous, monkeypatch, system_status()) == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "redis": "ok",
            "workers": "ok",
            "scheduler": "ok",
            "cluster": "ready",
        },
    )


@pytest.mark.parametrize(("part", "code"), [("database", 503), ("redis", 503), ("workers", 200)])
def test_only_what_is_needed_to_answer_makes_it_unready(
    anonymous: Client, monkeypatch: pytest.MonkeyPatch, part: str, code: int
) -> None:
    status, body = ask(anonymous, monkeypatch, system_status(**{part: "missing"}))
    assert status == code
    assert body[part] == "missing"
    assert body["status"] == ("ok" if code == 200 else "unavailable")


ENGINE = (Stage(id="engine", status="running", done=43, total=100),)


@pytest.mark.parametrize(
    ("cluster", "word"),
    [
        (ClusterStatus(phase="preparing", stages=ENGINE), "preparing(engine 43/100)"),
        (ClusterStatus(phase="starting"), "preparing"),
        (ClusterStatus(phase="none"), "none"),
        (ClusterStatus(phase="off"), "none"),
        (ClusterStatus(phase="stopped"), "none"),
        (ClusterStatus(phase="degraded"), "degraded"),
        (ClusterStatus(phase="failed", error=Trouble(code="disk_full")), "failed(disk_full)"),
        (ClusterStatus(phase="gone"), "failed(gone)"),
        (ClusterStatus(phase="unreadable"), "failed(unreadable)"),
    ],
)
def test_the_cluster_is_told_in_one_word(
    anonymous: Client, monkeypatch: pytest.MonkeyPatch, cluster: ClusterStatus, word: str
) -> None:
    code, body = ask(anonymous, monkeypatch, system_status(cluster=cluster))
    assert (code, body["cluster"]) == (200, word)


def test_a_redis_that_is_really_away_is_noticed(anonymous: Client) -> None:
    response = anonymous.get(URL)
    assert response.status_code == 503
    assert response.json()["redis"] == "missing"
