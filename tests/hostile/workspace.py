"""A learner's workspace on the fake API server: what a grade once saw of a right solution.

Its web server takes requests, its script appends to the log file, and the shipper prints both.

Any part of it may be turned hostile: `wrong` maps a pattern of paths to what happens there.
"""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.hostile.apiserver import (
    SUCCESS,
    Answer,
    Server,
    drip,
    frame,
    hang_up,
    read_frame,
    respond,
    respond_for_ever,
    respond_json,
    upgrade,
)

LABS = Path(__file__).parents[2] / "labs"
CASE = LABS / "sidecar-logging" / "cases" / "solution-as-in-the-text.json"
ACCESS_LOG = b"/var/log/nginx/access.log"
KINDS = {
    "deployments": "Deployment",
    "replicasets": "ReplicaSet",
    "pods": "Pod",
    "services": "Service",
    "endpointslices": "EndpointSlice",
    "configmaps": "ConfigMap",
    "events": "Event",
}


class Workspace:
    def __init__(self, server: Server) -> None:
        evidence = json.loads(CASE.read_text(encoding="utf-8"))["evidence"]
        self.namespace: str = evidence["namespace"]
        self.objects: dict[str, list[dict[str, Any]]] = evidence["objects"]
        self.wrong: dict[str, Answer] = {}
        self._server = server
        self._printed: list[bytes] = []
        self._news = threading.Condition()
        server.answer = self.answer

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        for pattern, hostile in self.wrong.items():
            if re.search(pattern, handler.path):
                hostile(handler)
                return
        if "watch=true" in query:
            respond_for_ever(handler, drip(self._server, 60))
        elif path.endswith(f"/namespaces/{self.namespace}"):
            respond_json(handler, self.objects["Namespace"][0])
        elif kind := KINDS.get(path.rpartition("/")[2]):
            respond_json(handler, self.listing(kind))
        else:
            self._answer_pods(handler, path, parse_qs(query))

    def listing(self, kind: str) -> dict[str, Any]:
        return {"metadata": {"resourceVersion": "7"}, "items": self.objects[kind]}

    def _answer_pods(
        self, handler: BaseHTTPRequestHandler, path: str, query: dict[str, list[str]]
    ) -> None:
        if path.endswith("/exec"):
            upgrade(handler)
            if words := query.get("command", [])[4:]:
                self._append(handler, *words[:2])
            handler.wfile.write(SUCCESS)
            hang_up(handler)
        elif path.endswith("/portforward"):
            upgrade(handler)
            handler.wfile.write(frame(b"\x00P\x00") + frame(b"\x01P\x00"))
            self._serve(handler)
            hang_up(handler)
        elif path.endswith("/log"):
            if "follow" in query:
                respond_for_ever(handler, self._prints())
            else:
                respond(handler, 200, b"2026-11-21T13:58:03Z GET / HTTP/1.1\n")
        else:
            respond(handler, 200, b"hello")

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        """The web server: it logs what it is asked."""
        if request := read_frame(handler)[1:]:
            self._print(request.split(b"\r\n")[0])
            handler.wfile.write(frame(b"\x00HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"))

    def _append(self, handler: BaseHTTPRequestHandler, request: str, line: str) -> None:
        """The script in the web server's container, once the request stands in the file."""
        with self._news:
            while not any(request.encode() in it for it in self._printed):
                if self._server.stopped.is_set():
                    return
                self._news.wait(0.1)
        self._print(b"GET /" + line.encode())
        handler.wfile.write(frame(b"\x01A " + ACCESS_LOG + b"\n"))
        while read_frame(handler)[:1] not in {b"", b"\xff"}:
            pass
        handler.wfile.write(frame(b"\x01C " + ACCESS_LOG + b"\n"))

    def _print(self, line: bytes) -> None:
        with self._news:
            self._printed.append(b"2026-11-21T13:58:04Z " + line + b"\n")
            self._news.notify_all()

    def _prints(self) -> Iterator[bytes]:
        """The shipper's log, followed."""
        at = 0
        while not self._server.stopped.is_set():
            with self._news:
                if len(self._printed) == at:
                    self._news.wait(0.1)
                new = self._printed[at:]
            at += len(new)
            yield from new
