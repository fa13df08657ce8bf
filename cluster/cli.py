"""`manage.py cluster up|down|status|kubeconfig|images|prepare`: for people and for scripts."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster import follow, leftovers, lock, processes
from cluster.configs import kubeconfig
from cluster.images import describe, upstreams
from cluster.network import load_networks
from cluster.paths import Paths
from cluster.prepare import prepare
from cluster.state import now, read_state, write_whole
from cluster.supervisor import Supervisor
from host.doctor import demand
from host.errors import Problem, tell_troubles
from host.instance import Instance, current_instance
from host.privileges import is_root, root_prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = """examples:
  python manage.py cluster up                     build it, start it, wait until it is ready
  python manage.py cluster status --output json   what it does now, for a script
  python manage.py cluster kubeconfig ~/podlab    then: kubectl --kubeconfig ~/podlab get nodes
  python manage.py cluster down --purge           stop it and delete its data
"""
STOP_PATIENCE = 15.0
NETWORK_SETTINGS = (
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE"),
    *("PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "SSL_CERT_DIR"),
)
NEEDS_ROOT = ("up", "down", "kubeconfig", "prepare")


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    instance = current_instance()

    def work() -> int:
        if options.command in NEEDS_ROOT and not is_root():
            return _run_as_root(arguments, instance)
        return int(options.run(instance, options) or 0)

    return tell_troubles(work, "Interrupted; what was made so far is kept.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py cluster",
        description="The embedded Kubernetes: real, small, and this machine's own.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start it and wait until it is ready")
    up.add_argument("--foreground", action="store_true", help="stay, and stop it on Ctrl-C")
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="stop it; its objects are kept")
    down.add_argument("--purge", action="store_true", help="delete its data as well")
    down.set_defaults(run=_down)
    status = commands.add_parser("status", help="say what it does; exit code 0 when it is ready")
    status.add_argument("--output", choices=("text", "json"), default="text")
    status.set_defaults(run=_status)
    config = commands.add_parser("kubeconfig", help="an administrator's kubeconfig")
    config.add_argument("path", nargs="?", metavar="PATH", help="write it there (mode 0600)")
    config.set_defaults(run=_kubeconfig)
    listing = commands.add_parser("images", help="list the images and say what each stands in for")
    listing.add_argument("--output", choices=("text", "json"), default="text")
    listing.set_defaults(run=_images)
    commands.add_parser(
        "prepare", help="download and build everything without starting it"
    ).set_defaults(run=_prepare)
    return parser


def _run_as_root(arguments: Sequence[str], instance: Instance) -> int:
    """The same command by sudo, on the same state: root's own defaults would be other folders."""
    prefix = root_prefix("The cluster's namespaces, mounts and containers", print)
    settings = {
        "PODLAB_INSTANCE": instance.name,
        "PODLAB_STATE_DIR": str(instance.state),
        "PODLAB_CACHE_DIR": str(instance.cache),
        **{name: value for name, value in os.environ.items() if name.startswith("PODLAB_")},
        "PATH": os.environ.get("PATH", ""),
    }
    pairs = [f"{name}={value}" for name, value in settings.items()]
    command = [sys.executable, str(instance.root / "manage.py"), "cluster", *arguments]
    return subprocess.run(
        [*prefix, *_keep_network_settings(prefix), "env", *pairs, *command], check=False
    ).returncode


def _keep_network_settings(prefix: Sequence[str]) -> list[str]:
    """How this machine reaches the package registries; by name, for a value may hold a password."""
    names = [name for name in NETWORK_SETTINGS if name in os.environ]
    return [f"--preserve-env={','.join(names)}"] if names and "sudo" in prefix[:1] else []


def _up(instance: Instance, options: argparse.Namespace) -> int:
    paths = Paths(instance)
    if options.foreground:
        return _stay(instance, paths)
    if lock.is_held(paths.lock):
        print(f"The cluster {instance.name} has a supervisor already; waiting until it is ready.")
        follow.follow(instance, lambda: lock.is_held(paths.lock))
    else:
        demand("cluster", print)
        _start_supervisor(instance, paths)
    state = read_state(instance.cluster_state) or {}
    print(f"The cluster is ready: {state.get('api_server')}")
    print("  → python manage.py cluster kubeconfig PATH writes an administrator's kubeconfig")
    return 0


def _start_supervisor(instance: Instance, paths: Paths) -> None:
    since = now()
    paths.logs.mkdir(parents=True, exist_ok=True)
    process = processes.start(
        [sys.executable, "-m", "cluster.supervisor"],
        {
            **processes.marked_environment(instance.name, leftovers.SUPERVISOR),
            "PYTHONPATH": str(instance.root),
        },
        paths.logs / "supervisor.log",
    )
    try:
        follow.follow(instance, lambda: _lives(process, paths), since=since)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def _lives(process: subprocess.Popen[bytes], paths: Paths) -> bool:
    """Ours, or the one that was a moment quicker than ours."""
    return process.poll() is None or lock.is_held(paths.lock)


def _stay(instance: Instance, paths: Paths) -> int:
    """Run the supervisor here, or, where one runs already, only follow it and leave it alone."""
    if not lock.is_held(paths.lock):
        demand("cluster", print)
        with follow.telling(instance):
            return Supervisor(instance).run()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        print(f"The cluster {instance.name} runs on its own; it will outlive this.", flush=True)
        while lock.is_held(paths.lock):
            time.sleep(1)
    except KeyboardInterrupt:
        return 0
    print("The cluster was stopped.")
    return 0


def _down(instance: Instance, options: argparse.Namespace) -> int:
    paths = Paths(instance)
    if lock.is_held(paths.lock):
        _stop_supervisor(instance, paths)
    with lock.hold(paths.lock, patience=1.0):
        leftovers.sweep(instance.name, paths)
        _note_stop(instance)
        if options.purge:
            leftovers.remove_data(paths)
    print(
        f"The cluster {instance.name} is stopped." + (" Its data is gone." if options.purge else "")
    )
    if not options.purge:
        print(f"  Its objects are kept in {paths.base} (cluster down --purge deletes them).")
    return 0


def _stop_supervisor(instance: Instance, paths: Paths) -> None:
    state = read_state(instance.cluster_state) or {}
    pid = state.get("pid")
    if not isinstance(pid, int) or pid <= 1:
        raise Problem(
            "component_failed",
            f"{instance.cluster_state} does not say who keeps the cluster.",
            f"Find it and end it: fuser {paths.lock}",
        )
    processes.send([pid], signal.SIGTERM)
    if not processes.wait_until(lambda: not lock.is_held(paths.lock), STOP_PATIENCE, 0.1):
        processes.send([pid], signal.SIGKILL)
        processes.wait_until(lambda: not lock.is_held(paths.lock), STOP_PATIENCE, 0.1)


def _note_stop(instance: Instance) -> None:
    state = read_state(instance.cluster_state)
    if state is not None and state.get("phase") != "stopped":
        state |= {"phase": "stopped", "components": [], "updated_at": now()}
        write_whole(instance.cluster_state, json.dumps(state), 0o644)


def _status(instance: Instance, options: argparse.Namespace) -> int:
    state = read_state(instance.cluster_state)
    phase = _true_phase(instance, state)
    if options.output == "json":
        print(json.dumps({**(state or {}), "phase": phase}, ensure_ascii=False, indent=1))
    else:
        print(f"The cluster {instance.name}: {phase}")
        _print_details(state or {}, phase)
    return 0 if phase == "ready" else 1


def _true_phase(instance: Instance, state: dict[str, Any] | None) -> str:
    if state is None:
        return "none"
    phase = str(state["phase"])
    live = phase in ("preparing", "starting", "ready", "degraded", "stopping")
    return "gone" if live and not follow.supervisor_lives(instance) else phase


def _print_details(state: dict[str, Any], phase: str) -> None:
    for stage in state.get("stages", []):
        print(f"  {follow.stage_line(stage)}")
    for part in state.get("components", []):
        print(f"  {_part_line(part)}")
    error = state.get("error")
    if error:
        print(f"✗ {error['message']}\n  → {error['help']}")
    elif phase in ("none", "gone", "stopped"):
        print("  → python manage.py cluster up")


def _part_line(part: dict[str, Any]) -> str:
    memory = f"{part['memory_bytes'] / 1e6:.0f} MB"
    restarts = f", restarts {part['restarts']} ({part['last_exit']})" if part["restarts"] else ""
    return f"{part['name']:<24} {part['status']:<12} {memory:>7}{restarts}"


def _kubeconfig(instance: Instance, options: argparse.Namespace) -> int:
    paths = Paths(instance)
    networks = load_networks(paths.base / "networks.json")
    if networks is None or not paths.certificate("admin").exists():
        raise Problem(
            "not_started", "This cluster was never started.", "python manage.py cluster up"
        )
    text = kubeconfig(paths, "admin", f"https://{networks.node_address}:6443")
    if options.path is None:
        print(text)
        return 0
    target = Path(options.path).expanduser()
    write_whole(target, text, 0o600)
    if "SUDO_UID" in os.environ:
        os.chown(target, int(os.environ["SUDO_UID"]), int(os.environ.get("SUDO_GID", "-1")))
    return 0


def _images(_instance: Instance, options: argparse.Namespace) -> int:
    _, kind = upstreams()
    rows = [dict(zip(("name", "kind", "purpose"), row, strict=True)) for row in describe(kind)]
    if options.output == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        print(f"{row['name']:<36} {row['kind']:<9} {row['purpose']}")
    return 0


def _prepare(instance: Instance, _options: argparse.Namespace) -> int:
    teller = _PlainTeller()
    prepare(instance.cache, teller.progress, teller.finish)
    print("Everything that the cluster is made of is there.")
    return 0


class _PlainTeller:
    """Progress without a state file: building can go on beside a running cluster."""

    def __init__(self) -> None:
        self._teller = follow.Teller()

    def progress(self, stage: str, done: int, total: int, detail: str) -> None:
        self._tell(stage, "running", done, total, detail)

    def finish(self, stage: str) -> None:
        self._tell(stage, "done", 0, 0, "")

    def _tell(self, stage: str, status: str, done: int, total: int, detail: str) -> None:
        entry = {"id": stage, "status": status, "done": done, "total": total, "detail": detail}
        self._teller.tell({"stages": [entry]})
