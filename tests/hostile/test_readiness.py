"""`check_ready` against API servers that are slow, lying or out to lead us elsewhere."""

import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from grader.kube import KubeconfigError, Target, UnreachableError, check_ready
from grader.kube.egress import TRUSTED

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1, made for this run."""
    assert shutil.which("openssl"), "these tests need openssl: apt-get install openssl"
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=api", "-addext", "subjectAltName=IP:127.0.0.1,DNS:api.example"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return folder


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """We hang up on it again and again; that is what these tests are for."""


class Server:
    """An API server that answers as a test says and remembers what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.answer: Answer = lambda handler: respond(handler, 200, b"ok")
        self.asked: list[BaseHTTPRequestHandler] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self)
                outer.answer(self)

            def log_message(self, *_arguments: object) -> None:
                pass

        self._http = QuietServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.address = f"https://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    running = Server(certificate)
    yield running
    running.close()


@pytest.fixture
def target(server: Server, certificate: Path) -> Target:
    return Target(
        server=server.address,
        ca=(certificate / "cert.pem").read_bytes(),
        token="secret",
        egress=TRUSTED,
    )


def respond(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


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
