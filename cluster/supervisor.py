"""Keep one cluster: prepare it, start its parts, start again what dies, tell how it is.

The supervisor holds a lock while it lives. Killed without warning it leaves the parts running;
the next one ends those that it started, keeps the Pods and the namespaces they run in, and
starts its own parts on the same data.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import threading
import traceback
from typing import TYPE_CHECKING

from cluster import configs, holder, images, leftovers, lock, network, prepare, processes
from cluster.components import Component, components
from cluster.health import Health
from cluster.parts import Part
from cluster.paths import RUN, Paths
from cluster.state import ImageState, StateFile
from host.errors import Problem, tell
from host.instance import Instance, current_instance

if TYPE_CHECKING:
    from cluster.network import Networks
    from cluster.prepare import Made

TICK = 0.2
GRACE = 2.5
NOTES = ["network_policy_not_enforced", "pods_have_no_internet"]


class Supervisor:
    def __init__(self, instance: Instance) -> None:
        self._paths = Paths(instance)
        self._name = instance.name
        self._file = StateFile(instance.cluster_state, instance.name)
        self._stopping = threading.Event()
        self._building = False
        self._parts: list[Part] = []
        self._holder = 0
        self._health: Health | None = None

    def run(self) -> int:
        """Until told to stop (0) or until something needs a person (1)."""
        os.environ.update(processes.marked_environment(self._name, leftovers.BUILDER))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        with lock.hold(self._paths.lock, patience=1.0):
            self._file.open()
            try:
                return self._live()
            finally:
                self._file.close()

    def _on_signal(self, _number: int, _frame: object) -> None:
        """A build that is under way is ended; what it has made so far stays in the cache."""
        self._stopping.set()
        if self._building:
            processes.send(leftovers.builders(self._name), signal.SIGKILL)

    def _live(self) -> int:
        try:
            leftovers.end_parts(self._name)
            made = self._prepare()
            while not self._stopping.is_set():
                self._start(made)
                self._tend()
                self._file.phase("stopping")
                self._stop()
        except Exception as error:  # noqa: BLE001  (whatever it is, nothing may be left running)
            self._stop()
            if not self._stopping.is_set():
                problem = _as_problem(error)
                self._file.fail(problem)
                return tell(problem)
        self._file.update(components=[], api_server=None)
        self._file.phase("stopped")
        return 0

    def _prepare(self) -> Made:
        try:
            made = prepare.prepare(
                self._paths.instance.cache, self._progress, self._finish, self._go_on
            )
        finally:
            self._building = False
        os.environ["PATH"] = prepare.search_path(made.tools, os.environ.get("PATH", ""))
        return made

    def _progress(self, stage: str, done: int, total: int, detail: str) -> None:
        self._go_on()
        # The system's package manager is no builder of ours to end half-way.
        self._building = stage != "packages"
        part = leftovers.BUILDER if self._building else leftovers.INSTALLER
        os.environ[processes.PART] = part
        self._file.progress(stage, done, total, detail)

    def _finish(self, stage: str) -> None:
        self._file.finish(stage)
        self._go_on()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise Problem("stopped", "The cluster was stopped.", "python manage.py cluster up")

    def _start(self, made: Made) -> None:
        self._file.phase("starting")
        self._paths.make()
        networks = self._lay_network(made)
        images.link(self._paths.images, made.images)
        upstreams, kind = images.upstreams()
        self._issue_certificates(made, networks)
        configs.write_configs(self._paths, networks, prepare.cni_folder(self._paths.instance.cache))
        self._parts = [
            self._part(one) for one in components(self._paths, networks, made.programs, upstreams)
        ]
        self._file.update(
            notes=NOTES,
            api_server=f"https://{networks.node_address}:6443",
            images=[ImageState(*entry) for entry in images.describe(kind)],
            components=[part.state for part in self._parts],
        )
        self._health = Health(self._paths, networks, self._file, prepare.find_ctr(made.tools))
        self._health.start()

    def _lay_network(self, made: Made) -> Networks:
        self._file.progress("network", 0, 0)
        file = self._paths.base / "networks.json"
        earlier = network.load_networks(file)
        self._holder = holder.find(self._name)
        # Two instances that start at once must not choose the same address.
        with lock.hold(RUN.parent, patience=60.0):
            if self._holder and earlier and network.is_plugged_in(self._name):
                networks = earlier
            else:
                networks = self._lay_new_network(made, earlier)
        network.save_networks(file, networks)
        self._file.finish("network")
        return networks

    def _lay_new_network(self, made: Made, earlier: Networks | None) -> Networks:
        leftovers.sweep(self._name, self._paths)
        self._paths.make()
        networks = network.choose_networks(network.taken_networks(), earlier)
        self._holder = holder.start(made.programs / "holder", self._paths)
        network.plug_in(self._name, networks, self._holder)
        return networks

    def _issue_certificates(self, made: Made, networks: Networks) -> None:
        service = ("kubernetes.default.svc.cluster.local", "kubernetes.default.svc")
        names = (*service, "kubernetes.default", "kubernetes", "localhost", configs.NODE)
        addresses = ("127.0.0.1", networks.node_address, networks.api_service)
        command = [str(made.programs / "kube"), "pki", "--dir", str(self._paths.pki)]
        command += ["--node", configs.NODE, "--names", ",".join((*names, *addresses))]
        subprocess.run(command, check=True)

    def _part(self, component: Component) -> Part:
        command = list(component.command)
        if not component.outside:
            command = processes.enter(self._holder, [*processes.limits(), *command])
        environment = processes.marked_environment(self._name, component.name)
        return Part(component, command, environment, self._paths.logs / f"{component.name}.log")

    def _tend(self) -> None:
        """Until told to stop, or until the holder is gone and everything must start anew."""
        health = self._health
        while health and not self._stopping.wait(TICK) and processes.is_alive(self._holder):
            gates = health.open_gates()
            for part in self._parts:
                part.tend(gates)
            self._file.phase(health.phase(self._parts))

    def _stop(self) -> None:
        """First the parts, so that etcd closes its files; then the holder, and with it the rest."""
        if self._health:
            self._health.stop()
        pids = [pid for part in self._parts for pid in part.pids()]
        processes.send(pids, signal.SIGTERM)
        processes.wait_until(lambda: all(part.ended() for part in self._parts), GRACE)
        leftovers.sweep(self._name, self._paths)
        self._parts = []


def _as_problem(error: Exception) -> Problem:
    """What nobody foresaw is told in a sentence as well; its trace goes to the log."""
    if isinstance(error, Problem):
        return error
    traceback.print_exception(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Problem("disk_full", "The disk is full.", "Free 5 GB: python manage.py cluster up")
    return Problem(
        "internal_error",
        f"The supervisor met something unforeseen: {type(error).__name__}: {error}",
        "See the log of the supervisor, then: python manage.py cluster up",
    )


def main() -> int:
    try:
        return Supervisor(current_instance()).run()
    except Problem as problem:
        return tell(problem)


if __name__ == "__main__":
    raise SystemExit(main())
