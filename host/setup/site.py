"""All that has to be there before the site can start, in order."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from host.doctor import demand
from host.errors import Problem
from host.locks import hold
from host.runuser import User, choose_run_user, make_state_folders, this_user
from host.setup.interpreter import choose_interpreter
from host.setup.node import Bundles, Node, NodePackages
from host.setup.redis import Redis
from host.setup.stamp import Stamp, digest_of
from host.setup.venv import PythonPackages, run_in_venv
from host.setup.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from host.instance import Instance


class Step(Protocol):
    def missing(self) -> str: ...
    def do(self) -> None: ...


def open_workshop(
    instance: Instance, environ: Mapping[str, str], say: Callable[[str], None]
) -> Workshop:
    """Look at the machine, and settle who does what with which Python."""
    demand("site", say)
    run_user = choose_run_user(instance.root, environ, say)
    workshop = Workshop(instance, run_user, _owner_of(instance), say)
    instance.state.mkdir(parents=True, exist_ok=True)
    choose_interpreter(workshop)
    make_state_folders(instance, workshop.run_user)
    return workshop


def _owner_of(instance: Instance) -> User:
    """What is made inside the project belongs to whom the project belongs to."""
    status = instance.root.stat()
    return User(str(status.st_uid), status.st_uid, status.st_gid) if status.st_uid else this_user()


def set_up(workshop: Workshop, *, with_tests: bool, own_redis: bool) -> None:
    """Say what will be got, get it. Two at once in one clone take turns."""
    steps: list[Step] = [
        PythonPackages(workshop, with_tests=with_tests),
        Node(workshop),
        NodePackages(workshop),
        Bundles(workshop),
        *([Redis(workshop)] if own_redis else []),
    ]
    waits = "Another command is setting up this clone; waiting for it."
    with hold(workshop.root, lambda: workshop.say(waits)):
        wanted = [(step, text) for step in steps if (text := step.missing())]
        if wanted:
            _announce([text for _, text in wanted], workshop)
        for step, _ in wanted:
            step.do()


def _announce(texts: Sequence[str], workshop: Workshop) -> None:
    workshop.say("Podlab will now get, once:")
    for text in texts:
        workshop.say(f"  • {text}")


def prepare_site(workshop: Workshop, environment: Mapping[str, str]) -> None:
    """Database, languages, static files, first administrator: the site's own command does it."""
    if workshop.builder.uid != workshop.run_user.uid:
        _make_assets(workshop, environment)
    answer = run_in_venv(
        workshop, "manage.py", "prepare", env=environment, **workshop.run_user.rights
    )
    if answer.returncode != 0:
        raise Problem(
            "not_prepared",
            "The site could not be made ready; the reason is above.",
            "Put it right, then the same command again.",
        )


def _make_assets(workshop: Workshop, environment: Mapping[str, str]) -> None:
    """They lie in the project's folder, where the run user may not write."""
    stamp = Stamp(workshop.root / "node_modules" / ".podlab-assets")
    digest = _assets_digest(workshop)
    if stamp.says(digest) and (workshop.root / "staticfiles").is_dir():
        return
    answer = run_in_venv(
        workshop,
        *("manage.py", "prepare", "--assets-only"),
        env=environment,
        **workshop.builder.rights,
    )
    if answer.returncode != 0:
        raise Problem(
            "not_prepared",
            "The pages' styles and languages could not be made ready; the reason is above.",
            "Put it right, then the same command again.",
        )
    stamp.write(_assets_digest(workshop))


def _assets_digest(workshop: Workshop) -> str:
    """Of what the site's own command looks at: sizes and times; of packages, their stamp's."""
    places = [*(workshop.root / "web" / name for name in ("static", "locale")), workshop.venv]
    files = [*places[0].rglob("*"), *places[1].rglob("*"), *places[2].glob(".podlab-*")]
    states = ((file, file.stat()) for file in sorted(files))
    return digest_of(*(f"{file} {state.st_size} {state.st_mtime_ns}" for file, state in states))


def make_secret_key(instance: Instance, user: User) -> None:
    """Whole or not at all, and never through a link: root writes it into the run user's folder."""
    if instance.secret_key_file.exists():
        return
    handle, draft = tempfile.mkstemp(dir=instance.site)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
        if user.rights:
            os.fchown(file.fileno(), user.uid, user.gid)
    Path(draft).rename(instance.secret_key_file)
