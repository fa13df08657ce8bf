"""Which tests run in which order. A stage that fails hides no later one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem, tell
from host.instance import current_instance
from host.packages import ToolPackage, ensure_tools
from host.setup.site import open_workshop, set_up
from host.suite.background import ClusterBuild
from host.suite.checks import run_checks
from host.suite.outcome import Outcome, exit_code, read_report, summarize
from host.suite.postgres import ensure_server, running_postgres

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.setup.workshop import Workshop

BROWSER = (ToolPackage("chromium"),)
FAST = ("tests", "--ignore=tests/integration", "--ignore=tests/browser")
# Only these meet a database; a second one tells nothing new of the others.
MEETS_A_DATABASE = ("tests/web", "tests/unit/web", "tests/unit/actions", "tests/unit/selectors")
# What makes marks and what guards the door: each of its branches is taken by some test.
COVERED = (
    "grader.evidence",
    "grader.diagnosis",
    "grader.judge",
    "grader.kube.credentials",
    "grader.kube.egress",
)
WITH_COVERAGE = (*(f"--cov={room}" for room in COVERED), "--cov-branch", "--cov-fail-under=100")


@dataclass
class Run:
    workshop: Workshop
    reports: Path
    outcomes: list[Outcome] = field(default_factory=list)

    def stage(self, name: str, work: Callable[[], list[Outcome]]) -> None:
        """What keeps a stage from running is its failure; the next one still runs."""
        self.workshop.say(f"\n▸ {name}")
        began = time.monotonic()
        try:
            found = work()
        except Problem as problem:
            tell(problem)
            found = [Outcome(name, failed=1)]
        self.outcomes += found
        how = "failed" if any(outcome.failed for outcome in found) else "passed"
        self.workshop.say(f"▸ {name}: {how} in {time.monotonic() - began:.0f} s")

    def pytest(self, name: str, *arguments: str, url: str = "") -> list[Outcome]:
        report = self.reports / f"{len(self.outcomes)}.xml"
        environment = self.workshop.environment()
        environment.pop("DATABASE_URL", None)
        environment |= {"DATABASE_URL": url} if url else {}
        python = [str(self.workshop.venv_python), "-m", "pytest", "-q", f"--junitxml={report}"]
        began = time.monotonic()
        code = subprocess.run(
            [*python, *arguments],
            cwd=self.workshop.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        return [read_report(name, report, code, time.monotonic() - began)]

    def on_sqlite(self) -> list[Outcome]:
        return self.pytest("unit and web, SQLite", *FAST, *WITH_COVERAGE, "-n", "2")

    def on_postgres(self) -> list[Outcome]:
        with running_postgres(self.workshop) as url:
            return self.pytest("web, PostgreSQL", *MEETS_A_DATABASE, "-n", "2", url=url)

    def in_browser(self) -> list[Outcome]:
        return self.pytest("browser", "tests/browser")

    def on_cluster(self, build: ClusterBuild) -> list[Outcome]:
        build.wait()
        return self.pytest("integration", "tests/integration")


def test_everything() -> int:
    def work(run: Run, build: ClusterBuild) -> None:
        run.stage("checks", lambda: run_checks(run.workshop))
        run.stage("unit and web tests on SQLite", run.on_sqlite)
        run.stage("tests that meet a database, on PostgreSQL", run.on_postgres)
        run.stage("browser tests", run.in_browser)
        run.stage("integration tests", lambda: run.on_cluster(build))

    return _test(work, with_cluster=True, with_postgres=True, with_browser=True)


def test_units() -> int:
    return _test(lambda run, _build: run.stage("unit and web tests", run.on_sqlite))


def test_browser() -> int:
    return _test(lambda run, _build: run.stage("browser tests", run.in_browser), with_browser=True)


def test_integration() -> int:
    def work(run: Run, build: ClusterBuild) -> None:
        run.stage("integration tests", lambda: run.on_cluster(build))

    return _test(work, with_cluster=True)


def check_only() -> int:
    workshop = _prepared_workshop()
    return 1 if any(outcome.failed for outcome in run_checks(workshop)) else 0


def _test(
    work: Callable[[Run, ClusterBuild], None],
    *,
    with_cluster: bool = False,
    with_postgres: bool = False,
    with_browser: bool = False,
) -> int:
    with ExitStack() as stack:
        workshop = _open()
        build = ClusterBuild(workshop)
        stack.callback(build.stop)
        if with_cluster:
            build.start()
        set_up(workshop, with_tests=True, own_redis=True)
        if with_browser:
            workshop.add_to_path(ensure_tools(BROWSER, workshop.instance.cache, _say))
        if with_postgres:
            ensure_server(workshop)
        reports = stack.enter_context(tempfile.TemporaryDirectory(prefix="podlab-reports-"))
        run = Run(workshop, Path(reports))
        work(run, build)
    sys.stderr.flush()
    print(summarize(run.outcomes), flush=True)
    return exit_code(run.outcomes)


def _open() -> Workshop:
    return open_workshop(current_instance(), os.environ, _say)


def _prepared_workshop() -> Workshop:
    workshop = _open()
    set_up(workshop, with_tests=True, own_redis=False)
    return workshop


def _say(text: str) -> None:
    print(text, flush=True)
