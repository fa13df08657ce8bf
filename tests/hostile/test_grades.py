"""Whole grades against a hostile API server: what could not be seen is said, in time."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from itertools import chain, product, repeat

import pytest

from grader.catalog.loader import Lab, load_lab
from grader.evidence.model import Evidence
from grader.judge.engine import judge
from grader.judge.verdict import Verdict
from grader.kube.budget import Budget
from grader.kube.collect import collect
from grader.kube.errors import NamespaceError
from tests.hostile.apiserver import (
    Answer,
    Server,
    drip,
    frame,
    reset,
    respond,
    respond_for_ever,
    respond_json,
    upgrade,
    write_raw,
)
from tests.hostile.test_answers import MIB, bounds
from tests.hostile.workspace import LABS, Workspace

SECONDS = 2.0


@pytest.fixture(scope="module")
def lab() -> Lab:
    return load_lab(LABS / "sidecar-logging")


@pytest.fixture
def workspace(server: Server) -> Workspace:
    return Workspace(server)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [one for one in set(threading.enumerate()) - before if one.name.startswith("collect")]
    assert not left


def grade(
    server: Server, lab: Lab, workspace: Workspace, seconds: float = SECONDS
) -> tuple[Evidence, Verdict]:
    budget = Budget(seconds=seconds)
    with bounds(seconds, memory=48 * MIB):
        evidence = collect(lab, server.target(), workspace.namespace, budget=budget)
    assert Evidence(**evidence.to_json()).hash()
    return evidence, judge(lab, evidence)


def encoded(handler: BaseHTTPRequestHandler) -> None:
    respond(handler, 200, b"\x1f\x8b" * 99, Content_Encoding="gzip")


def redirect(handler: BaseHTTPRequestHandler) -> None:
    respond(handler, 302, Location="https://127.0.0.1:1/inside")


def with_status(status: int) -> Answer:
    said = {"kind": "Status", "message": "no\x1b[31m\x00"}
    return lambda handler: respond_json(handler, said, status)


def with_body(body: bytes) -> Answer:
    return lambda handler: respond(handler, 200, body)


def silence(server: Server) -> Answer:
    return server.say_nothing


EVERYWHERE: dict[str, tuple[Callable[[Server], Answer], set[str]]] = {
    "401": (lambda _: with_status(401), {"unauthorized"}),
    "403": (lambda _: with_status(403), {"forbidden"}),
    "409": (lambda _: with_status(409), {"conflict"}),
    "410": (lambda _: with_status(410), {"gone"}),
    "429": (
        lambda _: lambda handler: respond(handler, 429, Retry_After="86400"),
        {"rate_limited"},
    ),
    "500": (lambda _: with_status(500), {"server_error"}),
    "503": (lambda _: with_status(503), {"server_error", "budget"}),
    "a redirect": (lambda _: redirect, {"redirect_refused"}),
    "a bomb": (lambda _: encoded, {"encoded_body"}),
    "resets": (lambda _: reset, {"unreachable", "budget"}),
    "silence": (silence, {"timeout", "budget"}),
    "dripping": (
        lambda server: lambda handler: respond_for_ever(handler, drip(server)),
        {"timeout", "budget"},
    ),
    "endless bodies": (
        lambda _: lambda handler: respond_for_ever(handler, repeat(b"x" * 65536)),
        {"too_large", "budget"},
    ),
    "no JSON": (lambda _: with_body(b"<html>"), {"bad_answer"}),
    "invalid UTF-8": (lambda _: with_body(b'{"items": ["\xff"]}'), {"bad_answer"}),
    "deep JSON": (lambda _: with_body(b"[" * 100_000), {"too_deep"}),
    "no HTTP": (lambda _: lambda handler: write_raw(handler, [b"SSH\r\n"]), {"bad_answer"}),
}


@pytest.mark.parametrize("what", list(EVERYWHERE))
def test_what_cannot_be_seen_is_unknown_and_never_a_zero(
    server: Server, lab: Lab, workspace: Workspace, what: str
) -> None:
    make, codes = EVERYWHERE[what]
    workspace.wrong = {".": make(server)}
    evidence, verdict = grade(server, lab, workspace)
    assert {trouble.code for trouble in evidence.unseen.values()} <= codes
    assert set(evidence.plan["kinds"]) <= set(evidence.unseen)
    assert (verdict.verdict, verdict.open_points) == ("unknown", verdict.max_score)


def test_an_undisturbed_workspace_passes(server: Server, lab: Lab, workspace: Workspace) -> None:
    """The fake is as good as a cluster, so what others lose below they lose to the attack."""
    evidence, verdict = grade(server, lab, workspace, seconds=10)
    assert {task.id: task.verdict for task in verdict.tasks if task.verdict != "passed"} == {}
    assert (verdict.score, verdict.diagnoses) == (100, ())
    assert evidence.unseen == {}


PROBED = ("/proxy", "/portforward", "/exec", "/log", "watch=true")
LISTED = (
    "/deployments",
    "/replicasets",
    "/pods\\?",
    "/services\\?",
    "/endpointslices",
    "/configmaps",
)
ON_PROBES = ("403", "404", "429", "500", "503", "resets", "silence", "a bomb", "no JSON")
ON_LISTS = ("403", "500", "resets", "silence")
DISTURBED = [*product(PROBED, ON_PROBES), *product(LISTED, ON_LISTS)]


@pytest.mark.parametrize(("where", "what"), DISTURBED)
def test_a_part_that_is_hostile_spoils_no_other(
    server: Server, lab: Lab, workspace: Workspace, what: str, where: str
) -> None:
    """What passes undisturbed may become unknown, never failed: the points stay open."""
    make = with_status(404) if what == "404" else EVERYWHERE[what][0](server)
    workspace.wrong = {where: make}
    # Long enough that a silent call runs out of its own time rather than of the grade's.
    _, verdict = grade(server, lab, workspace, seconds=7 if what == "silence" else 3)
    failed = {
        task.id: [found.code for found in task.checks if found.verdict == "failed"]
        for task in verdict.tasks
        if task.verdict == "failed"
    }
    assert failed == {}
    assert verdict.score + verdict.open_points == verdict.max_score == 100


FLOODS: dict[str, dict[str, Answer]] = {
    "endless frames": {"/exec": lambda handler: _flood(handler, frame(b"\x01" + b"x" * 60_000))},
    "endless pings": {"/exec": lambda handler: _flood(handler, frame(b"x", 9) * 999)},
    "garbage": {"/exec": lambda handler: _flood(handler, b"\xff" * 999)},
    "a log line of ten mebibytes": {
        "/log": lambda handler: respond_for_ever(
            handler, chain([b"2026-11-21T13:58:03Z "], repeat(b"x" * 65536, 160))
        )
    },
    "NUL and ANSI in a log": {
        "/log": lambda handler: respond(handler, 200, b"\0\x1b[2J\xff\n" * 9)
    },
    "an endless watch": {
        "watch=true": lambda handler: respond_for_ever(
            handler, repeat(b'{"type":"MODIFIED","object":{"metadata":{"uid":"x"}}}\n')
        )
    },
    "a huge answer of the Service": {
        "/proxy": lambda handler: respond_for_ever(handler, repeat(b"x" * 65536))
    },
}


def _flood(handler: BaseHTTPRequestHandler, piece: bytes) -> None:
    upgrade(handler)
    write_raw(handler, repeat(piece))


@pytest.mark.parametrize("what", list(FLOODS))
def test_a_flood_ends_in_evidence(
    server: Server, lab: Lab, workspace: Workspace, what: str
) -> None:
    workspace.wrong = FLOODS[what]
    evidence, _ = grade(server, lab, workspace)
    # What took the grade's last second may keep it from its second look at the Pods.
    assert set(evidence.unseen) <= {"Pod"}


def test_five_thousand_pods_are_cut_and_said_to_be(
    server: Server, lab: Lab, workspace: Workspace
) -> None:
    pods = [{"metadata": {"name": f"p{number}", "uid": str(number)}} for number in range(250)]
    page = {"metadata": {"continue": "more"}, "items": pods}
    workspace.wrong = {"/pods\\?": with_body(json.dumps(page).encode())}
    evidence, verdict = grade(server, lab, workspace, seconds=30)
    assert {cut.what for cut in evidence.cuts if cut.why == "pages"} == {"Pod"}
    assert len(evidence.objects["Pod"]) == 1000
    # The learner's own may be among those that were not read.
    assert (verdict.verdict, verdict.score, verdict.open_points) == ("unknown", 0, 100)
    assert {task.verdict for task in verdict.tasks} == {"unknown"}


def test_config_maps_of_megabytes_are_not_read_and_cost_nothing(
    server: Server, lab: Lab, workspace: Workspace
) -> None:
    workspace.objects["ConfigMap"] = [
        {"metadata": {"name": f"c{number}", "uid": str(number)}, "data": {"x": "y" * 900_000}}
        for number in range(3)
    ]
    evidence, verdict = grade(server, lab, workspace, seconds=10)
    assert evidence.unseen["ConfigMap"].code == "too_large"
    assert (verdict.verdict, verdict.score) == ("passed", 100)


def test_a_namespace_that_does_not_exist_ends_the_grade(
    server: Server, lab: Lab, workspace: Workspace
) -> None:
    workspace.wrong = {f"/namespaces/{workspace.namespace}$": with_status(404)}
    with pytest.raises(NamespaceError) as caught:
        collect(lab, server.target(), workspace.namespace, budget=Budget(seconds=SECONDS))
    assert caught.value.code == "no_namespace"


def test_objects_that_vanish_between_calls_leave_a_verdict(
    server: Server, lab: Lab, workspace: Workspace
) -> None:
    workspace.wrong = {"/pods/": with_status(404)}
    evidence, verdict = grade(server, lab, workspace)
    assert evidence.unseen == {}
    assert verdict.max_score == 100
