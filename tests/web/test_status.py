import re

import pytest
from django.test import Client
from django.urls import reverse

from grader.selectors.cluster_state import ClusterStatus, Component, Image, Stage, Trouble
from grader.selectors.system import SystemStatus
from host.run import STATUS_PAGE
from tests.systems import system_status
from web.ops import views

URL = reverse("status")


@pytest.fixture
def show(anonymous: Client, monkeypatch: pytest.MonkeyPatch) -> "Show":
    return Show(anonymous, monkeypatch)


class Show:
    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self._client = client
        self._monkeypatch = monkeypatch

    def __call__(self, status: SystemStatus, language: str = "en") -> str:
        self._monkeypatch.setattr(views, "read_system_status", lambda: status)
        response = self._client.get(URL, headers={"accept-language": language})
        assert response.status_code == 200
        return response.content.decode()


def test_all_parts_are_shown_even_to_a_visitor(show: Show) -> None:
    page = show(system_status())
    for name in ("Database", "Redis", "Workers", "Scheduler", "Everything is ready."):
        assert name in page


def test_a_missing_part_comes_with_its_command(show: Show) -> None:
    page = show(system_status(workers="missing", worker_count=0))
    assert "None is running: nothing can be graded" in page
    assert ".venv/bin/celery -A web worker" in page


def test_progress_is_a_bar_and_words(show: Show) -> None:
    stages = (
        Stage(id="sources", status="done"),
        Stage(id="engine", status="running", done=43, total=100, detail="kubelet"),
        Stage(id="images", status="pending"),
    )
    page = show(system_status(cluster=ClusterStatus(phase="preparing", stages=stages)))
    assert 'role="progressbar"' in page
    assert 'aria-valuenow="43"' in page
    assert 'aria-valuetext="compiling 43 %"' in page
    assert page.count("<progress") == 1


def test_a_bar_without_an_end_claims_no_number(show: Show) -> None:
    stages = (Stage(id="sources", status="running"),)
    page = show(system_status(cluster=ClusterStatus(phase="preparing", stages=stages)))
    assert "<progress" in page
    assert "aria-valuenow" not in page


def test_a_failure_says_what_we_saw_and_what_to_do(show: Show) -> None:
    error = Trouble(code="port_taken", message="Port 6443 is <taken>.", help="Stop k3s")
    page = show(system_status(cluster=ClusterStatus(phase="failed", error=error)), "ko")
    assert "클러스터에 필요한 포트를 다른 프로그램이 쓰고 있어요." in page
    assert "Port 6443 is &lt;taken&gt;." in page
    assert "Stop k3s" in page


def test_a_cluster_that_was_never_started_shows_how(show: Show) -> None:
    assert "manage.py cluster up" in show(system_status(cluster=ClusterStatus(phase="none")))


def test_components_images_and_notes_are_listed(show: Show) -> None:
    cluster = ClusterStatus(
        phase="ready",
        components=(Component(name="etcd", status="running", restarts=3, memory_bytes=48 * 2**20),),
        images=(Image(name="docker.io/library/nginx:1.27", kind="stand-in", purpose="web"),),
        notes=("network_policy_not_enforced",),
    )
    page = show(system_status(cluster=cluster))
    for words in ("etcd", "48 MiB", "docker.io/library/nginx:1.27", "stand-in", "not enforced"):
        assert words in page


def test_without_javascript_the_page_reloads_itself(show: Show) -> None:
    page = show(system_status())
    assert re.search(r'<noscript>\s*<meta http-equiv="refresh" content="5">\s*</noscript>', page)


def test_the_page_is_never_taken_from_a_cache(anonymous: Client) -> None:
    assert "no-store" in anonymous.get(URL).headers["Cache-Control"]


def test_the_address_that_make_run_names_is_this_page() -> None:
    assert reverse("status") == f"/{STATUS_PAGE}"
