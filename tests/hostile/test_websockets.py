"""Exec and port-forward against a server that refuses, floods, falls silent or lies."""

import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from itertools import chain, repeat

import pytest

from grader.kube.budget import Budget
from grader.kube.client import Client
from grader.kube.credentials import Target
from grader.kube.errors import KubeError
from grader.kube.exec import ExecResult
from tests.hostile.apiserver import (
    CLOSE,
    PING,
    SUCCESS,
    Server,
    drip,
    frame,
    hang_up,
    reset,
    respond,
    respond_json,
    upgrade,
    write_raw,
)
from tests.hostile.test_answers import MIB, bounds

PORT = struct.pack("<H", 80)
OPENED = frame(b"\x00" + PORT) + frame(b"\x01" + PORT)


@pytest.fixture
def client(target: Target) -> Iterator[Client]:
    with Client(target) as client:
        yield client


def run(client: Client, seconds: float = 5.0, stdin: bytes = b"") -> ExecResult:
    return client.exec("mine", "web", "app", ["sh", "-c", "true"], seconds=seconds, stdin=stdin)


def talk(client: Client, seconds: float = 5.0) -> bytes:
    with client.port_forward("mine", "web", 80, seconds=seconds) as tunnel:
        tunnel.send(b"hello")
        heard = b""
        while part := tunnel.receive(seconds=seconds):
            heard += part
        return heard


def code_of(ask: Callable[[], object]) -> str:
    with pytest.raises(KubeError) as caught:
        ask()
    assert len(caught.value.message) < 700
    return caught.value.code


def speak(server: Server, *pieces: bytes | Iterable[bytes]) -> None:
    """Accepts, then sends these pieces past any protocol, then hangs up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        upgrade(handler)
        for piece in pieces:
            write_raw(handler, [piece] if isinstance(piece, bytes) else piece)
        hang_up(handler)

    server.answer = answer


def test_a_command_brings_back_what_it_wrote(server: Server, client: Client) -> None:
    speak(server, frame(b"\x01out"), frame(b"\x02err"), frame(b"\x01put"), frame(b"\x01"), SUCCESS)
    assert run(client) == ExecResult(b"output", b"err", 0)
    asked = server.asked[0]
    assert asked.path == (
        "/api/v1/namespaces/mine/pods/web/exec?container=app&command=sh&command=-c&command=true"
        "&stdin=false&stdout=true&stderr=true"
    )
    assert asked.headers["Authorization"] == "Bearer secret"
    assert asked.headers["Host"] == server.address.removeprefix("https://")
    assert asked.headers["Sec-WebSocket-Extensions"] is None


def test_a_message_in_fragments_is_one_message(server: Server, client: Client) -> None:
    status = frame(b"\x01a", final=False) + frame(b"b", 0, final=False) + frame(b"c", 0)
    speak(server, [status[place : place + 1] for place in range(len(status))], SUCCESS)
    assert run(client).stdout == b"abc"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "redirect_refused"),
        (302, "redirect_refused"),
        (307, "redirect_refused"),
        (400, "rejected"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (409, "conflict"),
        (410, "gone"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
        (200, "rejected"),
        (204, "rejected"),
    ],
)
@pytest.mark.parametrize("ask", [run, talk])
def test_a_refused_handshake_has_its_code(
    server: Server, client: Client, ask: Callable[[Client], object], status: int, code: str
) -> None:
    said = {"kind": "Status", "message": "no"} if status != 204 else None
    inside = "https://127.0.0.1:1/inside"
    server.answer = lambda handler: (
        respond_json(handler, said, status) if said else respond(handler, 204, Location=inside)
    )
    assert code_of(lambda: ask(client)) == code
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ('unable to upgrade connection: container not found ("app")', "container_not_running"),
        ("container app is not valid for pod web", "container_not_running"),
        ("cannot exec in a stopped container", "container_not_running"),
        ("something else", "server_error"),
        ("", "server_error"),
    ],
)
def test_a_handshake_that_fails_for_the_container_says_so(
    server: Server, client: Client, words: str, code: str
) -> None:
    server.answer = lambda handler: respond_json(handler, {"message": words}, 500)
    assert code_of(lambda: run(client)) == code


GARBAGE: dict[str, tuple[bytes, set[str]]] = {
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n\r\n" * 9, {"bad_answer"}),
    "nothing": (b"", {"unreachable"}),
    "half a head": (b"HTTP/1.1 101 Swit", {"unreachable"}),
    "an endless head": (b"HTTP/1.1 101 X\r\n" + b"X: y\r\n" * 50_000, {"bad_answer"}),
    "a long line": (b"HTTP/1.1 101 X\r\nX: " + b"y" * 100_000, {"bad_answer"}),
    "the wrong key": (
        b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s: eA==\r\n\r\n"
        % b"Sec-WebSocket-Accept",
        {"bad_answer"},
    ),
    "no upgrade": (b"HTTP/1.1 101 X\r\n\r\n", {"bad_answer"}),
    "a huge body": (
        b"HTTP/1.1 403 X\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100_000,
        {"bad_answer"},
    ),
    "a chunked body": (
        b"HTTP/1.1 403 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        {"forbidden"},
    ),
}


@pytest.mark.parametrize("what", list(GARBAGE))
@pytest.mark.parametrize("ask", [run, talk])
def test_a_handshake_of_garbage_is_told_and_not_understood(
    server: Server, client: Client, ask: Callable[[Client], object], what: str
) -> None:
    said, codes = GARBAGE[what]
    server.answer = lambda handler: write_raw(handler, [said])
    with bounds(1):
        assert code_of(lambda: ask(client)) in codes


def test_a_subprotocol_that_nobody_offered_is_refused(server: Server, client: Client) -> None:
    server.answer = lambda handler: upgrade(handler, protocol="v9.evil")
    assert code_of(lambda: run(client)) == "bad_answer"


@pytest.mark.parametrize("ask", [run, talk])
def test_a_server_silent_before_the_handshake_is_given_up(
    server: Server, client: Client, ask: Callable[..., object]
) -> None:
    server.answer = server.say_nothing
    with bounds(0.3):
        assert code_of(lambda: ask(client, seconds=0.3)) == "timeout"


@pytest.mark.parametrize("ask", [run, talk])
def test_a_server_silent_after_the_handshake_is_given_up(
    server: Server, client: Client, ask: Callable[..., object]
) -> None:
    speak(server, (b"" for _ in [server.stopped.wait(0)]), drip(server, 60))
    with bounds(0.3):
        assert code_of(lambda: ask(client, seconds=0.3)) == "timeout"


def test_silence_ends_with_the_grade(server: Server, target: Target) -> None:
    speak(server, drip(server, 60))
    with Client(target, Budget(seconds=0.3)) as client, bounds(0.3):
        assert code_of(lambda: run(client)) == "budget"


FLOODS: dict[str, tuple[Callable[[Server], Iterable[bytes]], set[str]]] = {
    "one huge frame": (lambda _: [frame(b"\x01" + b"x" * (9 * MIB))], {"too_large"}),
    "a frame that claims to be huge": (lambda _: [frame(b"\x01", claims=2**62)], {"too_large"}),
    "endless frames": (lambda _: repeat(frame(b"\x01" + b"x" * 60_000)), {"too_large"}),
    "endless tiny frames": (lambda _: repeat(frame(b"\x01") * 5000), {"too_large", "timeout"}),
    "endless fragments": (
        lambda _: chain([frame(b"\x01", final=False)], repeat(frame(b"x" * 999, 0, final=False))),
        {"too_large"},
    ),
    "endless empty fragments": (
        lambda _: chain([frame(b"\x01", final=False)], repeat(frame(b"", 0, final=False) * 999)),
        {"timeout", "budget", "bad_answer", "too_large"},
    ),
    "endless pings": (lambda _: repeat(frame(b"x" * 100, PING) * 99), {"timeout", "budget"}),
    "endless news of a foreign channel": (lambda _: repeat(frame(b"\x09" * 9999)), {"too_large"}),
    "frames that drip": (lambda server: drip(server, 0.05, frame(b"\x01")), {"timeout"}),
    "a frame that drips": (
        lambda server: chain([frame(b"\x01", claims=50_000)], drip(server, 0.05, b"x")),
        {"timeout"},
    ),
}


@pytest.mark.parametrize("what", list(FLOODS))
@pytest.mark.parametrize("ask", [run, talk])
def test_a_flood_is_bounded(
    server: Server, client: Client, ask: Callable[..., object], what: str
) -> None:
    make, codes = FLOODS[what]
    speak(server, b"" if ask is run else OPENED, make(server))
    with bounds(2, memory=32 * MIB):
        # The same bytes say other things in a tunnel; they are bounded all the same.
        strange = set() if ask is run else {"bad_answer", "too_large", "unreachable"}
        assert code_of(lambda: ask(client, seconds=1)) in codes | strange


BROKEN_FRAMES: dict[str, bytes] = {
    "reserved bits": bytes([0xF2, 1, 0]),
    "an unknown kind": bytes([0x83, 1, 0]),
    "a masked frame": bytes([0x82, 0x81, 0, 0, 0, 0, 0]),
    "a fragment of nothing": frame(b"x", 0),
    "a long ping": frame(b"x" * 200, PING),
    "a close with half a code": frame(b"\x03", CLOSE),
    "a close with a lying code": frame(b"\x00\x01", CLOSE),
    "a close with bad text": frame(b"\x03\xe8\xff\xff", CLOSE),
    "noise": bytes(range(256)) * 9,
    "a compressed frame": bytes([0xC2, 5]) + b"\x01abcd",
}


@pytest.mark.parametrize("what", list(BROKEN_FRAMES))
@pytest.mark.parametrize("ask", [run, talk])
def test_frames_of_garbage_are_a_bad_answer(
    server: Server, client: Client, ask: Callable[[Client], object], what: str
) -> None:
    speak(server, BROKEN_FRAMES[what])
    assert code_of(lambda: ask(client)) == "bad_answer"


@pytest.mark.parametrize(
    "pieces",
    [[], [frame(b"\x01half"), frame(b"\x03\xe8", CLOSE)], [frame(b"\x01half")], [b"\x82"]],
    ids=["at once", "politely", "rudely", "within a frame"],
)
def test_a_command_whose_end_never_came_has_no_result(
    server: Server, client: Client, pieces: list[bytes]
) -> None:
    speak(server, *pieces)
    assert code_of(lambda: run(client)) == "unreachable"


@pytest.mark.parametrize("ask", [run, talk])
def test_a_connection_that_is_reset_is_lost(
    server: Server, client: Client, ask: Callable[[Client], object]
) -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        upgrade(handler)
        handler.wfile.write(frame(b"\x00" + PORT))
        reset(handler)

    server.answer = break_off
    assert code_of(lambda: ask(client)) == "unreachable"


STATUSES: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"done", "bad_answer"),
    "no object": (b"[]", "bad_answer"),
    "invalid UTF-8": (b"\xff", "bad_answer"),
    "deep": (b"[" * 9000, "bad_answer"),
    "nothing": (b"", "bad_answer"),
    "an empty object": (b"{}", "bad_answer"),
    "causes of another kind": (b'{"details": {"causes": [1, {}, {"reason": "X"}]}}', "bad_answer"),
    "no causes": (b'{"details": 7}', "bad_answer"),
    "a lying exit code": (
        b'{"details": {"causes": [{"reason": "ExitCode", "message": "-1"}]}}',
        "bad_answer",
    ),
    "no program": (
        b'{"message": "exec: \\"sh\\": executable file not found in $PATH"}',
        "no_shell",
    ),
    "no container": (b'{"message": "container is not running"}', "container_not_running"),
}


@pytest.mark.parametrize("what", list(STATUSES))
def test_the_status_of_a_command_is_read_with_care(
    server: Server, client: Client, what: str
) -> None:
    said, code = STATUSES[what]
    speak(server, frame(b"\x03" + said))
    assert code_of(lambda: run(client)) == code


def test_a_command_that_failed_says_how(server: Server, client: Client) -> None:
    said = b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}'
    speak(server, frame(b"\x02no such file"), frame(b"\x03" + said))
    assert run(client) == ExecResult(b"", b"no such file", 3)


def test_input_that_nobody_reads_is_given_up(server: Server, client: Client) -> None:
    speak(server, drip(server, 60))
    with bounds(1, memory=64 * MIB):
        code = code_of(lambda: run(client, seconds=0.5, stdin=b"x" * (8 * MIB)))
    assert code == "timeout"


TUNNELS: dict[str, tuple[bytes, str]] = {
    "another port": (frame(b"\x00\x01\x00"), "bad_answer"),
    "another channel": (frame(b"\x02" + PORT), "bad_answer"),
    "no channel": (frame(b""), "bad_answer"),
    "nobody listening": (
        OPENED + frame(b"\x01dial tcp4 127.0.0.1:80: connect: connection refused"),
        "refused",
    ),
    "no Pod": (OPENED + frame(b"\x01pod not found"), "container_not_running"),
    "a trouble": (OPENED + frame(b"\x01something broke\xff"), "unreachable"),
}


@pytest.mark.parametrize("what", list(TUNNELS))
def test_a_tunnel_that_is_none_says_why(server: Server, client: Client, what: str) -> None:
    said, code = TUNNELS[what]
    speak(server, said)
    assert code_of(lambda: talk(client)) == code


def test_a_tunnel_carries_bytes_until_the_other_side_closes(server: Server, client: Client) -> None:
    bye = frame(b"\x03\xe8", CLOSE)
    speak(
        server, OPENED, frame(b"\x01"), frame(b"\x00abc") + frame(b"\x00"), frame(b"\x00def"), bye
    )
    assert talk(client) == b"abcdef"


def test_a_tunnel_gives_no_more_at_once_than_was_asked_for(server: Server, client: Client) -> None:
    speak(server, OPENED, frame(b"\x00abcdef"), drip(server, 60))
    with client.port_forward("mine", "web", 80) as tunnel:
        assert [tunnel.receive(4), tunnel.receive(4)] == [b"abcd", b"ef"]
        assert code_of(lambda: tunnel.receive(4, seconds=0.1)) == "timeout"


def speak_before_we_do(server: Server, said: bytes) -> None:
    """All of it comes with the handshake's answer, the good-bye included."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        written, handler.wfile = handler.wfile, BytesIO()
        upgrade(handler)
        handler.wfile.write(said + frame(b"\x03\xe8", CLOSE))
        written.write(handler.wfile.getvalue())
        handler.wfile = written
        hang_up(handler)

    server.answer = answer


def test_a_port_that_is_closed_is_told_before_we_could_send(server: Server, client: Client) -> None:
    speak_before_we_do(server, TUNNELS["nobody listening"][0])
    assert code_of(lambda: talk(client)) == "refused"


def test_a_program_that_is_missing_is_told_before_its_input_was_sent(
    server: Server, client: Client
) -> None:
    speak_before_we_do(server, frame(b"\x03" + STATUSES["no program"][0]))
    assert code_of(lambda: run(client, stdin=b"x" * 100_000)) == "no_shell"


def test_an_answer_that_came_before_the_question_is_read(server: Server, client: Client) -> None:
    speak_before_we_do(server, OPENED + frame(b"\x00early") + frame(b"\x00 bird"))
    assert talk(client) == b"early bird"


def test_a_tunnel_that_closed_takes_nothing_more(server: Server, client: Client) -> None:
    speak(server, OPENED, frame(b"\x03\xe8", CLOSE))
    with client.port_forward("mine", "web", 80) as tunnel:
        assert tunnel.receive() == b""
        assert code_of(lambda: tunnel.send(b"x")) == "unreachable"


def test_a_grade_that_ends_ends_its_tunnels(server: Server, client: Client) -> None:
    speak(server, OPENED, drip(server, 60))
    ended = threading.Event()
    with client.port_forward("mine", "web", 80, seconds=20) as tunnel:

        def look() -> None:
            with suppress(KubeError):
                tunnel.receive(seconds=20)
            ended.set()

        thread = threading.Thread(target=look)
        thread.start()
        start = time.monotonic()
        client.close()
        assert ended.wait(5)
        assert time.monotonic() - start < 5


def test_a_kept_connection_that_died_is_replaced_for_a_command(
    server: Server, client: Client
) -> None:
    client.get("/readyz")
    speak(server, SUCCESS)
    assert run(client).exit_code == 0
    assert server.connections == 1


def test_names_of_pods_cannot_change_the_question(server: Server, client: Client) -> None:
    speak(server, SUCCESS)
    client.exec("a/../b", "web?x=1", "c&d\r\nX: y", ["a&b"])
    path = server.asked[0].path
    assert path.startswith("/api/v1/namespaces/a%2F..%2Fb/pods/web%3Fx%3D1/exec?")
    assert "container=c%26d%0D%0AX%3A+y&command=a%26b&" in path
