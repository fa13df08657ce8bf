from pathlib import Path

import pytest
from django.conf import LazySettings

from grader.kube import credentials, readiness
from grader.kube.credentials import Target
from grader.kube.errors import KubeconfigError, UnreachableError
from grader.selectors import cluster
from grader.selectors.cluster import read_cluster


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_foreign", cluster._ForeignCluster())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> list[Target]:
    """Every question that reaches the API server."""
    questions: list[Target] = []
    settings.CLUSTER = "kubeconfig"
    settings.KUBECONFIG = "/etc/podlab/kubeconfig"
    monkeypatch.setattr(credentials, "read_kubeconfig", lambda _: Target(server="https://api"))
    monkeypatch.setattr(readiness, "check_ready", questions.append)
    return questions


def test_a_cluster_that_answers_is_ready(asked: list[Target]) -> None:
    status = read_cluster()
    assert (status.phase, status.source) == ("ready", "kubeconfig")


def test_many_pages_cause_one_question(asked: list[Target]) -> None:
    for _ in range(20):
        read_cluster()
    assert len(asked) == 1


def test_an_old_answer_is_asked_for_again(
    asked: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_cluster()
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", -1.0)
    read_cluster()
    assert len(asked) == 2


def test_a_cluster_that_does_not_answer_says_why(
    asked: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_target: Target) -> None:
        raise UnreachableError("https://api does not answer: refused", "Check the address.")

    monkeypatch.setattr(readiness, "check_ready", refuse)
    status = read_cluster()
    assert status.phase == "unreachable"
    assert status.error
    assert (status.error.code, status.error.help) == ("unreachable", "Check the address.")


def test_a_bad_kubeconfig_is_told_not_raised(
    asked: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: Path) -> Target:
        raise KubeconfigError("not YAML", "Check it.")

    monkeypatch.setattr(credentials, "read_kubeconfig", refuse)
    status = read_cluster()
    assert status.error
    assert status.error.code == "bad_kubeconfig"
    assert asked == []
