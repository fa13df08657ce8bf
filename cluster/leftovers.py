"""What an earlier supervisor left behind, and taking everything of an instance away."""

from __future__ import annotations

import contextlib
import shutil
import signal
from typing import TYPE_CHECKING

from cluster import cgroups, holder, network, processes

if TYPE_CHECKING:
    from cluster.paths import Paths

SHIM = "containerd-shim"
SUPERVISOR = "supervisor"
BUILDER = "builder"
INSTALLER = "installer"


def end_parts(instance: str) -> None:
    """End parts and builds without a supervisor. Shims and the holder stay: Pods run on."""
    processes.end(_ours(instance, keep_pods=True))


def builders(instance: str) -> list[int]:
    """Compilers, image builders, and whatever else a supervisor started on the way."""
    return [one.pid for one in processes.find(instance) if one.part == BUILDER]


def _ours(instance: str, *, keep_pods: bool) -> list[int]:
    """Supervisors are left alone: the lock decides between them, and who lost it ends by itself.

    So is the system's package manager, which half-way through would leave the system half-way.
    """
    found = []
    for one in processes.find(instance):
        if one.part in (SUPERVISOR, INSTALLER):
            continue
        is_pod = one.part == holder.PART or processes.command_name(one.pid).startswith(SHIM)
        if not (keep_pods and is_pod):
            found.append(one.pid)
    return found


def sweep(instance: str, paths: Paths) -> None:
    """End every process and take away everything but the data.

    The holder goes first: the kernel then ends all that runs beside it, containers included,
    and forgets the mounts and the network of its namespaces.
    """
    processes.send([holder.find(instance)] if holder.find(instance) else [], signal.SIGKILL)
    processes.end(_ours(instance, keep_pods=False), patience=2.0)
    processes.wait_until(lambda: not cgroups.processes(instance), timeout=5.0)
    network.unplug(instance)
    cgroups.remove(instance)
    shutil.rmtree(paths.run, ignore_errors=True)
    _remove_if_empty(paths)


def _remove_if_empty(paths: Paths) -> None:
    """Places that only our covers needed. rmdir refuses a folder that anybody else uses."""
    for folder in (paths.run.parent, *paths.covers.values()):
        with contextlib.suppress(OSError):
            folder.rmdir()


def remove_data(paths: Paths) -> None:
    shutil.rmtree(paths.base, ignore_errors=True)
    for file in (paths.instance.cluster_state, paths.lock):
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        paths.instance.state.rmdir()  # refused where the site keeps its own things in it
