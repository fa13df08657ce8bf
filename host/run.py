"""`make run`: from a fresh clone to a site that answers, and back to nothing on Ctrl-C."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from host import processes
from host.errors import Problem
from host.instance import current_instance
from host.locks import LaunchLock
from host.ports import choose_port
from host.privileges import how_to_be_root
from host.setup.redis import redis_socket, warn_of_silent_redis, write_redis_config
from host.setup.site import make_secret_key, open_workshop, prepare_site, set_up
from host.supervise import Supervision, end_earlier_launch

if TYPE_CHECKING:
    from host.instance import Instance
    from host.setup.workshop import Workshop

STATUS_PAGE = "status"
CLUSTERS = ("embedded", "kubeconfig", "in-cluster", "none")


def run_site() -> int:
    """The site and, where wanted, its cluster; returns when somebody ends it."""
    instance = current_instance()
    _refuse_bad_settings()
    workshop = open_workshop(instance, os.environ, say)
    lock = LaunchLock(instance.state)
    lock.take()
    end_earlier_launch(workshop)
    port = choose_port(os.environ, say)
    own_redis = not (os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE"))
    set_up(workshop, with_tests=False, own_redis=own_redis)
    if not own_redis:
        warn_of_silent_redis(os.environ.get("REDIS_URL", ""), say)
    supervision = _plan(workshop, port, own_redis=own_redis)
    prepare_site(workshop, _site_environment(workshop, supervision))
    lock.write(supervision.address)
    return supervision.run(lambda: _tell_ready(supervision))


def say(text: str) -> None:
    with suppress(OSError):  # a terminal that was closed must not keep us from stopping the rest
        print(text, flush=True)


def _refuse_bad_settings() -> None:
    chosen = os.environ.get("PODLAB_CLUSTER") or "embedded"
    if chosen not in CLUSTERS:
        raise Problem(
            "bad_setting",
            f"PODLAB_CLUSTER is {chosen!r}.",
            f"Write one of: {', '.join(CLUSTERS)}",
        )


def _plan(workshop: Workshop, port: int, *, own_redis: bool) -> Supervision:
    instance = workshop.instance
    parts = ["redis"] if own_redis else []
    parts += ["web", "worker", "scheduler"]
    rights = how_to_be_root(say) if _wants_cluster() else "none"
    if rights == "free":
        parts.append("cluster")
    host = os.environ.get("PODLAB_HOST") or "127.0.0.1"
    environment = workshop.environment() | instance.settings
    environment |= {
        "DJANGO_SETTINGS_MODULE": "web.settings",  # not that of a project in this shell
        "PODLAB_HOST": host,
        "PODLAB_PORT": str(port),
        "PODLAB_RUN_USER": workshop.run_user.name,
        processes.MARK: str(os.getpid()),
        "PYTHONUNBUFFERED": "1",
    }
    if own_redis:
        write_redis_config(instance)
        environment["REDIS_URL"] = f"unix://{redis_socket(instance)}"
    _set_secret_key(instance, workshop, environment)
    on_terminal = ("cluster",) if rights == "terminal" else ()
    return Supervision(workshop, environment, tuple(parts), host, port, on_terminal)


def _wants_cluster() -> bool:
    return (os.environ.get("PODLAB_CLUSTER") or "embedded") == "embedded"


def _set_secret_key(instance: Instance, workshop: Workshop, environment: dict[str, str]) -> None:
    if environment.get("SECRET_KEY") or environment.get("SECRET_KEY_FILE"):
        return
    make_secret_key(instance, workshop.run_user)
    environment["SECRET_KEY_FILE"] = str(instance.secret_key_file)


def _site_environment(workshop: Workshop, supervision: Supervision) -> dict[str, str]:
    return supervision.environment | workshop.run_user.environment(workshop.instance.state)


def _tell_ready(supervision: Supervision) -> None:
    lines = [f"Podlab answers at {supervision.address}", "Ctrl-C stops it."]
    if "cluster" in (*supervision.parts, *supervision.on_terminal):
        lines.insert(1, f"Its Kubernetes gets ready meanwhile: {supervision.address}{STATUS_PAGE}")
    width = max(map(len, lines))
    rule = "─" * width
    sys.stdout.write("\n".join(["", rule, *lines, rule, ""]) + "\n")
    sys.stdout.flush()
