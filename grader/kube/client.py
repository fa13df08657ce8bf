"""Questions to one API server, within one budget. Safe to use from many threads at once."""

import http.client
import json
import random
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote as percent
from urllib.parse import urlencode
from weakref import WeakSet

from grader.kube.answers import parse_json
from grader.kube.budget import Budget
from grader.kube.connection import LOST, Pool, our_errors
from grader.kube.credentials import Target
from grader.kube.errors import (
    AnswerError,
    ConnectionLostError,
    GoneError,
    KubeError,
    RateLimitedError,
    ServerError,
    StatusError,
)
from grader.kube.log_stream import ByteLines
from grader.kube.response import Answer, is_whole, refuse, take_answer
from grader.kube.tls import BoundedSocket

if TYPE_CHECKING:
    from grader.kube.exec import ExecResult
    from grader.kube.port_forward import Tunnel
    from grader.kube.websocket import WebSocket

Value = str | int | Sequence[str]  # a bool is an int
Query = Mapping[str, Value]

SECONDS = 5.0
LARGEST = 2 * 1024 * 1024
PAGE = 250
PAGES = 4
RETRIES = 2
LONGEST_PAUSE = 5.0
SMALL = 64 * 1024
AGENT = "podlab-grader"
# Slashes and a Service proxy's own signs stay; "?", "#", spaces and line breaks of a name do not.
PATH_SIGNS = "/:@!$&'()*+,;=~-._%"


@dataclass(frozen=True)
class Listing:
    items: list[dict[str, Any]]
    server_time: datetime | None
    resource_version: str
    cut: bool  # there are more


@dataclass(frozen=True)
class _Ask:
    """One request, and what its answer may cost."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    largest: int
    raw: bool


class Client:
    def __init__(
        self, target: Target, budget: Budget | None = None, pool: Pool | None = None
    ) -> None:
        self.target = target
        self.budget = budget or Budget()
        self._pool = pool or Pool(target)
        self._keeps_pool = pool is not None
        self._closing = threading.Event()
        self._streams: WeakSet[BoundedSocket] = WeakSet()  # not the pool's: they end with us

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def within(self, budget: Budget) -> "Client":
        """The same door, for somebody with a budget of their own."""
        return Client(self.target, budget, self._pool)

    def close(self) -> None:
        """Ends what still streams, in whatever thread."""
        self._closing.set()
        for sock in list(self._streams):
            sock.abort()
        if not self._keeps_pool:
            self._pool.close()

    def get(
        self,
        path: str,
        query: Query | None = None,
        *,
        seconds: float = SECONDS,
        largest: int = LARGEST,
        accept: str = "application/json",
        raw: bool = False,
    ) -> Answer:
        """The answer. `raw` takes any status and cuts a large body, where others raise."""
        headers = {"Accept": accept}
        ask = _Ask("GET", self._path(path, query), headers, b"", seconds, largest, raw)
        return self._once(ask) if raw else self._patiently(ask)

    def get_json(self, path: str, query: Query | None = None, **bounds: Any) -> Any:
        return parse_json(self.get(path, query, **bounds).body)

    def list(
        self,
        path: str,
        query: Query | None = None,
        *,
        limit: int = PAGE,
        pages: int = PAGES,
        seconds: float = SECONDS,
    ) -> Listing:
        """The items of some pages. Begun anew once when the server forgot where we were."""
        try:
            return self._list(path, dict(query or {}), limit, pages, seconds)
        except GoneError:
            return self._list(path, dict(query or {}), limit, pages, seconds)

    def send_json(
        self,
        method: str,
        path: str,
        body: Any,
        query: Query | None = None,
        *,
        content_type: str = "application/json",
        seconds: float = SECONDS,
    ) -> Any:
        """Asks for a change, once: nobody knows whether a change that broke off was made."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Content-Type": content_type}
        path = self._path(path, query)
        return parse_json(
            self._once(_Ask(method, path, headers, content, seconds, LARGEST, raw=False)).body
        )

    def dry_run(self, path: str, body: Any, *, seconds: float = SECONDS) -> tuple[str, ...]:
        """Whether an object would be made, and what the server warns of; nothing is made."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        where = self._path(path, {"dryRun": "All"})
        content = json.dumps(body).encode()
        return self._once(
            _Ask("POST", where, headers, content, seconds, LARGEST, raw=False)
        ).warnings

    def stream(
        self, path: str, query: Query | None = None, *, seconds: float, **bounds: int
    ) -> AbstractContextManager[ByteLines]:
        """Lines as they come: followed logs and watches."""
        deadline = self.budget.deadline(seconds)
        sock, response = self._send(
            _Ask("GET", self._path(path, query), {"Accept": "*/*"}, b"", seconds, SMALL, raw=False),
            deadline,
        )
        try:
            with our_errors(self.target.server, self.budget):
                refuse(response, path)
        except BaseException:
            response.close()
            sock.close()
            raise
        self._streams.add(sock)
        return ByteLines(self.target.server, self.budget, sock, response, **bounds)

    def exec(  # noqa: PLR0913 - what to run where, and within which bounds
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        stdin: bytes = b"",
        seconds: float = SECONDS,
        largest: int = SMALL,
    ) -> "ExecResult":
        from grader.kube.exec import run  # noqa: PLC0415 - WebSockets load when first needed

        query: Query = {"container": container, "command": list(command), "stdin": bool(stdin)}
        path = f"/api/v1/namespaces/{_name(namespace)}/pods/{_name(pod)}/exec"
        return run(self, path, query, stdin, seconds=seconds, largest=largest)

    def port_forward(
        self, namespace: str, pod: str, port: int, *, seconds: float = SECONDS
    ) -> AbstractContextManager["Tunnel"]:
        from grader.kube.port_forward import open_tunnel  # noqa: PLC0415 - as above

        path = f"/api/v1/namespaces/{_name(namespace)}/pods/{_name(pod)}/portforward"
        return open_tunnel(self, path, port, seconds=seconds)

    def websocket(
        self, path: str, query: Query, protocols: Sequence[str], *, seconds: float, largest: int
    ) -> "WebSocket":
        """An opened WebSocket. One that was kept from plain questions may serve, or have died."""
        from grader.kube.websocket import Handshake, shake_hands  # noqa: PLC0415 - as above

        self.budget.call()
        deadline = self.budget.deadline(seconds)
        address, _, asked = self._path(path, query).partition("?")
        headers = {"User-Agent": AGENT, **self.identity()}
        ask = Handshake(self._pool.place.authority, address, asked, protocols, headers)
        if kept := self._pool.take():
            self._streams.add(kept)
            with suppress(ConnectionLostError):
                return shake_hands(kept, ask, self.budget, deadline, largest)
        with our_errors(self.target.server, self.budget):
            sock = self._pool.open(deadline, self.budget.read)
        self._streams.add(sock)
        return shake_hands(sock, ask, self.budget, deadline, largest)

    def identity(self) -> dict[str, str]:
        """The headers that say who asks."""
        token = self.target.token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _path(self, path: str, query: Query | None) -> str:
        safe = self._pool.place.prefix + percent(path, safe=PATH_SIGNS)
        if not query:
            return safe
        pairs = {name: _spelled(value) for name, value in query.items()}
        return f"{safe}?{urlencode(pairs, doseq=True)}"

    def _list(
        self, path: str, query: dict[str, Any], limit: int, pages: int, seconds: float
    ) -> Listing:
        items: list[dict[str, Any]] = []
        query["limit"] = limit
        for _ in range(pages):
            answer = self.get(path, query, seconds=seconds)
            page = parse_json(answer.body)
            items += _items(page)
            metadata = page.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            version = str(metadata.get("resourceVersion") or "")
            query["continue"] = str(metadata.get("continue") or "")
            if not query["continue"]:
                break
        return Listing(items, answer.server_time, version, cut=bool(query["continue"]))

    def _patiently(self, ask: _Ask) -> Answer:
        """Asks again where that is harmless and may help: too many questions, a lost connection."""
        for attempt in range(RETRIES):
            try:
                return self._once(ask)
            except (RateLimitedError, ServerError, ConnectionLostError) as error:
                pause = _pause(error, attempt)
                if pause is None or pause >= self.budget.left():
                    raise
                self._closing.wait(pause)
        return self._once(ask)

    def _once(self, ask: _Ask) -> Answer:
        deadline = self.budget.deadline(ask.seconds)
        sock, response = self._send(ask, deadline)
        whole = False
        try:
            with our_errors(self.target.server, self.budget):
                answer = take_answer(response, ask.path, ask.largest, raw=ask.raw)
            whole = is_whole(response)
        finally:
            response.close()
            if whole:
                self._pool.give(sock)
            else:
                sock.close()
        return answer

    def _send(self, ask: _Ask, deadline: float) -> tuple[BoundedSocket, http.client.HTTPResponse]:
        """A connection whose answer has begun. One that was kept may have died meanwhile."""
        self.budget.call()
        request = self._written(ask)
        with our_errors(self.target.server, self.budget):
            kept = self._pool.take()
            if kept:
                try:
                    return _answering(kept, ask.method, request, deadline, self.budget)
                except LOST:
                    if ask.method != "GET":
                        raise
            sock = self._pool.open(deadline, self.budget.read)
            return _answering(sock, ask.method, request, deadline, self.budget)

    def _written(self, ask: _Ask) -> bytes:
        headers = {
            "Host": self._pool.place.authority,
            "User-Agent": AGENT,
            "Accept-Encoding": "identity",
            **self.identity(),
            **ask.headers,
        }
        if ask.body or ask.method != "GET":
            headers["Content-Length"] = str(len(ask.body))
        lines = [f"{ask.method} {ask.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + ask.body


def _answering(
    sock: BoundedSocket, method: str, request: bytes, deadline: float, budget: Budget
) -> tuple[BoundedSocket, http.client.HTTPResponse]:
    sock.bound(deadline, budget.read)
    response = http.client.HTTPResponse(sock, method=method)
    try:
        sock.sendall(request)
        response.begin()
    except BaseException:
        response.close()
        sock.close()
        raise
    return sock, response


def _items(page: Any) -> list[dict[str, Any]]:
    if not isinstance(page, dict) or not isinstance(page.get("items") or [], list):
        raise AnswerError("The server's answer is no list.")
    return [item for item in page.get("items") or [] if isinstance(item, dict)]


def _pause(error: KubeError, attempt: int) -> float | None:
    """How long to wait before asking again; None: not at all."""
    if isinstance(error, ServerError) and error.status != 503:
        return None
    asked = error.retry_after if isinstance(error, StatusError) else None
    if asked is not None:
        return asked if asked <= LONGEST_PAUSE else None
    return 0.1 * (1 << attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


def _spelled(value: Value) -> str | Sequence[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _name(text: str) -> str:
    """One segment of a path, whatever a server calls its objects."""
    return percent(text, safe="")
