"""Plain questions to an API server that is broken, slow or out to hurt."""

import json
import socket
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import chain, count, repeat
from pathlib import Path

import pytest

from grader.kube.budget import Budget
from grader.kube.client import Client
from grader.kube.connection import Pool
from grader.kube.credentials import Target
from grader.kube.egress import PUBLIC_ONLY, TRUSTED
from grader.kube.errors import KubeError
from tests.hostile.apiserver import (
    Server,
    drip,
    expire_certificate,
    make_certificate,
    reset,
    respond,
    respond_for_ever,
    respond_json,
    write_raw,
)

MIB = 1024 * 1024
PODS = "/api/v1/namespaces/mine/pods"
OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def bounds(seconds: float, memory: int = 16 * MIB) -> Iterator[None]:
    """A generous margin for a busy machine, and far from what the attack could do."""
    tracemalloc.start()
    start = time.monotonic()
    try:
        yield
        assert time.monotonic() - start < seconds + 3
        assert tracemalloc.get_traced_memory()[1] < memory
    finally:
        tracemalloc.stop()


def error_of(ask: Callable[[], object]) -> KubeError:
    with pytest.raises(KubeError) as caught:
        ask()
    assert len(caught.value.message) < 700
    assert caught.value.help
    return caught.value


@pytest.fixture
def client(target: Target) -> Iterator[Client]:
    with Client(target) as client:
        yield client


def test_a_server_that_is_down_is_unreachable() -> None:
    nobody = Target(server="https://127.0.0.1:1", egress=TRUSTED)
    with Client(nobody) as client, bounds(1):
        assert error_of(lambda: client.get("/x")).code == "unreachable"


def test_a_silent_server_is_given_up_at_the_deadline(server: Server, client: Client) -> None:
    server.answer = server.say_nothing
    with bounds(0.3):
        assert error_of(lambda: client.get("/x", seconds=0.3)).code == "timeout"
    assert len(server.asked) == 1


def test_a_server_that_takes_connections_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        target = Target(server=f"https://127.0.0.1:{mute.getsockname()[1]}", egress=TRUSTED)
        with Client(target) as client, bounds(0.3):
            assert error_of(lambda: client.get("/x", seconds=0.3)).code == "timeout"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "rejected"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (409, "conflict"),
        (410, "gone"),
        (422, "rejected"),
        (500, "server_error"),
        (502, "server_error"),
        (600, "server_error"),
    ],
)
def test_a_refusal_has_its_code_and_is_asked_once(
    server: Server, client: Client, status: int, code: str
) -> None:
    said = {"kind": "Status", "reason": "Because", "message": "it is\nso"}
    server.answer = lambda handler: respond_json(handler, said, status)
    error = error_of(lambda: client.get(PODS))
    assert error.code == code
    assert len(server.asked) == 1


def test_a_refusal_keeps_the_servers_words_in_one_line(server: Server, client: Client) -> None:
    said = {"kind": "Status", "reason": "Forbidden", "message": "no\nway\x1b[31m" + "!" * 10_000}
    server.answer = lambda handler: respond_json(handler, said, 403)
    assert "\n" not in error_of(lambda: client.get(PODS)).message


@pytest.mark.parametrize("body", [b"\xff" * 9, b"[" * 9000, b"[]", b"7", b"null", b""])
def test_a_refusal_with_a_strange_body_is_still_a_refusal(
    server: Server, client: Client, body: bytes
) -> None:
    server.answer = lambda handler: respond(handler, 403, body)
    assert error_of(lambda: client.get(PODS)).code == "forbidden"


@pytest.mark.parametrize("wait", ["86400", "6", "99999999999999"])
def test_who_wants_us_to_wait_long_is_not_asked_again(
    server: Server, client: Client, wait: str
) -> None:
    server.answer = lambda handler: respond(handler, 429, Retry_After=wait)
    with bounds(1):
        error = error_of(lambda: client.get(PODS))
    assert error.code == "rate_limited"
    assert len(server.asked) == (3 if len(wait) > 8 else 1)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_three_times_in_all(
    server: Server, client: Client, status: int
) -> None:
    server.answer = lambda handler: respond(handler, status, Retry_After="0")
    assert error_of(lambda: client.get(PODS)).code in {"rate_limited", "server_error"}
    assert len(server.asked) == 3


def test_a_server_that_was_busy_for_a_moment_is_no_trouble(server: Server, client: Client) -> None:
    def busy_once(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, 429 if len(server.asked) == 1 else 200, b"{}")

    server.answer = busy_once
    assert client.get_json(PODS) == {}
    assert client.budget.calls_made == 2


def test_changes_are_asked_for_once(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond(handler, 503, Retry_After="0")
    assert error_of(lambda: client.send_json("POST", PODS, {})).code == "server_error"
    assert len(server.asked) == 1


def test_waiting_ends_with_the_grade(server: Server, target: Target) -> None:
    server.answer = lambda handler: respond(handler, 429, Retry_After="4")
    with Client(target, Budget(seconds=1)) as client, bounds(1):
        assert error_of(lambda: client.get(PODS)).code == "rate_limited"


def test_an_endless_list_ends_after_four_pages(server: Server, client: Client) -> None:
    numbers = count()
    server.answer = lambda handler: respond_json(
        handler, {"metadata": {"continue": f"c{next(numbers)}"}, "items": [{"a": 1}]}
    )
    listing = client.list(PODS)
    assert (len(listing.items), listing.cut, len(server.asked)) == (4, True, 4)


def test_five_thousand_pods_are_the_first_thousand(server: Server, client: Client) -> None:
    def page(handler: BaseHTTPRequestHandler) -> None:
        pods = [
            {"metadata": {"name": f"p{place}"}, "spec": {"x": "y" * 500}} for place in range(250)
        ]
        respond_json(handler, {"metadata": {"continue": "more"}, "items": pods})

    server.answer = page
    with bounds(5):
        listing = client.list(PODS)
    assert (len(listing.items), listing.cut) == (1000, True)
    assert all("limit=250" in handler.path for handler in server.asked)


def test_five_thousand_pods_in_one_answer_are_too_large(server: Server, client: Client) -> None:
    pods = json.dumps({"items": [{"spec": {"x": "y" * 1000}}] * 5000}).encode()
    server.answer = lambda handler: respond(handler, 200, pods)
    with bounds(5):
        assert error_of(lambda: client.list(PODS)).code == "too_large"


def test_a_list_that_lost_its_place_is_begun_anew_once(server: Server, client: Client) -> None:
    def forget(handler: BaseHTTPRequestHandler) -> None:
        if "continue" in handler.path and len(server.asked) < 3:
            respond_json(handler, {"reason": "Expired"}, 410)
        else:
            more = "" if "continue" in handler.path else "more"
            respond_json(handler, {"metadata": {"continue": more}, "items": [{}]})

    server.answer = forget
    listing = client.list(PODS)
    assert (len(listing.items), listing.cut, len(server.asked)) == (2, False, 4)


def test_a_list_that_loses_its_place_again_is_gone(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_json(handler, {}, 410)
    assert error_of(lambda: client.list(PODS)).code == "gone"
    assert len(server.asked) == 2


@pytest.mark.parametrize("body", [b"[]", b"7", b'{"items": 7}', b'{"items": {"a": 1}}', b"null"])
def test_what_is_no_list_is_a_bad_answer(server: Server, client: Client, body: bytes) -> None:
    server.answer = lambda handler: respond(handler, 200, body)
    assert error_of(lambda: client.list(PODS)).code == "bad_answer"


def test_a_list_of_other_things_than_objects_is_empty(server: Server, client: Client) -> None:
    document = {"metadata": [7], "items": [1, "x", None, [], {"kind": "Pod"}]}
    server.answer = lambda handler: respond_json(handler, document)
    assert client.list(PODS).items == [{"kind": "Pod"}]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
def test_a_redirect_inwards_is_refused(
    server: Server, client: Client, certificate: Path, status: int
) -> None:
    inside = Server(certificate)
    try:
        server.answer = lambda handler: respond(
            handler, status, Location=f"{inside.address}/latest/meta-data"
        )
        assert error_of(lambda: client.get(PODS)).code == "redirect_refused"
        assert client.get(PODS, raw=True).status == status
        assert inside.connections == 0
    finally:
        inside.close()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP, identity", "zstd"])
def test_an_encoded_body_is_not_opened(server: Server, client: Client, encoding: str) -> None:
    bomb = b"\x1f\x8b\x08" + b"\0" * MIB
    server.answer = lambda handler: respond(handler, 200, bomb, Content_Encoding=encoding)
    with bounds(1):
        assert error_of(lambda: client.get(PODS)).code == "encoded_body"
        answer = client.get(PODS, raw=True)
    assert (answer.status, answer.body, answer.cut) == (200, b"", True)


def test_an_endless_body_ends_at_its_bound(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(handler, repeat(b"x" * 65536))
    with bounds(5):
        assert error_of(lambda: client.get(PODS)).code == "too_large"
        answer = client.get(PODS, raw=True, largest=1000)
    assert (len(answer.body), answer.cut) == (1000, True)


def test_many_large_bodies_end_at_the_grades_bound(server: Server, client: Client) -> None:
    body = b" " * MIB + b"{}"
    server.answer = lambda handler: respond(handler, 200, body)
    with bounds(10):
        errors = error_of(lambda: [client.get_json(PODS) for _ in range(20)])
    assert errors.code == "budget"
    assert client.budget.bytes_read < 9 * MIB


def test_a_body_that_drips_is_given_up_at_the_deadline(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_for_ever(handler, drip(server))
    with bounds(0.4):
        assert error_of(lambda: client.get(PODS, seconds=0.4)).code == "timeout"


HEADS: dict[str, tuple[bytes, bytes, float]] = {
    "a status line": (b"", b"H", 0.05),
    "a header": (OK + b"X: ", b"x", 0.05),
    "headers": (OK, b"X: y\r\n", 0.05),
    "news that goes on": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0),
    "the size of a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 0.05),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", 0.01),
}


@pytest.mark.parametrize("what", list(HEADS))
def test_what_drips_is_given_up_wherever_it_drips(
    server: Server, client: Client, what: str
) -> None:
    start, piece, pause = HEADS[what]
    server.answer = lambda handler: write_raw(handler, chain([start], drip(server, pause, piece)))
    with bounds(0.4):
        assert error_of(lambda: client.get(PODS, seconds=0.4)).code == "timeout"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"SSH-2.0-OpenSSH\r\n" * 3],
        [b"\0" * 70_000],
        [b"HTTP/1.1 999999 OK\r\n\r\n"],
        [b"HTTP/9 200 OK\r\n\r\n"],
        [OK, b"X: " + b"y" * 70_000],
        [OK, b"X: y\r\n" * 200],
        [OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [OK, b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc"],
        [OK, b"Content-Length: -5\r\n\r\n"],
        [OK, b"Content-Length: x\r\n\r\n"],
        [OK, b"\xff\xfe: \xff\r\n\r\n"],
        [b"\r\n" * 9],
    ],
    ids=lambda pieces: repr(b"".join(pieces))[:40],
)
def test_what_is_no_http_is_told_and_not_understood(
    server: Server, client: Client, pieces: list[bytes]
) -> None:
    server.answer = lambda handler: write_raw(handler, pieces)
    with bounds(1):
        assert error_of(lambda: client.get_json(PODS)).code in {"bad_answer", "unreachable"}


NOT_OURS = {
    "invalid UTF-8": (b'{"a": "\xff\xfe"}', "bad_answer"),
    "no JSON": (b"<html>", "bad_answer"),
    "half": (b'{"items": [', "bad_answer"),
    "one level too deep": (b"[" * 65 + b"]" * 65, "too_deep"),
    "nothing": (b"", "bad_answer"),
    "no number": (b'{"a": NaN}', "bad_answer"),
    "infinite": (b"[-Infinity]", "bad_answer"),
    "too large a number": (b"[1e999]", "bad_answer"),
    "too long a number": (b"9" * 100_000, "bad_answer"),
    "deep lists": (b"[" * 200_000 + b"]" * 200_000, "too_deep"),
    "deep lists without an end": (b"[" * 200_000, "too_deep"),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
    "deep behind strings": (b'["]\\"]", ' + b"[" * 70 + b"]" * 71, "too_deep"),
    "closed too often": (b"]" * 1000, "bad_answer"),
}


@pytest.mark.parametrize("what", list(NOT_OURS))
def test_json_that_is_none_or_a_trap_is_refused(server: Server, client: Client, what: str) -> None:
    body, code = NOT_OURS[what]
    server.answer = lambda handler: respond(handler, 200, body)
    with bounds(2):
        assert error_of(lambda: client.get_json(PODS)).code == code


def test_brackets_in_strings_are_no_depth(server: Server, client: Client) -> None:
    text = "[{" * 5000 + '"\\' * 50
    server.answer = lambda handler: respond_json(handler, {"log": text})
    assert client.get_json(PODS) == {"log": text}


def test_a_connection_that_breaks_in_a_body_is_tried_again(server: Server, client: Client) -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        if len(server.asked) < 3:
            handler.send_response(200)
            handler.send_header("Content-Length", "100")
            handler.end_headers()
            handler.wfile.write(b"{")
            reset(handler)
        else:
            respond(handler, 200, b"{}")

    server.answer = break_off
    assert client.get_json(PODS) == {}
    assert len(server.asked) == 3


@pytest.mark.parametrize("headers", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_half_a_body_is_no_answer(server: Server, client: Client, headers: bytes) -> None:
    half = [OK + headers + b"\r\n\r\n", b"5\r\n{}   "]
    server.answer = lambda handler: write_raw(handler, half)
    assert error_of(lambda: client.get_json(PODS)).code == "unreachable"
    assert len(server.asked) == 3


def test_a_change_that_broke_off_is_not_tried_again(server: Server, client: Client) -> None:
    server.answer = reset
    assert error_of(lambda: client.send_json("POST", PODS, {})).code == "unreachable"
    assert len(server.asked) == 1


def test_an_expired_certificate_is_not_believed(tmp_path: Path) -> None:
    make_certificate(tmp_path, "IP:127.0.0.1")
    expire_certificate(tmp_path)
    expired = Server(tmp_path)
    try:
        with Client(expired.target()) as client:
            error = error_of(lambda: client.get(PODS))
        assert error.code == "unreachable"
        assert "expired" in error.message
        assert expired.asked == []
    finally:
        expired.close()


def test_a_certificate_for_another_host_is_not_believed(tmp_path: Path) -> None:
    make_certificate(tmp_path, "DNS:other.example", "-days", "2")
    other = Server(tmp_path)
    try:
        with Client(other.target()) as client:
            assert error_of(lambda: client.get(PODS)).code == "unreachable"
        with Client(other.target(tls_server_name="other.example")) as client:
            assert client.get(PODS).body == b"ok"
        assert len(other.asked) == 1
    finally:
        other.close()


def test_a_learners_server_on_this_machine_is_not_even_connected_to(server: Server) -> None:
    with Client(server.target(PUBLIC_ONLY)) as client:
        assert error_of(lambda: client.get(PODS)).code == "egress_denied"
        assert error_of(lambda: client.exec("n", "p", "c", ["sh"])).code == "egress_denied"
    assert server.connections == 0


def test_an_encrypted_key_is_not_asked_about_on_the_terminal(
    server: Server, certificate: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    command = f"openssl ec -in {certificate}/key.pem -aes128 -passout pass:secret -out {key}"
    subprocess.run(command.split(), check=True, capture_output=True)
    target = server.target(
        certificate=(certificate / "cert.pem").read_bytes(), key=key.read_bytes()
    )
    with Client(target) as client:
        assert error_of(lambda: client.get(PODS)).code == "bad_kubeconfig"


def test_names_of_objects_cannot_change_the_question(server: Server, client: Client) -> None:
    client.get("/api/v1/namespaces/a b/pods/c?d#e\r\nX: y", raw=True)
    client.get("/api", {"q": "a&b=c\r\nX: y", "n": 3, "t": True, "many": ["1", "2 3"]}, raw=True)
    first, second = server.asked
    assert first.path == "/api/v1/namespaces/a%20b/pods/c%3Fd%23e%0D%0AX:%20y"
    assert second.path == "/api?q=a%26b%3Dc%0D%0AX%3A+y&n=3&t=true&many=1&many=2+3"
    assert "X" not in first.headers


def test_every_question_says_who_asks_and_wants_it_plain(server: Server, client: Client) -> None:
    client.get(PODS)
    (asked,) = server.asked
    assert asked.headers["Authorization"] == "Bearer secret"
    assert asked.headers["Accept-Encoding"] == "identity"


def test_the_servers_clock_comes_with_the_answer(server: Server, client: Client) -> None:
    date = "Sat, 21 Nov 2026 13:00:00 GMT"

    def old(handler: BaseHTTPRequestHandler) -> None:
        write_raw(handler, [OK, f"Date: {date}\r\nContent-Length: 0\r\n\r\n".encode()])

    server.answer = old
    answer = client.get(PODS)
    assert answer.server_time
    assert answer.server_time.isoformat() == "2026-11-21T13:00:00+00:00"


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 99 Nov 99999 99:99:99 GMT", "\xff", "0"])
def test_a_clock_that_is_broken_is_no_clock(server: Server, client: Client, date: str) -> None:
    head = OK + b"Date: " + date.encode("latin-1") + b"\r\nContent-Length: 0\r\n\r\n"
    server.answer = lambda handler: write_raw(handler, [head])
    assert client.get(PODS).server_time is None


def test_a_connection_serves_many_questions_and_many_grades(server: Server, target: Target) -> None:
    pool = Pool(target)
    for _ in range(3):
        with Client(target, pool=pool) as client:
            client.get(PODS)
            client.get(PODS)
    assert server.connections == 1
    pool.close()


def test_a_kept_connection_that_died_meanwhile_is_replaced(server: Server, client: Client) -> None:
    def answer_and_hang_up(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, 200, b"{}")
        handler.close_connection = True

    server.answer = answer_and_hang_up
    for _ in range(3):
        assert client.get_json(PODS) == {}
    assert client.send_json("POST", PODS, {}) == {}
    assert len(server.asked) == 4


def test_a_server_that_talks_unasked_is_not_listened_to(server: Server, client: Client) -> None:
    def talk(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, 200, b"{}")
        handler.wfile.write(OK + b'Content-Length: 7\r\n\r\n{"a":1}')
        handler.wfile.flush()

    server.answer = talk
    assert [client.get_json(PODS) for _ in range(3)] == [{}] * 3


def test_many_threads_share_a_client(server: Server, client: Client) -> None:
    server.answer = lambda handler: respond_json(handler, {"you": handler.path})
    seen: list[tuple[str, str]] = []

    def ask(number: int) -> None:
        for turn in range(5):
            path = f"/{number}/{turn}"
            seen.append((path, client.get_json(path)["you"]))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert all(asked == answered for asked, answered in seen)
    assert server.connections <= 8


def test_a_grade_makes_only_so_many_calls(server: Server, target: Target) -> None:
    with Client(target, Budget(calls=3)) as client:
        assert error_of(lambda: [client.get(PODS) for _ in range(9)]).code == "budget"
        assert error_of(lambda: client.exec("n", "p", "c", ["sh"])).code == "budget"
    assert len(server.asked) == 3


def test_a_grade_lasts_only_so_long(server: Server, target: Target) -> None:
    server.answer = server.say_nothing
    with Client(target, Budget(seconds=0.3)) as client, bounds(0.3):
        assert error_of(lambda: client.get(PODS)).code == "budget"
        assert error_of(lambda: client.get(PODS)).code == "budget"
    assert len(server.asked) == 1


def test_proxies_of_the_environment_are_not_used(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert client.get(PODS).body == b"ok"
    assert error_of(lambda: client.exec("n", "p", "c", ["sh"])).code == "rejected"
    assert len(server.asked) == 2
