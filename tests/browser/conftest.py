"""A whole site for a browser: real Redis, web, worker and scheduler, in a folder of its own.

The cluster is played: tests write the state file that its supervisor would write.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "test-results"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # One site and one browser for all of them, also when several workers run tests.
            item.add_marker(pytest.mark.xdist_group("browser"))


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds} s for {what}")
        time.sleep(0.05)


class Site:
    """The processes of a site, each of which a test may stop and start."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.password = ""
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        programs = Path(sys.executable).parent
        celery = [str(programs / "celery"), "-A", "web"]
        folder = str(state / "site" / "run")
        self._commands = {
            "redis": ["redis-server", "--port", "0", "--unixsocket", f"{folder}/redis.sock"],
            "web": [str(programs / "uvicorn"), "web.asgi:application", "--port", str(self.port)],
            "worker": [*celery, "worker", "--without-mingle", "--without-gossip"],
            "beat": [*celery, "beat"],
        }
        self._commands["redis"] += ["--dir", folder, "--save", ""]
        # A page that is open must not hold up the end.
        self._commands["web"] += ["--timeout-graceful-shutdown", "1"]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PODLAB_STATE_DIR": str(self.state),
            "PODLAB_INSTANCE": "browser-tests",
            "SECRET_KEY": "only for browser tests " * 3,
            "DJANGO_SETTINGS_MODULE": "web.settings",
            "PYTHONPATH": str(ROOT),
        }

    def prepare(self) -> None:
        command = [sys.executable, "-m", "django", "prepare", "--no-color"]
        with (ROOT / "package.json").open() as lock:
            # The static files are in the project's folder, which other test runs share.
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = subprocess.run(
                command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
            )
        assert result.returncode == 0, result.stderr
        found = re.search(r"password (\S+)", result.stdout)
        assert found, result.stdout
        self.password = found[1]

    def start(self, name: str) -> None:
        with self.log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._commands[name],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self, name: str) -> None:
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def stop_all(self) -> None:
        for name in reversed(list(self._processes)):
            self.stop(name)

    def log(self, name: str) -> Path:
        return self.state / f"{name}.log"

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def ready(self) -> dict[str, str]:
        """The answer of /readyz; empty while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as response:  # noqa: S310 - ours
                parsed: dict[str, str] = json.load(response)
                return parsed
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return {}

    def all_run(self) -> bool:
        parts = ("database", "redis", "workers", "scheduler")
        answer = self.ready()
        return all(answer.get(part) == "ok" for part in parts)


class Supervisor:
    """Writes the cluster's state file as the real one does: whole, at once, with its own pid."""

    STAGES = ("packages", "sources", "engine", "images", "network", "control-plane", "node", "dns")

    def __init__(self, file: Path) -> None:
        self._file = file

    def say(self, phase: str, stages: dict[str, tuple[int, int, str]], **more: Any) -> None:
        """`stages` that run, with done, total and detail; earlier ones are done."""
        running = [self.STAGES.index(name) for name in stages]
        first = min(running, default=len(self.STAGES))
        listed = [
            self._stage(name, index < first, stages.get(name))
            for index, name in enumerate(self.STAGES)
        ]
        document = {
            "schema": 1,
            "instance": "browser-tests",
            "pid": os.getpid(),
            "updated_at": datetime.now(UTC).isoformat(),
            "phase": phase,
            "stages": listed,
            "components": [],
            "images": [],
            "notes": [],
            "error": None,
            **more,
        }
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(document))
        temporary.replace(self._file)

    def vanish(self) -> None:
        self._file.unlink(missing_ok=True)

    @staticmethod
    def _stage(name: str, past: bool, running: tuple[int, int, str] | None) -> dict[str, object]:
        done, total, detail = running or (0, 0, "")
        status = "running" if running else "done" if past else "pending"
        return {"id": name, "status": status, "done": done, "total": total, "detail": detail}


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    if not (ROOT / "web/static/build/site.css").exists():
        pytest.fail("the bundles are missing; build them with: npm ci && npm run build")
    state = Path(tempfile.mkdtemp(prefix="podlab-browser-"))
    (state / "site" / "run").mkdir(parents=True)
    running = Site(state)
    try:
        running.prepare()
        for name in ("redis", "web", "worker", "beat"):
            running.start(name)
        wait_until(running.all_run, "all parts of the site")
        yield running
    finally:
        running.stop_all()
        shutil.rmtree(state)


@pytest.fixture
def supervisor(site: Site) -> Iterator[Supervisor]:
    played = Supervisor(site.state / "cluster.json")
    yield played
    played.vanish()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, site: Site) -> Iterator[NewContext]:
    """Browser contexts in which an error on the console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium reports failed requests as errors; whether they matter, tests say themselves.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=site.url, **{"locale": "en-US", **options})
        context.set_default_timeout(10_000)
        context.on("console", listen)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
