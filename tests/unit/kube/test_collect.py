"""Collecting and waiting, against an API server that is a few functions."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from grader.evidence.model import LogLine, Trouble
from grader.kube import collect as collecting
from grader.kube.budget import Budget, SharedBudget
from grader.kube.client import Listing
from grader.kube.clock import Clock
from grader.kube.credentials import Target
from grader.kube.errors import (
    BudgetError,
    ForbiddenError,
    KubeconfigError,
    KubeError,
    NamespaceError,
    NotFoundError,
    UnreachableError,
)
from grader.kube.logs import Wanted, last_stamp, read_line, take_logs, wanted_logs
from grader.kube.response import Answer
from grader.kube.settle import Scenery, Settling, watching
from grader.kube.snapshot import Kept, keep, take
from grader.kube.together import Background, run_together
from tests.unit.judge.labs import deployment, lab_with, nginx, service, shipper, standing
from tests.workspaces import NAMESPACE, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.evidence.model import Evidence

ENDS = {
    "deployments": "Deployment",
    "replicasets": "ReplicaSet",
    "pods": "Pod",
    "services": "Service",
    "endpointslices": "EndpointSlice",
    "configmaps": "ConfigMap",
    "events": "Event",
}
FORBIDDEN = ForbiddenError("pods is forbidden", status=403)
READY = {"kind": "ready", "roles": ["writer", "reader"], "seconds": 5}


class Cluster:
    """Lists a workspace; a test changes it, makes parts of it fail, or sends events."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.namespace: dict[str, Any] = {"metadata": {"name": NAMESPACE}, "status": {}}
        self.fails: dict[str, KubeError] = {}
        self.logs: dict[str, bytes] = {}
        self.events: list[dict[str, Any]] = []
        self.budget = Budget()
        self.cut = False
        self.asked: list[str] = []
        self.paths: list[tuple[str, Any]] = []
        self.happened = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        return

    def within(self, _budget: Budget) -> Cluster:
        return self

    def list(self, path: str, _query: Any = None, **_bounds: Any) -> Listing:
        kind = self._kind(path)
        items = json.loads(json.dumps(self.workspace.objects[kind]))
        return Listing(items, datetime.now(UTC), "7", self.cut)

    def get_json(self, path: str, _query: Any = None, **_bounds: Any) -> Any:
        self._kind(f"{path}/Namespace")
        return self.namespace

    def get(self, path: str, query: Any = None, **_bounds: Any) -> Answer:
        self.budget.call()
        self.paths.append((path, query))
        if "Log" in self.fails:
            raise self.fails["Log"]
        body = self.logs.get(query["container"], b"")
        return Answer(200, body, None)

    @contextmanager
    def stream(self, path: str, _query: Any, **_bounds: Any) -> Iterator[Any]:
        kind = self._kind(path)
        yield _Events(self, kind)

    def _kind(self, path: str) -> str:
        self.budget.call()
        end = path.rpartition("/")[2]
        kind = ENDS.get(end, end)
        self.asked.append(kind)
        if kind in self.fails:
            raise self.fails[kind]
        return kind


class _Events:
    """The changes of one kind; then silence until it is closed."""

    def __init__(self, cluster: Cluster, kind: str) -> None:
        self._cluster = cluster
        self._kind = kind
        self._closed = threading.Event()

    def close(self) -> None:
        self._closed.set()

    def __iter__(self) -> Iterator[bytes]:
        if self._kind == "Pod":
            for event in self._cluster.events:
                yield json.dumps(event).encode()
            self._cluster.happened.set()
        self._closed.wait(10)


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def collected(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, check: dict[str, Any] = READY, **parts: Any
) -> Evidence:
    monkeypatch.setattr(collecting, "Client", lambda *_: cluster)
    lab = lab_with(check, **parts)
    return collecting.collect(lab, Target("https://x"), NAMESPACE, budget=cluster.budget)


def test_what_stands_is_listed_once_and_its_pods_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster(standing(deployment(nginx(), shipper()), service()))
    evidence = collected(cluster, monkeypatch)
    assert sorted(cluster.asked) == sorted([*ENDS.values(), "Namespace", "Pod"])
    assert evidence.settled
    assert evidence.unseen == {}
    assert evidence.api_calls == 9
    assert evidence.plan["hold_seconds"] == 5
    assert evidence.objects["Service"][0]["metadata"]["name"] == "web"
    uid = cluster.workspace.get("Pod")["metadata"]["uid"]
    assert evidence.before == {uid: {"nginx": 0, "shipper": 0}}


def test_what_may_not_be_listed_is_unseen_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(standing())
    cluster.fails = {"Service": FORBIDDEN, "Event": UnreachableError("gone")}
    evidence = collected(cluster, monkeypatch)
    codes = {kind: trouble.code for kind, trouble in evidence.unseen.items()}
    assert codes == {"Service": "forbidden", "Event": "unreachable"}
    assert "Service" not in evidence.objects


def test_a_namespace_that_is_not_there_ends_the_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(Workspace(objects={kind: [] for kind in ENDS.values()}))
    cluster.fails = {"Namespace": NotFoundError("no", status=404)}
    with pytest.raises(NamespaceError, match="There is no namespace “learner-1”"):
        collected(cluster, monkeypatch)


def test_a_namespace_that_may_not_be_asked_for_is_looked_at_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The grader's Role lists what is in it and does not read the namespace itself."""
    cluster = Cluster(standing())
    cluster.fails = {"Namespace": FORBIDDEN}
    evidence = collected(cluster, monkeypatch)
    assert set(evidence.unseen) == {"Namespace"}
    assert evidence.objects["Pod"]


def test_a_namespace_that_is_being_deleted_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(standing())
    cluster.namespace["status"]["phase"] = "Terminating"
    evidence = collected(cluster, monkeypatch)
    assert evidence.unseen["Namespace"].code == "terminating"
    assert evidence.objects["Namespace"]


def test_a_kubeconfig_that_is_no_good_ends_the_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(standing())
    cluster.fails = {"Pod": KubeconfigError("A key is not valid.")}
    with pytest.raises(KubeconfigError):
        collected(cluster, monkeypatch)


def test_pods_that_cannot_be_listed_at_the_end_are_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood before the probes may have fallen since: nobody knows."""
    cluster = Cluster(standing())
    plain = cluster.list

    def only_once(path: str, *query: Any, **bounds: Any) -> Listing:
        if path.endswith("/pods") and "Pod" in cluster.asked:
            raise FORBIDDEN
        return plain(path, *query, **bounds)

    cluster.list = only_once  # type: ignore[method-assign]
    assert collected(cluster, monkeypatch).unseen["Pod"].code == "forbidden"


def test_a_lab_without_workloads_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(standing())
    quiz = {
        "id": "answer",
        "kind": "number",
        "prompt": {"ko": "말", "en": "words"},
        "right": [1],
    }
    monkeypatch.setattr(collecting, "Client", lambda *_: cluster)
    lab = lab_with(workloads={}, roles={}, questions=[quiz])
    answers = {"task": {"answer": 1}}
    evidence = collecting.collect(lab, Target("https://x"), NAMESPACE, answers)
    assert cluster.asked == []
    assert evidence.answers == answers


def test_a_huge_config_map_is_cut_and_says_so() -> None:
    item = {"metadata": {"name": "big"}, "data": {"all": "x" * 900_000}}
    kept = keep("ConfigMap", Listing([item], None, "1", cut=True))
    assert len(json.dumps(kept.objects)) < 20_000
    assert [(cut.what, cut.why) for cut in kept.cuts] == [
        ("ConfigMap/big.data.all", "string"),
        ("ConfigMap", "pages"),
    ]


def test_kubernetes_own_certificate_is_nobody_s_answer() -> None:
    item = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "x"}}
    assert keep("ConfigMap", Listing([item], None, "1", cut=False)).objects == ()


# waiting


def scenery_of(cluster: Cluster) -> Scenery:
    kept = take(cluster, NAMESPACE, ENDS.values(), Clock())  # type: ignore[arg-type]
    return Scenery(lab_with(READY), kept)


def starting() -> Cluster:
    """The shipper is being made."""
    cluster = Cluster(standing())
    pod = cluster.workspace.get("Pod")
    pod["metadata"]["creationTimestamp"] = ago(1)
    status = cluster.workspace.status("shipper")
    status.update(ready=False, state={"waiting": {"reason": "ContainerCreating"}})
    return cluster


def pod_event(cluster: Cluster, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    pod = json.loads(json.dumps(cluster.workspace.get("Pod")))
    change(pod["status"]["containerStatuses"][1])
    return {"type": "MODIFIED", "object": pod}


def stands(status: dict[str, Any]) -> None:
    status.update(ready=True, state={"running": {"startedAt": ago(60)}})


def waited(cluster: Cluster, patience: float = 5.0) -> tuple[Settling, list[str]]:
    scenery, clock = scenery_of(cluster), Clock()
    settling = Settling(scenery, clock, 5, patience)
    told: list[str] = []
    with watching(cluster, NAMESPACE, scenery, clock, 10):  # type: ignore[arg-type]
        settling.wait_until_stands(lambda outlook: told.extend(one.container for one in outlook))
        settling.wait_until_held(lambda _: None)
    return settling, told


def test_a_change_that_the_api_server_tells_ends_the_wait() -> None:
    cluster = starting()
    cluster.events = [pod_event(cluster, stands)]
    settling, told = waited(cluster)
    assert not settling.is_starting()
    assert set(told) <= {"shipper"}
    assert cluster.happened.is_set()


def test_what_makes_progress_until_the_end_has_not_settled() -> None:
    settling, told = waited(starting(), patience=0.3)
    assert settling.is_starting()
    assert told[0] == "shipper"


def test_restarts_count_from_when_all_stood() -> None:
    """`tail -f` before there is a file ends once; that is no restart while it was held."""

    def restarted(status: dict[str, Any]) -> None:
        stands(status)
        status["restartCount"] = 1

    cluster = starting()
    cluster.events = [pod_event(cluster, restarted)]
    settling, _ = waited(cluster)
    uid = cluster.workspace.get("Pod")["metadata"]["uid"]
    assert settling.before[uid]["shipper"] == 1


def test_a_watch_that_loses_its_place_lists_anew() -> None:
    cluster = starting()
    cluster.events = [{"type": "ERROR", "object": {"code": 410}}]
    stands(cluster.workspace.status("shipper"))
    scenery, clock = scenery_of(cluster), Clock()
    before = cluster.asked.count("Pod")
    with watching(cluster, NAMESPACE, scenery, clock, 5):  # type: ignore[arg-type]
        version = scenery.version
        scenery.wait(version, 5)
    assert cluster.asked.count("Pod") > before
    assert scenery.version > version


def test_a_deleted_pod_leaves_the_scenery() -> None:
    cluster = starting()
    scenery = scenery_of(cluster)
    pod = cluster.workspace.get("Pod")
    scenery.apply("Pod", "DELETED", pod)
    assert scenery.kept["Pod"].objects == ()
    scenery.apply("Pod", "ADDED", pod)
    assert len(scenery.kept["Pod"].objects) == 1


# logs


def wanted_of(workspace: Workspace, keys: tuple[str, ...] = ("reader",)) -> list[tuple[str, bool]]:
    lab = lab_with(READY)
    roles = {"writer": "nginx", "reader": "shipper"}
    found = wanted_logs(workspace.evidence(), lab, roles, keys)
    return [(one.container, one.previous) for one in found]


def test_logs_are_of_roles_that_checks_ask_for_and_of_what_is_not_well() -> None:
    workspace = standing()
    assert wanted_of(workspace) == [("shipper", False)]
    assert wanted_of(workspace, ()) == []
    workspace.status("nginx").update(ready=False, restartCount=2)
    assert wanted_of(workspace) == [("shipper", False), ("nginx", False), ("nginx", True)]
    workspace.status("nginx")["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    assert wanted_of(workspace, ()) == [("nginx", True)]


def test_a_role_that_nobody_plays_yet_is_looked_for_in_all_logs() -> None:
    workspace = standing()
    found = wanted_logs(workspace.evidence(), lab_with(READY), {}, ("reader",))
    assert {one.container for one in found} == {"nginx", "shipper"}


@pytest.mark.parametrize("told", [{"prints": "PONG"}, {"counts": True}])
def test_who_plays_a_role_that_is_told_by_its_log_may_be_any_container(
    told: dict[str, object],
) -> None:
    roles = {"writer": {"listens": "any"}, "reader": told}
    lab = lab_with(READY, roles=roles)
    played = {"writer": "nginx", "reader": "shipper"}
    found = wanted_logs(standing().evidence(), lab, played, ("reader",))
    assert [one.container for one in found] == ["shipper", "nginx"]
    assert len(wanted_logs(standing().evidence(), lab, played, ("writer",))) == 1


def test_an_init_container_that_runs_or_failed_tells_why() -> None:
    workspace = standing(deployment(nginx(), initContainers=[shipper()]))
    assert wanted_of(workspace, ()) == []
    workspace.status("shipper")["state"] = {"running": {"startedAt": ago(1)}}
    assert wanted_of(workspace, ()) == [("shipper", False)]
    workspace.status("shipper")["state"] = {"terminated": {"exitCode": 1}}
    assert wanted_of(workspace, ()) == [("shipper", False)]


def test_broken_bytes_ansi_and_giant_lines_survive() -> None:
    stamp = b"2026-03-01T12:00:00.123456789Z "
    assert read_line(stamp + b"\x1b[31mred\x1b[0m\x00 \xff") == LogLine(
        "2026-03-01T12:00:00.123456789Z", "red\ufffd \ufffd"
    )
    assert len(read_line(stamp + b"x" * 1_000_000).text) <= 4096
    assert read_line(b"no stamp here") == LogLine("", "no stamp here")


def test_a_tail_that_was_cut_is_asked_for_shorter_because_the_end_counts() -> None:
    cluster = Cluster(standing())
    cluster.logs["shipper"] = b"2026-03-01T12:00:00Z " + b"x" * 70_000
    one = Wanted("web-5d4f8-0", "uid", "shipper")
    log = take_logs(cluster, NAMESPACE, [one])[0]  # type: ignore[arg-type]
    assert log.cut
    assert [query["tailLines"] for _, query in cluster.paths] == [200, 20]


def test_a_log_that_went_away_says_so() -> None:
    cluster = Cluster(standing())
    cluster.fails["Log"] = NotFoundError("pods not found", status=404)
    one = Wanted("web-5d4f8-0", "uid", "shipper", previous=True)
    log = take_logs(cluster, NAMESPACE, [one])[0]  # type: ignore[arg-type]
    assert log.trouble == Trouble("not_found", "pods not found")
    assert log.previous


def test_the_last_stamp_of_an_empty_log_is_none() -> None:
    cluster = Cluster(standing())
    one = Wanted("web-5d4f8-0", "uid", "shipper")
    assert last_stamp(cluster, NAMESPACE, one) == ""  # type: ignore[arg-type]
    cluster.logs["shipper"] = b"2026-03-01T12:00:00Z a\n2026-03-01T12:00:01Z b\n"
    assert last_stamp(cluster, NAMESPACE, one) == "2026-03-01T12:00:01Z"  # type: ignore[arg-type]


# what they stand on


def test_errors_stay_in_their_place_and_mistakes_of_ours_do_not() -> None:
    def forbidden() -> int:
        raise FORBIDDEN

    found = run_together({"a": lambda: 1, "b": forbidden, "c": lambda: 3})
    assert list(found.items()) == [("a", 1), ("b", FORBIDDEN), ("c", 3)]
    assert run_together({}) == {}
    with pytest.raises(ZeroDivisionError):
        run_together({"a": lambda: 1 // 0, "b": lambda: 2})
    with pytest.raises(ZeroDivisionError):
        Background(lambda: 1 // 0, "test").join()


def test_a_shared_budget_leaves_some_calls() -> None:
    whole = Budget(calls=5)
    part = SharedBudget(whole, spared=2)
    for _ in range(3):
        part.call()
    with pytest.raises(BudgetError):
        part.call()
    assert part.calls_left() == 0
    whole.call()
    assert whole.calls_left() == 1


def test_the_server_s_clock_counts_where_it_differs() -> None:
    clock = Clock()
    clock.learn(None)
    clock.learn(datetime.now(UTC) + timedelta(hours=1))
    clock.learn(datetime.now(UTC))
    assert clock.now() - datetime.now(UTC) > timedelta(minutes=59)
    same = Clock()
    same.learn(datetime.now(UTC).replace(microsecond=0))
    assert abs(same.now() - datetime.now(UTC)) < timedelta(seconds=0.5)
    assert same.stamp().endswith("Z")


def test_nothing_of_it_imports_what_is_slow_to_start() -> None:
    """A cold grade has 0.4 s: the official client alone would take most of that."""
    folder = Path(collecting.__file__).parent
    sources = [file.read_text() for file in folder.rglob("*.py")]
    assert not any("import kubernetes" in text or "from kubernetes" in text for text in sources)
    assert Kept().objects == ()
