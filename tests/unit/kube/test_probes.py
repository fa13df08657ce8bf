"""What each probe does to a Pod, and what it makes of the answer: on a cluster of one Pod."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grader.evidence.model import Trouble
from grader.kube.budget import Budget
from grader.kube.errors import (
    ConnectionLostError,
    ForbiddenError,
    KubeError,
    NotFoundError,
    ServerError,
    TimedOutError,
)
from grader.kube.http_over_tunnel import HttpAnswer, NoAnswerError
from grader.kube.probes import run_probe
from grader.kube.probes.asking import get
from grader.kube.probes.banner import read_greeting
from grader.kube.probes.journal import Journal, nonce
from grader.kube.probes.later import Later
from grader.kube.response import Answer
from tests.unit.judge.labs import deployment, lab_with, mount, nginx, service, shipper, standing
from tests.unit.kube.small_cluster import LocalShell, SmallClient, scene_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from grader.evidence.model import Transcript
    from tests.workspaces import Workspace

POD = "web-5d4f8-0"
GREETING = b"\x4a\x00\x00\x00\x0a5.7.44-log\x00" + b"x" * 62
FORBIDDEN = ForbiddenError("forbidden", status=403)


def http(body: str, status: int = 200) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def run(workspace: Workspace, client: SmallClient, **probe: Any) -> Transcript:
    lab = lab_with({"kind": "ready", "roles": ["writer"]}, probes={"try": probe})
    return run_probe(lab.probes["try"], scene_of(workspace, lab, client))


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is asked again, only sooner."""
    monkeypatch.setattr("grader.kube.probes.asking.PAUSES", (0.01,))
    monkeypatch.setattr("grader.kube.probes.scene.PATIENCE", 0.1)
    monkeypatch.setattr("grader.kube.probes.scene.PATIENCE_WITH_YOUNG", 0.1)
    monkeypatch.setattr("grader.kube.probes.live_sample.PAUSE", 0.1)
    monkeypatch.setattr("grader.kube.probes.redis_relay.WITHIN", 0.1)
    monkeypatch.setattr("grader.kube.probes.scrape.PAUSE", 0.01)


# service_http


def front(client: SmallClient, workspace: Workspace) -> Transcript:
    return run(workspace, client, kind="service_http", service="web", port=80)


def with_service(**spec: Any) -> Workspace:
    found = service()
    found["spec"] |= spec
    return standing(deployment(nginx(), shipper()), found)


def test_a_request_through_the_service_goes_to_a_random_path() -> None:
    asked = []
    for _ in range(2):
        client = SmallClient(proxied=lambda _: Answer(404, b"no such page", None))
        found = front(client, with_service())
        assert (found.facts["status"], found.facts["why"]) == (404, "")
        assert client.asked[-1].endswith(f"/services/web:80/proxy{found.facts['path']}")
        asked.append(found.facts["path"])
    assert asked[0] != asked[1]
    assert all(len(path) == 17 for path in asked)


def foreign_address(workspace: Workspace) -> None:
    workspace.get("EndpointSlice")["endpoints"][0]["addresses"] = ["169.254.169.254"]


def foreign_uid(workspace: Workspace) -> None:
    workspace.get("EndpointSlice")["endpoints"][0]["targetRef"]["uid"] = "somebody-else"


def one_more(workspace: Workspace) -> None:
    workspace.get("EndpointSlice")["endpoints"].append({"addresses": ["10.0.0.1"]})


@pytest.mark.parametrize("change", [foreign_address, foreign_uid, one_more])
def test_nothing_is_sent_where_any_endpoint_is_no_pod_of_this_namespace(
    change: Callable[[Workspace], None],
) -> None:
    workspace = with_service()
    change(workspace)
    client = SmallClient()
    found = front(client, workspace)
    assert found.facts["why"] == "foreign_endpoint"
    assert client.asked == []
    assert found.steps[0].action == "not_sent"


def test_a_service_that_leads_nowhere_says_why() -> None:
    assert front(SmallClient(), standing()).facts["why"] == "no_service"
    assert front(SmallClient(), with_service(ports=[{"port": 81}])).facts["why"] == "no_port"
    nobody = with_service(selector={"app": "nobody"})
    assert front(SmallClient(), nobody).facts["why"] == "no_endpoints"
    unready = with_service()
    unready.get("EndpointSlice")["endpoints"][0]["conditions"]["ready"] = False
    assert front(SmallClient(), unready).facts["why"] == "not_ready"


def test_a_service_that_nobody_listed_is_our_trouble() -> None:
    workspace = with_service()
    lab = lab_with(
        {"kind": "ready", "roles": ["writer"]},
        probes={"try": {"kind": "service_http", "service": "web", "port": 80}},
    )
    scene = scene_of(workspace, lab, SmallClient())
    del scene.evidence.objects["Service"]  # type: ignore[attr-defined]
    assert run_probe(lab.probes["try"], scene).trouble == Trouble(
        "not_seen", "The cluster did not list the Services of this namespace."
    )


def status_of(code: int, message: str) -> Answer:
    body = f'{{"kind":"Status","apiVersion":"v1","message":"{message}","code":{code}}}'
    return Answer(code, body.encode(), None)


def test_a_port_that_opens_a_moment_later_is_asked_again() -> None:
    refused = status_of(503, "error trying to reach service: dial tcp: connection refused")
    answers = [refused, refused, Answer(200, b"hello", None)]
    found = front(SmallClient(proxied=lambda _: answers.pop(0)), with_service())
    assert (found.facts["status"], answers) == (200, [])


def test_a_target_port_that_stays_closed_is_refused() -> None:
    refused = status_of(503, "dial tcp 10.1.0.2:81: connect: connection refused")
    found = front(SmallClient(proxied=lambda _: refused), with_service())
    assert (found.facts["status"], found.facts["why"]) == (None, "refused")


def test_an_error_page_of_the_app_is_an_answer() -> None:
    found = front(SmallClient(proxied=lambda _: Answer(503, b"busy", None)), with_service())
    assert (found.facts["status"], found.facts["why"]) == (503, "")


def test_what_the_api_server_forbids_us_is_our_trouble() -> None:
    refusal = status_of(403, "services is forbidden")
    found = front(SmallClient(proxied=lambda _: refusal), with_service())
    assert found.trouble is not None
    assert found.trouble.code == "forbidden"


@pytest.mark.parametrize(
    "answer",
    [
        status_of(500, "etcd has no leader"),
        status_of(503, "the server is currently unable to handle the request"),
        status_of(504, "the server was unable to return a response in the time allotted"),
        status_of(429, "too many requests"),
        status_of(410, "gone"),
        Answer(429, b"Too many requests, please try again later.", None),
        Answer(500, b"This request caused apiserver to panic. Look in the logs.", None),
    ],
    ids=lambda it: f"{it.status} {it.body[-20:].decode()}",
)
def test_what_the_api_server_says_of_itself_is_our_trouble(answer: Answer) -> None:
    found = front(SmallClient(proxied=lambda _: answer), with_service())
    assert found.trouble is not None
    assert found.trouble.code in {"server_error", "rate_limited", "gone"}


@pytest.mark.parametrize(
    "said",
    ["error trying to reach service: EOF", 'no endpoints available for service \\"web\\"'],
)
def test_what_it_says_of_the_endpoint_is_a_fact(said: str) -> None:
    found = front(SmallClient(proxied=lambda _: status_of(503, said)), with_service())
    assert (found.trouble, found.facts["why"]) == (None, "no_answer")


def raising(error: KubeError) -> Callable[[str], Answer]:
    def proxied(_path: str) -> Answer:
        raise error

    return proxied


@pytest.mark.parametrize(
    "error",
    [ConnectionLostError("lost"), TimedOutError("late")],
    ids=lambda it: it.code,
)
def test_a_way_through_the_service_that_breaks_off_is_our_trouble_unless_the_pod_is_mute(
    error: KubeError,
) -> None:
    ports: dict[tuple[str, int], Callable[[bytes], bytes]] = {(POD, 80): lambda _: http("hi")}
    found = front(SmallClient(proxied=raising(error), ports=ports), with_service())
    assert found.trouble is not None
    assert found.trouble.code == error.code
    mute = SmallClient(proxied=raising(error), ports={(POD, 80): lambda _: b""})
    found = front(mute, with_service())
    assert (found.trouble, found.facts["why"]) == (None, "no_answer")


# pod_http, banner, scrape


def test_every_replica_is_asked_inside_itself() -> None:
    workspace = standing(deployment(nginx(), shipper(), replicas=2))
    client = SmallClient(
        ports={(f"web-5d4f8-{number}", 80): lambda _: http("hi") for number in (0,)}
    )
    found = run(workspace, client, kind="pod_http", port=80)
    assert found.facts["pods"] == [
        {"pod": "web-5d4f8-0", "status": 200},
        {"pod": "web-5d4f8-1", "error": "refused", "detail": ""},
    ]


def test_another_protocol_is_shown_and_not_asked_again() -> None:
    client = SmallClient(ports={(POD, 80): lambda _: GREETING})
    found = run(standing(), client, kind="pod_http", port=80)
    assert found.facts["pods"][0]["error"] == "not_http"
    assert client.asked == [f"{POD}:80"]


class Greets:
    """A server that speaks first."""

    def __init__(self, said: bytes) -> None:
        self.said = said


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (GREETING, "greeting"),
        (b"\x10\x00\x00\x00\xff\x6a\x04Host is not allowed", "error_packet"),
        (b"\x4a\x00\x00\x00\x095.7.44\x00", "other_protocol"),
        (b"+PONG\r\n", "not_mysql"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not_mysql"),
        (b"\x00", "not_mysql"),
    ],
)
def test_only_a_greeting_in_protocol_10_is_one(said: bytes, code: str) -> None:
    assert read_greeting(said).code == code


def test_a_greeting_tells_its_version() -> None:
    assert read_greeting(GREETING).version == "5.7.44-log"


def page(*answers: bytes | Exception) -> tuple[SmallClient, list[bytes | Exception]]:
    left = list(answers)

    def serve(_request: bytes) -> bytes:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return SmallClient(ports={(POD, 9090): serve}), left


def scrape(client: SmallClient) -> dict[str, Any]:
    found = run(standing(), client, kind="scrape", port=9090, paths=["/metrics", "/"])
    assert found.trouble is None
    return dict(found.facts)


def test_the_first_path_that_gives_samples_counts() -> None:
    client, _ = page(http("nothing here", 404), http("up 1\n"))
    facts = scrape(client)
    assert (facts["path"], facts["samples"]) == ("/", 1)


def test_a_page_from_before_the_first_number_is_read_again() -> None:
    """`nc` in a loop had read “no metrics” before the request came."""
    client, _ = page(
        http("no metrics\n"), http("no metrics\n"), NoAnswerError("closed"), http("up 1")
    )
    assert scrape(client)["samples"] == 1


def test_a_page_that_stays_bad_shows_its_line() -> None:
    client, _ = page(http("up 1\nno metrics\n"))
    attempt = scrape(client)["attempts"][0]
    assert (attempt["fits"], attempt["bad_number"], attempt["bad_line"]) == (False, 2, "no metrics")


def test_a_closed_port_is_refused() -> None:
    assert scrape(SmallClient())["attempts"][0]["error"] == "refused"


def open_of(*errors: KubeError) -> Callable[[], None]:
    """Opening a tunnel fails so often, then succeeds."""
    left = list(errors)

    def opens() -> None:
        if left:
            raise left.pop(0)

    return opens


LOST = ConnectionLostError("The API server broke off the connection.")
LATE = TimedOutError("The API server does not answer in time.")
BROKEN = ServerError("HTTP 500", status=500)
PROBES_OF_PORTS: list[dict[str, Any]] = [
    {"kind": "pod_http", "port": 80},
    {"kind": "banner", "port": 80, "protocol": "mysql"},
    {"kind": "scrape", "port": 80, "paths": ["/metrics"]},
    {"kind": "redis_ping", "service": "web", "port": 80},
]


@pytest.mark.parametrize("error", [LOST, LATE, BROKEN], ids=lambda it: it.code)
@pytest.mark.parametrize("probe", PROBES_OF_PORTS, ids=lambda it: it["kind"])
def test_a_tunnel_that_was_never_opened_is_our_trouble(
    probe: dict[str, Any], error: KubeError
) -> None:
    client = SmallClient(ports={(POD, 80): lambda _: http("hi")}, opens=open_of(*[error] * 99))
    found = run(with_service(), client, **probe)
    assert found.trouble is not None
    assert found.trouble.code == error.code


@pytest.mark.parametrize(("error", "code"), [(LOST, "closed"), (LATE, "silent")])
def test_a_tunnel_that_was_opened_and_breaks_or_stays_silent_is_a_fact(
    error: KubeError, code: str
) -> None:
    def serve(_request: bytes) -> bytes:
        raise error

    found = run(with_service(), SmallClient(ports={(POD, 80): serve}), kind="pod_http", port=80)
    assert found.trouble is None
    assert found.facts["pods"][0]["error"] == code


def test_one_lost_connection_is_asked_again_even_without_patience() -> None:
    client = SmallClient(ports={(POD, 80): lambda _: http("hi")}, opens=open_of(LOST))
    lab = lab_with({"kind": "ready", "roles": ["writer"]})
    scene = scene_of(with_service(), lab, client)
    pod = scene.pods(scene.workload("main"))[0]  # type: ignore[arg-type]
    answer = get(scene, Journal(scene.clock), pod, 80, "/x", seconds=0.0)
    assert isinstance(answer, HttpAnswer)


def test_a_redis_that_answers_is_enough_though_another_could_not_be_asked() -> None:
    workspace = standing(
        deployment(nginx(), shipper()),
        deployment(nginx(), name="redis", replicas=2),
        service("redis", "redis", {"port": 6379}),
    )
    ports = {(f"redis-5d4f8-{number}", 6379): FakeRedis() for number in (0, 1)}
    client = SmallClient(ports={**ports}, opens=open_of(BROKEN))
    found = run(workspace, client, kind="redis_ping", service="redis", port=6379)
    assert found.trouble is None
    assert found.facts["answered"]


# Redis


class FakeRedis:
    """Keeps keys; may be told to fail."""

    def __init__(self, *, error: str = "") -> None:
        self.keys: dict[str, str] = {}
        self.error = error

    def __call__(self, request: bytes) -> bytes:
        words = [word.decode() for word in request.split(b"\r\n")[2::2]]
        if self.error:
            return f"-{self.error}\r\n".encode()
        return self._answer(*words)

    def _answer(self, word: str, *rest: str) -> bytes:
        if word == "SET":
            assert rest[2:] == ("EX", "60"), "a key of ours ends by itself"
            self.keys[rest[0]] = rest[1]
            return b"+OK\r\n"
        if word == "GET":
            value = self.keys.get(rest[0])
            return b"$-1\r\n" if value is None else f"${len(value)}\r\n{value}\r\n".encode()
        if word == "DEL":
            return f":{sum(self.keys.pop(key, None) is not None for key in rest)}\r\n".encode()
        return b"+PONG\r\n"


def redis_workspace() -> Workspace:
    return standing(
        deployment(nginx(), shipper()),
        deployment(nginx(), name="redis"),
        service("redis", "redis", {"port": 6379, "targetPort": 6380}),
    )


def relay(client: SmallClient) -> Transcript:
    return run(
        redis_workspace(),
        client,
        kind="redis_relay",
        workload="main",
        port=6379,
        backend="redis",
        backend_port=6379,
    )


def test_one_redis_behind_both_ports_passes_and_keeps_nothing() -> None:
    redis = FakeRedis()
    redis.keys["theirs"] = "1"
    found = relay(SmallClient(ports={(POD, 6379): redis, ("redis-5d4f8-0", 6380): redis}))
    assert found.facts["there"]["ok"]
    assert found.facts["back"]["ok"]
    assert redis.keys == {"theirs": "1"}
    assert found.left_behind == ()


def test_a_redis_of_its_own_in_the_pod_fails_and_keeps_nothing() -> None:
    own, backend = FakeRedis(), FakeRedis()
    found = relay(SmallClient(ports={(POD, 6379): own, ("redis-5d4f8-0", 6380): backend}))
    assert found.facts["there"]["error"] == "not_there"
    assert found.facts["back"]["error"] == "not_there"
    assert own.keys == backend.keys == {}


def test_a_backend_with_a_password_says_so() -> None:
    locked = FakeRedis(error="NOAUTH Authentication required.")
    found = relay(SmallClient(ports={(POD, 6379): locked, ("redis-5d4f8-0", 6380): locked}))
    assert found.facts["there"]["error"] == "redis_error"
    assert "NOAUTH" in found.facts["there"]["saw"]


def test_keys_go_also_when_the_probe_fails_half_way() -> None:
    redis = FakeRedis()
    client = SmallClient(ports={(POD, 6379): redis}, budget=Budget(calls=60))

    def breaks(request: bytes) -> bytes:
        if b"GET" in request:
            raise FORBIDDEN
        return redis(request)

    client.ports["redis-5d4f8-0", 6380] = breaks
    found = relay(client)
    assert found.trouble is not None
    assert found.trouble.code == "forbidden"
    assert redis.keys == {}


def test_an_ambassador_that_does_not_listen_is_refused() -> None:
    found = relay(SmallClient(ports={("redis-5d4f8-0", 6380): FakeRedis()}))
    assert (found.facts["there"]["error"], found.facts["there"]["side"]) == ("refused", "here")


def test_a_pod_behind_the_service_is_pinged_at_its_target_port() -> None:
    client = SmallClient(ports={("redis-5d4f8-0", 6380): FakeRedis()})
    found = run(redis_workspace(), client, kind="redis_ping", service="redis", port=6379)
    assert found.facts["answered"]
    assert client.asked == ["redis-5d4f8-0:6380"]
    found = run(redis_workspace(), SmallClient(), kind="redis_ping", service="redis", port=6379)
    assert found.facts["pods"] == [{"pod": "redis-5d4f8-0", "port": 6380, "error": "refused"}]


# log_flow


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "volume").mkdir()
    return tmp_path


def flow(logs: Path, client: SmallClient, within: float = 1.5, **change: Any) -> Transcript:
    shared = str(logs / "volume")
    workspace = standing(
        deployment(
            nginx(volumeMounts=[mount(path=shared)]),
            shipper(**{"volumeMounts": [mount(readOnly=True)], **change}),
        )
    )
    probe = {"kind": "log_flow", "writer": "writer", "reader": "reader", "within": within}
    return run(workspace, client, **probe)


def web(logs: Path, file: str = "volume/access.log") -> Callable[[bytes], bytes]:
    """A web server that logs what it is asked."""

    def serve(request: bytes) -> bytes:
        with (logs / file).open("ab") as log:
            log.write(b'127.0.0.1 "' + request.split(b"\r\n")[0] + b'" 404\n')
        return http("no such page", 404)

    return serve


def client_for(logs: Path, reader: str, **rest: Any) -> SmallClient:
    files = {"shipper": logs / reader}
    return SmallClient(ports={(POD, 80): web(logs, **rest)}, logs=files)


def test_a_shipper_of_the_file_prints_both_lines_and_ours_goes(logs: Path) -> None:
    found = flow(logs, client_for(logs, "volume/access.log"))
    facts = found.facts
    assert facts["readers"] == ["shipper"]
    assert facts["plays"] == {"reader": ["shipper"]}
    content = (logs / "volume" / "access.log").read_text()
    assert facts["path"] in content
    assert facts["line"] not in content
    assert found.left_behind == ()
    assert [step.action for step in found.steps].count("remove") == 1


def test_a_proxy_that_prints_its_own_requests_is_no_shipper(logs: Path) -> None:
    """The request stands in a file beside the volume, and in the proxy's log."""
    found = flow(logs, client_for(logs, "own.log", file="own.log"))
    assert found.facts["readers"] == []
    assert found.facts["files"] == []
    assert found.facts["seen"]["shipper"]["request"]


def test_a_shipper_that_printed_the_file_once_misses_our_line(logs: Path) -> None:
    def serve(request: bytes) -> bytes:
        line = request.split(b"\r\n")[0] + b"\n"
        for file in ("volume/access.log", "printed.log"):
            with (logs / file).open("ab") as log:
                log.write(line)
        return http("")

    client = SmallClient(ports={(POD, 80): serve}, logs={"shipper": logs / "printed.log"})
    seen = flow(logs, client).facts["seen"]["shipper"]
    assert (seen["request"], seen["line"]) == (True, False)
    assert found_nothing_of_ours(logs)


def found_nothing_of_ours(logs: Path) -> bool:
    return b"                " in (logs / "volume" / "access.log").read_bytes()


def test_a_writer_that_does_not_answer_has_nothing_to_log(logs: Path) -> None:
    found = flow(logs, SmallClient())
    assert found.facts["request"]["error"] == "refused"
    assert found.facts["port"] == 80


def test_a_writer_without_a_shell_says_so(logs: Path) -> None:
    client = client_for(logs, "nowhere")
    client.shell = ()
    assert flow(logs, client).facts["no_shell"] == "nginx"


def test_a_writer_that_shares_no_volume_is_not_searched(logs: Path) -> None:
    found = flow(logs, client_for(logs, "nowhere"), volumeMounts=[])
    assert found.facts["looked_in"] == []


def two_readers(logs: Path, late: Path, within: float) -> Transcript:
    """One that prints at once and can write; one that only reads, and looks later."""
    shared = str(logs / "volume")
    scratch = mount("scratch", "/scratch")
    workspace = standing(
        deployment(
            nginx(volumeMounts=[mount(path=shared)]),
            shipper(name="debug", volumeMounts=[mount()]),
            shipper(volumeMounts=[mount(readOnly=True), scratch]),
            volumes=[{"name": name, "emptyDir": {}} for name in ("logs", "scratch")],
        )
    )
    log = logs / "volume" / "access.log"
    client = SmallClient(ports={(POD, 80): web(logs)}, logs={"debug": log, "shipper": late})
    probe = {"kind": "log_flow", "writer": "writer", "reader": "reader", "within": within}
    return run(workspace, client, **probe)


def test_a_reader_that_cannot_write_is_waited_for(logs: Path) -> None:
    log, late = logs / "volume" / "access.log", logs / "late.log"
    look = threading.Timer(0.7, lambda: shutil.copy(log, late))
    look.start()
    assert two_readers(logs, late, 20).facts["readers"] == ["debug", "shipper"]
    look.join()


def test_a_reader_that_stays_silent_is_waited_for_in_vain(logs: Path) -> None:
    assert two_readers(logs, logs / "late.log", 0.7).facts["readers"] == ["debug"]


def test_a_lone_reader_that_can_write_is_enough_to_end(logs: Path) -> None:
    began = time.monotonic()
    found = flow(logs, client_for(logs, "volume/access.log"), within=20, volumeMounts=[mount()])
    assert found.facts["readers"] == ["shipper"]
    assert time.monotonic() - began < 10


# live_sample


def sampling(file: Path, client: SmallClient, **rest: Any) -> Transcript:
    return run(
        standing(),
        client,
        kind="live_sample",
        writer="writer",
        file=str(file),
        port=9090,
        paths=["/metrics", "/"],
        **{"within": 1.5, **rest},
    )


def lagging(file: Path) -> Callable[[bytes], bytes]:
    """`nc` in a loop: what it read before the request came; closed every other time."""
    held: list[str] = [file.read_text()]
    turn = [0]

    def serve(_request: bytes) -> bytes:
        turn[0] += 1
        if turn[0] % 2 == 0:
            raise NoAnswerError("closed")
        answer, held[0] = held[0], file.read_text()
        return f"HTTP/1.1 200 OK\r\n\r\n{answer}".encode()

    return serve


def test_an_exporter_that_lags_by_one_request_passes(tmp_path: Path) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text("up 1\n")
    found = sampling(file, SmallClient(ports={(POD, 9090): lagging(file)}))
    assert found.facts["seen"]
    assert found.facts["writes"] == 1
    assert file.read_text() == "up 1\n"
    assert found.left_behind == ()


@pytest.fixture
def busy_app(tmp_path: Path) -> Iterator[Path]:
    """An app that writes its file anew all the time."""
    file, stop = tmp_path / "metrics.txt", threading.Event()
    file.write_text("app 0\n")

    def write() -> None:
        count = 0
        while not stop.wait(0.15):
            count += 1
            fresh = tmp_path / "fresh"
            fresh.write_text(f"app {count}\n")
            fresh.replace(file)

    thread = threading.Thread(target=write)
    thread.start()
    yield file
    stop.set()
    thread.join()


def test_an_app_that_writes_its_file_anew_is_no_fault(busy_app: Path) -> None:
    client = SmallClient(ports={(POD, 9090): lambda _: http(busy_app.read_text())})
    assert sampling(busy_app, client, within=5).facts["seen"]


def test_a_fixed_text_fails_and_the_file_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text("up 1\n")
    found = sampling(file, SmallClient(ports={(POD, 9090): lambda _: http("up 1\n")}))
    assert not found.facts["seen"]
    assert found.facts["served"] == ["up 1"]
    assert found.facts["reads"] > 1
    assert file.read_text() == "up 1\n"


def test_a_file_that_is_no_exposition_shows_its_line(tmp_path: Path) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text('{"requests": 5}\n')
    found = sampling(file, SmallClient(ports={(POD, 9090): lambda _: http(file.read_text())}))
    assert (found.facts["file_fits"], found.facts["file_line"]) == (False, '{"requests": 5}')


def test_a_long_page_is_judged_by_its_whole_lines(tmp_path: Path) -> None:
    """What we read of it ends within a line."""
    file = tmp_path / "metrics.txt"
    page = "".join(f'shop_requests_total{{path="/item/{count}"}} 5\n' for count in range(1000))
    file.write_text(page)
    found = sampling(file, SmallClient(ports={(POD, 9090): lambda _: http(file.read_text())}))
    assert (found.facts["file_fits"], found.facts["seen"]) == (True, True)
    assert file.read_text() == page


def test_a_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    found = sampling(tmp_path / "metrics.txt", SmallClient(), within=0.3)
    assert found.facts["file_missing"]
    assert "remove" not in {step.action for step in found.steps}
    assert not (tmp_path / "metrics.txt").exists()


def test_reads_leave_calls_for_the_rest_of_the_grade(tmp_path: Path) -> None:
    file = tmp_path / "metrics.txt"
    file.write_text("up 1\n")
    client = SmallClient(ports={(POD, 9090): lambda _: http("up 1\n")}, budget=Budget(calls=14))
    assert sampling(file, client).trouble is None
    assert client.budget.calls_left() >= 2


# fresh_line, dry_run, and whatever goes wrong


def fresh(client: SmallClient, workspace: Workspace, within: float = 1.0) -> Transcript:
    return run(workspace, client, kind="fresh_line", role="reader", fits="PONG", within=within)


def test_a_line_from_before_the_grade_is_not_fresh(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("2026-03-01T12:00:00.1Z PONG\n")
    client = SmallClient(logs={"shipper": log})
    client.get = lambda *_, **__: Answer(200, log.read_bytes(), None)  # type: ignore[method-assign]
    found = fresh(client, standing(), within=0.3)
    assert not found.facts["seen"]
    later = threading.Timer(0.1, lambda: log.write_text(log.read_text() + NEW))
    later.start()
    found = fresh(client, standing())
    assert (found.facts["seen"], found.facts["line"]) == (True, "PONG again")


NEW = "2026-03-01T12:00:00.2Z Connecting\n2026-03-01T12:00:05Z PONG again\n"


def test_lines_that_do_not_fit_are_shown_instead(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("2026-03-01T12:00:00Z Could not connect\n")
    found = fresh(SmallClient(logs={"shipper": log}), standing(), within=0.3)
    assert found.facts["last"] == ["Could not connect"]


class Learner:
    """An API server that warns as one with Pod Security does."""

    def __init__(self, *, warns: bool = True, safe: bool = False) -> None:
        self.warns = warns
        self.safe = safe

    def dry_run(self, _path: str, body: dict[str, Any]) -> tuple[str, ...]:
        is_control = body["metadata"]["name"].endswith("-b")
        if not self.warns or (self.safe and not is_control):
            return ()
        broken = 'runAsNonRoot != true (container "a" must set it), seccompProfile (must be set)'
        return (f'would violate PodSecurity "restricted:latest": {broken}',)


def tried(learner: Learner | None) -> Transcript:
    lab = lab_with(
        {"kind": "ready", "roles": ["writer"]},
        probes={"try": {"kind": "dry_run", "workload": "main", "level": "restricted"}},
    )
    scene = scene_of(standing(), lab, SmallClient())
    object.__setattr__(scene, "learner", learner)
    return run_probe(lab.probes["try"], scene)


def test_a_dry_run_names_what_breaks_the_level() -> None:
    found = tried(Learner())
    assert len(found.facts["violations"]) == 2
    assert found.facts["violations"][0].startswith("runAsNonRoot != true")
    assert tried(Learner(safe=True)).facts["violations"] == []


def test_a_dry_run_that_nobody_judges_says_nothing() -> None:
    found = tried(Learner(warns=False))
    assert found.trouble is not None
    assert found.trouble.code == "level_not_evaluated"
    found = tried(None)
    assert found.trouble is not None
    assert found.trouble.code == "no_learner_identity"


def test_a_pod_that_went_away_meanwhile_is_trouble_and_no_verdict() -> None:
    def gone(_request: bytes) -> bytes:
        raise NotFoundError("pods web not found", status=404)

    found = run(standing(), SmallClient(ports={(POD, 80): gone}), kind="pod_http", port=80)
    assert found.trouble is not None
    assert found.trouble.code == "not_found"


def test_a_mistake_of_ours_in_one_probe_is_its_own_trouble() -> None:
    def broken(_request: bytes) -> bytes:
        raise ZeroDivisionError

    found = run(standing(), SmallClient(ports={(POD, 80): broken}), kind="pod_http", port=80)
    assert found.trouble is not None
    assert found.trouble.code == "probe_error"


def test_nonces_are_one_path_segment_of_sixteen() -> None:
    made = {nonce() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) == 16 and one.isalnum() and one == one.lower() for one in made)


# who listens turns out later


def flow_scene(
    logs: Path, client: SmallClient, delay: float, **listens: tuple[int, ...]
) -> tuple[Any, Any, Later[Any]]:
    """The spec declares 8080; who really listens is known after the delay."""
    shared = str(logs / "volume")
    web_server = nginx(volumeMounts=[mount(path=shared)], ports=[{"containerPort": 8080}])
    workspace = standing(
        deployment(web_server, shipper(volumeMounts=[mount(path=shared, readOnly=True)]))
    )
    probe = {"kind": "log_flow", "writer": "writer", "reader": "reader", "within": 3}
    roles = {
        "writer": {"listens": "any", "images": ["nginx"], "shares_volume_with": "reader"},
        "reader": {"listens": "none", "commands": ["tail"], "shares_volume_with": "writer"},
    }
    lab = lab_with({"kind": "ready", "roles": ["writer"]}, probes={"try": probe}, roles=roles)
    early = scene_of(workspace, lab, client)
    for container, ports in listens.items():
        workspace.listens(container, *ports)
    known = scene_of(workspace, lab, client)
    later = Later(lambda: known, delay)
    return lab.probes["try"], replace(early, later=later), later


def test_a_port_that_the_spec_names_wrongly_is_put_right_by_who_listens(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.kube.probes.scene.PATIENCE", 3.0)
    client = client_for(logs, "volume/access.log")
    probe, scene, _ = flow_scene(logs, client, 0.05, nginx=(80,), shipper=())
    found = run_probe(probe, scene)
    assert (found.facts["port"], found.facts["readers"]) == (80, ["shipper"])
    assert client.asked[0] == f"{POD}:8080"


def test_what_the_specs_tell_is_enough_where_it_works(logs: Path) -> None:
    client = client_for(logs, "volume/access.log")
    client.ports[POD, 8080] = client.ports.pop((POD, 80))
    probe, scene, later = flow_scene(logs, client, 60.0, nginx=(8080,), shipper=())
    found = run_probe(probe, scene)
    assert found.facts["readers"] == ["shipper"]
    assert later.call_off() is None


def test_another_container_that_listens_is_the_writer(logs: Path) -> None:
    """By its image `nginx` looks like the web server; the one that listens is meant."""
    client = client_for(logs, "nowhere")
    probe, scene, _ = flow_scene(logs, client, 0.05, shipper=(80,), nginx=())
    found = run_probe(probe, scene)
    assert found.facts["writer"] == "shipper"


class ReadOnlyShipper(SmallClient):
    """Who looks for the line in the shipper finds its file, and cannot append to it."""

    def websocket(self, path: str, query: dict[str, Any], *rest: Any, **bounds: Any) -> LocalShell:
        if query["container"] == "shipper":
            query = query | {"command": ["sh", "-c", "echo E /in/access.log; read -r _"]}
        return super().websocket(path, query, *rest, **bounds)


def test_where_the_supposed_writer_can_only_read_the_one_who_listens_is_tried(logs: Path) -> None:
    """That it cannot append ends the first try before anybody looked who listens."""
    log = logs / "volume" / "access.log"
    client = ReadOnlyShipper(ports={(POD, 80): web(logs)}, logs={"shipper": log})
    probe, scene, _ = flow_scene(logs, client, 60.0, nginx=(80,), shipper=())
    found = run_probe(probe, replace(scene, roles={"writer": "shipper", "reader": "nginx"}))
    assert (found.facts["writer"], found.facts["readers"]) == ("nginx", ["shipper"])
    assert "not_writable" not in found.facts
    assert next(it.container for it in found.steps if it.action == "append") == "shipper"


def test_what_is_wanted_begins_at_once_and_what_fails_says_so() -> None:
    assert Later(lambda: 5, 60.0).join() == 5
    told: list[int] = []
    later = Later(lambda: 6, 0.0)
    later.when_found(told.append)
    assert later.call_off() in {6, None}
    later = Later(lambda: 7, 60.0)
    later.when_found(told.append)
    later.join()
    later.when_found(told.append)
    assert told[-2:] == [7, 7]
    for ask in (Later(lambda: 1 // 0, 60.0).join, Later(lambda: 1 // 0, 0.0).join):
        with pytest.raises(ZeroDivisionError):
            ask()
