"""A fake API server over real TLS that answers as a test says, and remembers what it was asked."""

import base64
import hashlib
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from grader.kube.credentials import Target
from grader.kube.egress import TRUSTED, Egress

Answer = Callable[[BaseHTTPRequestHandler], None]
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
BINARY, CLOSE, PING = 2, 8, 9


def make_certificate(folder: Path, names: str, *options: str) -> Path:
    """A key and a certificate for these names, made for this run."""
    assert shutil.which("openssl"), "these tests need openssl: apt-get install openssl"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    subject = ["-subj", "/CN=api", "-addext", f"subjectAltName={names}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command.split(), *subject, *files, *options], check=True, capture_output=True)
    return folder


CA_SETTINGS = """
[ca]
default_ca = it
[it]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = name
x509_extensions = more
[name]
commonName = supplied
[more]
subjectAltName = IP:127.0.0.1
"""


def expire_certificate(folder: Path) -> None:
    """Replaces the folder's certificate with one of the past; only `openssl ca` can date back."""
    (folder / "ca.conf").write_text(CA_SETTINGS)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01")
    request = "openssl req -new -key key.pem -subj /CN=api -out request.pem"
    dates = "-startdate 20200101000000Z -enddate 20200102000000Z"
    sign = f"openssl ca -selfsign -batch -config ca.conf -keyfile key.pem {dates}"
    for command in (request, f"{sign} -in request.pem -out cert.pem"):
        subprocess.run(command.split(), check=True, capture_output=True, cwd=folder)


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """We hang up on it again and again; that is what these tests are for."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Message


class Server:
    """`answer` is called for every request; `stopped` wakes answers that would last for ever."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: Answer = lambda handler: respond(handler, 200, b"ok")
        self.asked: list[Asked] = []
        self.connections = 0
        self.stopped = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append(Asked(self.command, self.path, self.headers))
                outer.answer(self)

            def do_POST(self) -> None:
                self.do_GET()

            def do_PATCH(self) -> None:
                self.do_GET()

            def do_DELETE(self) -> None:
                self.do_GET()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._http = QuietServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._http.server_port
        self.address = f"https://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def target(self, egress: Egress = TRUSTED, **changes: Any) -> Target:
        ca = (self.folder / "cert.pem").read_bytes()
        told = {"server": self.address, "ca": ca, "token": "secret", "egress": egress}
        return Target(**{**told, **changes})

    @property
    def paths(self) -> list[str]:
        return [asked.path.partition("?")[0] for asked in self.asked]

    def say_nothing(self, _handler: BaseHTTPRequestHandler) -> None:
        self.stopped.wait()

    def close(self) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def respond(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str
) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def respond_json(handler: BaseHTTPRequestHandler, document: object, status: int = 200) -> None:
    respond(handler, status, json.dumps(document).encode(), Content_Type="application/json")


def respond_for_ever(handler: BaseHTTPRequestHandler, pieces: Iterable[bytes]) -> None:
    """A chunked body out of these pieces."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for piece in pieces:
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.flush()
    handler.wfile.write(b"0\r\n\r\n")


def drip(server: Server, pause: float = 0.05, piece: bytes = b".") -> Iterable[bytes]:
    """A byte now and then, for as long as the test lasts."""
    while not server.stopped.wait(pause):
        yield piece


def write_raw(handler: BaseHTTPRequestHandler, pieces: Iterable[bytes]) -> None:
    """Past the HTTP of the standard library, which is too polite."""
    handler.close_connection = True
    for piece in pieces:
        handler.wfile.write(piece)
        handler.wfile.flush()


def reset(handler: BaseHTTPRequestHandler) -> None:
    """RST instead of a good-bye."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Says that no more will come, and hears the other out: a plain close would be an RST."""
    with suppress(OSError):
        handler.connection.shutdown(socket.SHUT_WR)
        while handler.connection.recv(65536):
            pass


def upgrade(handler: BaseHTTPRequestHandler, protocol: str | None = None, key: str = "") -> None:
    """Accepts a WebSocket, in the subprotocol that the client likes best."""
    key = key or handler.headers["Sec-WebSocket-Key"]
    accept = base64.b64encode(hashlib.sha1(key.encode() + MAGIC, usedforsecurity=False).digest())
    offered = handler.headers["Sec-WebSocket-Protocol"].split(",")[0].strip()
    handler.close_connection = True
    handler.send_response(101)
    handler.send_header("Upgrade", "websocket")
    handler.send_header("Connection", "Upgrade")
    handler.send_header("Sec-WebSocket-Accept", accept.decode())
    handler.send_header("Sec-WebSocket-Protocol", protocol or offered)
    handler.end_headers()


def frame(payload: bytes, opcode: int = BINARY, *, final: bool = True, claims: int = -1) -> bytes:
    """One WebSocket frame; `claims` is a length that it may not have."""
    length = len(payload) if claims < 0 else claims
    first = bytes([opcode | (0x80 if final else 0)])
    if length < 126:
        return first + bytes([length]) + payload
    if length < 2**16:
        return first + struct.pack("!BH", 126, length) + payload
    return first + struct.pack("!BQ", 127, length) + payload


def read_frame(handler: BaseHTTPRequestHandler) -> bytes:
    """The payload of a client's next frame, unmasked; nothing once it has closed."""
    head = handler.rfile.read(2)
    if len(head) < 2 or head[0] & 0x0F == CLOSE:
        return b""
    length = head[1] & 0x7F
    if length > 125:
        length = int.from_bytes(handler.rfile.read(2 if length == 126 else 8), "big")
    mask = handler.rfile.read(4)
    payload = handler.rfile.read(length)
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


SUCCESS = frame(b"\x03" + json.dumps({"status": "Success"}).encode())
