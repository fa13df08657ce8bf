"""`check_ready` against API servers that are slow, lying or out to lead us elsewhere."""

import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from grader.kube.credentials import Target
from grader.kube.egress import TRUSTED
from grader.kube.errors import KubeconfigError, UnreachableError
from grader.kube.readiness import check_ready
from tests.hostile.apiserver import Server, respond


def test_a_ready_server_is_asked_once_with_our_token(server: Server, target: Target) -> None:
    check_ready(target)
    (request,) = server.asked
    assert request.path == "/readyz"
    assert request.headers["Authorization"] == "Bearer secret"


def test_a_redirect_is_not_followed(server: Server, target: Target) -> None:
    server.answer = lambda handler: respond(handler, 302, Location=f"{server.address}/elsewhere")
    with pytest.raises(UnreachableError, match="HTTP 302"):
        check_ready(target)
    assert [request.path for request in server.asked] == ["/readyz"]


def test_a_server_that_asks_us_to_wait_is_not_waited_for(server: Server, target: Target) -> None:
    server.answer = lambda handler: respond(handler, 429, Retry_After="3600")
    start = time.monotonic()
    with pytest.raises(UnreachableError, match="HTTP 429"):
        check_ready(target)
    assert time.monotonic() - start < 2
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_told_apart(server: Server, target: Target, status: int) -> None:
    server.answer = lambda handler: respond(handler, status)
    with pytest.raises(UnreachableError, match="refuses our credentials"):
        check_ready(target)


def test_what_a_server_says_is_quoted_short(server: Server, target: Target) -> None:
    server.answer = lambda handler: respond(handler, 500, b"x\n" * 100_000)
    with pytest.raises(UnreachableError) as caught:
        check_ready(target)
    assert len(caught.value.message) < 400
    assert "\n" not in caught.value.message


def test_a_body_that_drips_holds_nobody_up(server: Server, target: Target) -> None:
    finished = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(500)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not finished.wait(0.05):
            handler.wfile.write(b".")
            handler.wfile.flush()

    server.answer = drip
    start = time.monotonic()
    try:
        with pytest.raises(UnreachableError):
            check_ready(target, seconds=0.5)
    finally:
        finished.set()
    assert time.monotonic() - start < 3


def test_a_silent_server_is_given_up(server: Server, target: Target) -> None:
    finished = threading.Event()

    def say_nothing(_handler: BaseHTTPRequestHandler) -> None:
        finished.wait(10)

    server.answer = say_nothing
    try:
        with pytest.raises(UnreachableError, match="does not answer"):
            check_ready(target, seconds=0.2)
    finally:
        finished.set()


def test_nobody_listening_is_told(target: Target, server: Server) -> None:
    gone = Target(server="https://127.0.0.1:1", ca=target.ca, egress=TRUSTED)
    with pytest.raises(UnreachableError, match="does not answer"):
        check_ready(gone)


def test_a_certificate_of_somebody_else_is_not_believed(server: Server) -> None:
    stranger = Target(server=server.address, token="secret", egress=TRUSTED)
    with pytest.raises(UnreachableError, match="does not answer"):
        check_ready(stranger)
    assert server.asked == []


def test_the_name_to_check_may_differ_from_the_address(
    server: Server, target: Target, certificate: Path
) -> None:
    ca = (certificate / "cert.pem").read_bytes()
    check_ready(Target(server=server.address, ca=ca, tls_server_name="api.example", egress=TRUSTED))
    with pytest.raises(UnreachableError):
        check_ready(
            Target(server=server.address, ca=ca, tls_server_name="other.example", egress=TRUSTED)
        )


def test_a_client_certificate_is_used_and_left_nowhere(
    server: Server, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pair = Target(
        server=server.address,
        ca=(certificate / "cert.pem").read_bytes(),
        certificate=(certificate / "cert.pem").read_bytes(),
        key=(certificate / "key.pem").read_bytes(),
        egress=TRUSTED,
    )
    check_ready(pair)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_certificate_is_the_kubeconfigs_fault(server: Server) -> None:
    with pytest.raises(KubeconfigError, match="is not valid"):
        check_ready(Target(server=server.address, ca=b"no certificate", egress=TRUSTED))


def test_a_proxy_in_the_environment_is_not_used(
    server: Server, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    check_ready(target)
