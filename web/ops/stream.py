"""`/status/events`: the status page's live stream (server-sent events), as plain ASGI.

However many browsers watch, one task per process looks at the system, twice a second and only while
somebody watches. An open stream is a waiting coroutine: no thread, no database connection.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import structlog
from django.conf import settings
from django.db import connection
from django.http.request import split_domain_port, validate_host

from grader.selectors.system import SystemStatus, read_system_status
from web.ops.snapshot import Snapshot, known_language, render_snapshot

PATH = "/status/events"
LOOK_SECONDS = 0.5
# Proxies close a connection on which nothing is said.
SILENCE_SECONDS = 15.0
RETRY_MILLISECONDS = 2000
MOST_STREAMS = 1000

log = structlog.get_logger(__name__)
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class StatusWatch:
    """Looks at the system while somebody watches, and tells every watcher what changed."""

    def __init__(self, look: Callable[[], SystemStatus]) -> None:
        self._look = look
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._snapshots: dict[str, Snapshot] = {}

    @property
    def watchers(self) -> int:
        return self._watchers

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        self._watchers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers and self._task:
                self._task.cancel()
                self._task = None
                self._snapshots = {}

    async def snapshots(self, language: str) -> AsyncIterator[Snapshot | None]:
        """Each new snapshot; None when nothing happened for a while."""
        seen = ""
        while True:
            changed = self._changed
            snapshot = self._snapshots.get(language)
            if snapshot and snapshot.revision != seen:
                seen = snapshot.revision
                yield snapshot
                continue
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    await changed.wait()
            except TimeoutError:
                yield None

    async def _keep_looking(self) -> None:
        last: SystemStatus | None = None
        while True:
            try:
                status = await asyncio.to_thread(self._look)
                if status != last:
                    self._tell(status)
                    last = status
            except Exception:  # the stream must outlive one bad look
                log.exception("could not look at the system")
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(self, status: SystemStatus) -> None:
        languages = dict(settings.LANGUAGES)
        self._snapshots = {code: render_snapshot(status, code) for code in languages}
        self._changed.set()
        self._changed = asyncio.Event()


class StatusStream:
    def __init__(self, look: Callable[[], SystemStatus] | None = None) -> None:
        self.watch = StatusWatch(look or look_and_let_go)

    def answers(self, scope: Scope) -> bool:
        return bool(scope["path"] == PATH and scope["method"] == "GET")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _host_is_ours(scope):
            await _refuse(send, HTTPStatus.BAD_REQUEST)
        elif self.watch.watchers >= MOST_STREAMS:
            await _refuse(send, HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            await self._stream_until_gone(_language(scope), receive, send)

    async def _stream_until_gone(self, language: str, receive: Receive, send: Send) -> None:
        tasks = {
            asyncio.create_task(self._stream(language, send)),
            asyncio.create_task(_disconnected(receive)),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stream(self, language: str, send: Send) -> None:
        await _start(send, HTTPStatus.OK, b"text/event-stream; charset=utf-8")
        await _send_text(send, f"retry: {RETRY_MILLISECONDS}\n\n")
        async with self.watch.watching():
            async for snapshot in self.watch.snapshots(language):
                if snapshot is None:
                    await _send_text(send, ": still here\n\n")
                else:
                    await _send_text(send, f"id: {snapshot.revision}\ndata: {snapshot.message}\n\n")


def look_and_let_go() -> SystemStatus:
    """One look; its database connection belongs to a pool thread and must not stay there."""
    try:
        return read_system_status()
    finally:
        connection.close()


def _host_is_ours(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    host, _port = split_domain_port(headers.get(b"host", b"").decode("latin-1"))
    return bool(host) and validate_host(host, settings.ALLOWED_HOSTS)


def _language(scope: Scope) -> str:
    wishes = parse_qs(scope["query_string"].decode("latin-1")).get("language", [])
    return known_language(wishes[0] if wishes else None)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send, status: HTTPStatus, content_type: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'"),
    ]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})


async def _send_text(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _refuse(send: Send, status: HTTPStatus) -> None:
    await _start(send, status, b"text/plain; charset=utf-8")
    await send({"type": "http.response.body", "body": status.phrase.encode()})
