"""The stream as an ASGI server sees it, with a made-up system to look at."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import LazySettings

from grader.selectors.cluster_state import ClusterStatus
from grader.selectors.system import SystemStatus
from tests.systems import system_status
from web.ops import stream
from web.ops.stream import StatusStream

PREPARING = system_status(cluster=ClusterStatus(phase="preparing"))


class System:
    """Something to look at that a test can change."""

    def __init__(self) -> None:
        self.status = PREPARING
        self.looks = 0

    def look(self) -> SystemStatus:
        self.looks += 1
        return self.status


class Visit:
    """One browser: what it is sent, and when it goes."""

    def __init__(self, app: StatusStream, *, language: str = "en", host: str = "localhost") -> None:
        self.sent: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": stream.PATH,
            "query_string": f"language={language}".encode(),
            "headers": [(b"host", host.encode())],
        }
        self.task = asyncio.ensure_future(app(scope, self._receive, self.sent.put))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> Mapping[str, Any]:
        async with asyncio.timeout(5):
            return await self.sent.get()

    async def next_data(self) -> dict[str, Any]:
        while True:
            body = (await self.next()).get("body", b"").decode()
            for line in body.splitlines():
                if line.startswith("data: "):
                    data: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    return data

    async def leave(self) -> None:
        self._gone.set()
        async with asyncio.timeout(5):
            await self.task


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.01)


def test_a_change_of_the_system_arrives_without_being_asked_for() -> None:
    async def scenario() -> None:
        system = System()
        visit = Visit(StatusStream(system.look))
        start = await visit.next()
        assert start["status"] == 200
        assert dict(start["headers"])[b"content-type"].startswith(b"text/event-stream")
        assert (await visit.next_data())["tone"] == "busy"
        system.status = system_status()
        assert (await visit.next_data())["line"] == "Everything is ready."
        await visit.leave()

    asyncio.run(scenario())


def test_every_reader_gets_the_words_of_their_language() -> None:
    async def scenario() -> None:
        system = System()
        system.status = system_status()
        app = StatusStream(system.look)
        korean, english, unknown = (Visit(app, language=code) for code in ("ko", "en", "xx"))
        assert (await korean.next_data())["line"] == "모두 준비됐어요."
        assert (await english.next_data())["line"] == "Everything is ready."
        assert (await unknown.next_data())["line"] == "Everything is ready."
        for visit in (korean, english, unknown):
            await visit.leave()

    asyncio.run(scenario())


def test_a_hundred_readers_cause_no_more_looks_than_one() -> None:
    async def scenario() -> None:
        system = System()
        app = StatusStream(system.look)
        visits = [Visit(app) for _ in range(100)]
        for visit in visits:
            await visit.next_data()
        assert system.looks < 20
        for visit in visits:
            await visit.leave()
        assert app.watch.watchers == 0

    asyncio.run(scenario())


def test_nobody_looks_when_nobody_watches() -> None:
    async def scenario() -> None:
        system = System()
        app = StatusStream(system.look)
        visit = Visit(app)
        await visit.next_data()
        await visit.leave()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        before = system.looks
        async with asyncio.timeout(1):
            await asyncio.to_thread(lambda: None)
        assert system.looks == before

    asyncio.run(scenario())


def test_one_bad_look_does_not_end_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        answers = iter([ZeroDivisionError("a bad look")])

        def look() -> SystemStatus:
            for error in answers:
                raise error
            return PREPARING

        visit = Visit(StatusStream(look))
        assert (await visit.next_data())["tone"] == "busy"
        await visit.leave()

    asyncio.run(scenario())


def test_silence_is_broken_now_and_then_for_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SILENCE_SECONDS", 0.02)

    async def scenario() -> None:
        visit = Visit(StatusStream(System().look))
        await visit.next_data()
        assert (await visit.next())["body"] == b": still here\n\n"
        await visit.leave()

    asyncio.run(scenario())


def test_a_foreign_host_name_is_refused(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["labs.example.org"]

    async def scenario() -> None:
        visit = Visit(StatusStream(System().look), host="evil.example")
        assert (await visit.next())["status"] == 400
        await visit.task

    asyncio.run(scenario())


def test_more_readers_than_we_can_serve_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_STREAMS", 1)

    async def scenario() -> None:
        app = StatusStream(System().look)
        first = Visit(app)
        await first.next_data()
        second = Visit(app)
        assert (await second.next())["status"] == 503
        await first.leave()

    asyncio.run(scenario())


def test_only_its_own_address_is_answered() -> None:
    app = StatusStream(System().look)
    assert app.answers({"path": "/status/events", "method": "GET"})
    assert not app.answers({"path": "/status", "method": "GET"})
    assert not app.answers({"path": "/status/events", "method": "POST"})
