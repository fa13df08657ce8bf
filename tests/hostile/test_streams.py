"""Followed logs and watches of a server that never ends, or ends badly."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import chain, repeat

import pytest

from grader.kube.budget import Budget
from grader.kube.client import Client
from grader.kube.credentials import Target
from grader.kube.errors import KubeError
from grader.kube.watch import watch
from tests.hostile.apiserver import Server, drip, reset, respond, respond_for_ever
from tests.hostile.test_answers import MIB, bounds

LOG = "/api/v1/namespaces/mine/pods/web/log"
PODS = "/api/v1/namespaces/mine/pods"


@pytest.fixture
def client(target: Target) -> Iterator[Client]:
    with Client(target) as client:
        yield client


def follow(client: Client, seconds: float = 5.0, **limits: int) -> tuple[list[bytes], str, int]:
    with client.stream(LOG, {"follow": True}, seconds=seconds, **limits) as lines:
        seen = list(lines)
        return seen, lines.ended, lines.cut_lines


def test_lines_come_whole_however_they_are_sent(server: Server, client: Client) -> None:
    pieces = [b"one\ntw", b"o\r\n", b"\n", b"th", b"ree"]
    server.answer = lambda handler: respond_for_ever(handler, pieces)
    assert follow(client) == ([b"one", b"two", b"", b"three"], "end", 0)


def test_a_line_of_ten_mebibytes_is_cut(server: Server, target: Target) -> None:
    pieces = chain([b"short\n"], repeat(b"x" * 65536, 160), [b"\nafter\n"])
    server.answer = lambda handler: respond_for_ever(handler, pieces)
    with Client(target, Budget(bytes=16 * MIB)) as client, bounds(10, memory=8 * MIB):
        seen, ended, cut = follow(client, largest=16 * MIB)
    assert [len(line) for line in seen] == [5, 16 * 1024, 5]
    assert (ended, cut) == ("end", 1)


def test_an_endless_log_ends_at_its_bound(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(handler, repeat(b"x" * 99 + b"\n"))
    with bounds(5):
        seen, ended, _ = follow(client)
    assert ended == "cut"
    assert 10_000 < len(seen) < 12_000


def test_a_log_of_one_endless_line_ends_at_its_bound(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(handler, repeat(b"x" * 65536))
    with bounds(5, memory=8 * MIB):
        _, ended, _ = follow(client)
    assert ended == "cut"


def test_many_logs_end_at_the_grades_bound(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(handler, repeat(b"x" * 65536))
    with bounds(10), pytest.raises(KubeError) as caught:
        _ = [follow(client) for _ in range(20)]
    assert caught.value.code == "budget"


def test_a_log_that_drips_ends_at_its_deadline(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(handler, drip(server, piece=b"tick\n"))
    with bounds(0.4):
        seen, ended, _ = follow(client, seconds=0.4)
    assert ended == "deadline"
    assert seen.count(b"tick") == len(seen)


def test_a_log_that_breaks_off_is_an_error(server: Server, client: Client) -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"4\r\none\n\r\n")
        reset(handler)

    server.answer = break_off
    with pytest.raises(KubeError) as caught:
        follow(client)
    assert caught.value.code == "unreachable"


def test_a_log_that_is_refused_is_never_begun(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond(handler, 403)
    with pytest.raises(KubeError) as caught:
        follow(client)
    assert caught.value.code == "forbidden"


def test_an_encoded_log_is_not_opened(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond(handler, 200, b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(KubeError) as caught:
        follow(client)
    assert caught.value.code == "encoded_body"


def test_a_stream_is_closed_from_another_thread(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(
        handler, chain([b"first\n"], drip(server, pause=60))
    )
    start = time.monotonic()
    with client.stream(LOG, seconds=20) as lines:
        for line in lines:
            assert line == b"first"
            threading.Thread(target=lines.close).start()
        assert lines.ended == "closed"
    assert time.monotonic() - start < 5


def test_a_grade_that_ends_ends_its_streams(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(
        handler, chain([b"first\n"], drip(server, pause=60))
    )
    begun, ended = threading.Event(), threading.Event()

    def look() -> None:
        with client.stream(LOG, seconds=20) as lines:
            for _ in lines:
                begun.set()
        ended.set()

    threading.Thread(target=look).start()
    assert begun.wait(5)
    client.close()
    assert ended.wait(5)


def changes(client: Client, seconds: float = 2.0) -> list[tuple[str, object]]:
    with watch(client, PODS, "7", seconds=seconds) as seen:
        return [(change.kind, change.object) for change in seen]


def test_a_watch_tells_what_changes(server: Server, client: Client) -> None:
    pieces = [
        b'{"type":"ADDED","object":{"a":1}}\n{"type":"BOOKMARK","object":{}}\n',
        b'{"type":"DELETED",',
        b'"object":{"a":1}}\n\n',
    ]
    server.answer = lambda handler: respond_for_ever(handler, pieces)
    assert changes(client) == [("ADDED", {"a": 1}), ("DELETED", {"a": 1})]
    assert server.asked[0].path == f"{PODS}?watch=true&resourceVersion=7&timeoutSeconds=2"


BROKEN: dict[str, tuple[bytes, str]] = {
    "forgot its place": (b'{"type":"ERROR","object":{"code":410,"message":"too old"}}\n', "gone"),
    "has a trouble of its own": (b'{"type":"ERROR","object":{"code":500}}\n', "server_error"),
    "has no code": (b'{"type":"ERROR","object":{}}\n', "bad_answer"),
    "has a silly code": (b'{"type":"ERROR","object":{"code":"x"}}\n', "bad_answer"),
    "sends no JSON": (b"tick\n", "bad_answer"),
    "sends no event": (b"[1]\n", "bad_answer"),
    "sends an event of nothing": (b'{"type":"ADDED"}\n', "bad_answer"),
    "sends a deep trap": (b"[" * 5000 + b"\n", "too_deep"),
    "sends half a line": (b'{"type":"ADD', "bad_answer"),
}


@pytest.mark.parametrize("what", list(BROKEN))
def test_a_watch_that_breaks_says_how(server: Server, client: Client, what: str) -> None:
    said, code = BROKEN[what]
    server.answer = lambda handler: respond_for_ever(handler, [said])
    with pytest.raises(KubeError) as caught:
        changes(client)
    assert caught.value.code == code


def test_an_endless_watch_ends(server: Server, client: Client) -> None:
    event = b'{"type":"MODIFIED","object":{"x":"' + b"y" * 10_000 + b'"}}\n'
    server.answer = lambda handler: respond_for_ever(handler, repeat(event))
    with bounds(10, memory=32 * MIB):
        assert len(changes(client, 5.0)) < 500


def test_a_stream_ends_with_the_grade(server: Server, target: Target) -> None:
    server.answer = lambda handler: respond_for_ever(handler, drip(server, piece=b"tick\n"))
    client = Client(target, Budget(seconds=0.4))
    with client, bounds(0.4), pytest.raises(KubeError) as caught:
        follow(client, seconds=20)
    assert caught.value.code == "budget"
