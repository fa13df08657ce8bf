"""`make check`: everything that finds faults without running the site."""

from __future__ import annotations

import secrets
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from host.suite.outcome import Outcome

if TYPE_CHECKING:
    from host.setup.workshop import Workshop

DEPLOYED = ("check", "--deploy", "--fail-level", "WARNING")


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("types (mypy)", ("mypy",)),
    Check("lint (ruff)", ("ruff", "check")),
    Check("format (ruff)", ("ruff", "format", "--check")),
    Check("import rules (import-linter)", ("lint-imports",)),
    Check("templates: lint (djlint)", ("djlint", "--lint", "--quiet", "web/templates")),
    Check("templates: format (djlint)", ("djlint", "--check", "--quiet", "web/templates")),
    Check("migrations", ("python", "manage.py", "makemigrations", "--check", "--dry-run")),
    Check("deployment settings", ("python", "manage.py", *DEPLOYED)),
    Check("browser's part (tsc)", ("npm", "run", "--silent", "check")),
)


def run_checks(workshop: Workshop) -> list[Outcome]:
    """All of them, two at a time; what a failed one said is shown."""
    with tempfile.TemporaryDirectory(prefix="podlab-check-") as state:
        environment = workshop.environment() | _as_deployed(state)
        environment["PATH"] = f"{workshop.venv / 'bin'}:{environment['PATH']}"
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(lambda check: _run(check, workshop, environment), CHECKS))


def _as_deployed(state: str) -> dict[str, str]:
    """A production site: no debugging, reached by its name over HTTPS."""
    return {
        "DJANGO_SETTINGS_MODULE": "web.settings",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "podlab.example",
        "DEBUG": "False",
        "PODLAB_STATE_DIR": state,
        "PODLAB_CLUSTER": "none",
        "DATABASE_URL": f"sqlite:///{state}/check.sqlite3",
        "REDIS_URL": f"unix://{state}/redis.sock",
    }


def _run(check: Check, workshop: Workshop, environment: dict[str, str]) -> Outcome:
    began = time.monotonic()
    answer = subprocess.run(
        check.command,
        cwd=workshop.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - began
    is_good = answer.returncode == 0
    words = f"  {'✓' if is_good else '✗'} {check.name} ({seconds:.0f} s)"
    workshop.say(words if is_good else f"{words}\n{answer.stdout.rstrip()}")
    return Outcome(check.name, failed=0 if is_good else 1, seconds=seconds)
