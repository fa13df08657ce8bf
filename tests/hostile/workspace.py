"""A learner's workspace on the fake API server: what a grade once saw of a right solution.

Any part of it may be turned hostile: `wrong` maps a pattern of paths to what happens there.
"""

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.hostile.apiserver import (
    SUCCESS,
    Answer,
    Server,
    drip,
    frame,
    hang_up,
    respond,
    respond_for_ever,
    respond_json,
    upgrade,
)

LABS = Path(__file__).parents[2] / "labs"
CASE = LABS / "sidecar-logging" / "cases" / "solution-as-in-the-text.json"
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
            self._answer_pods(handler, path)

    def listing(self, kind: str) -> dict[str, Any]:
        return {"metadata": {"resourceVersion": "7"}, "items": self.objects[kind]}

    def _answer_pods(self, handler: BaseHTTPRequestHandler, path: str) -> None:
        if path.endswith("/exec"):
            upgrade(handler)
            handler.wfile.write(SUCCESS)
            hang_up(handler)
        elif path.endswith("/portforward"):
            upgrade(handler)
            handler.wfile.write(frame(b"\x00P\x00") + frame(b"\x01P\x00"))
            hang_up(handler)
        elif path.endswith("/log"):
            respond(handler, 200, b"2026-11-21T13:58:03Z GET / HTTP/1.1\n")
        else:
            respond(handler, 200, b"hello")
