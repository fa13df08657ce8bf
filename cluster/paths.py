"""Where an instance of the cluster keeps what."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from host.instance import Instance

RUN = Path("/run/podlab")
"""Sockets live here: their paths must stay below 108 characters wherever the state folder is."""


@dataclass(frozen=True)
class Paths:
    instance: Instance

    @property
    def base(self) -> Path:
        return self.instance.cluster

    @property
    def run(self) -> Path:
        return RUN / self.instance.name

    @property
    def pki(self) -> Path:
        return self.base / "pki"

    @property
    def config(self) -> Path:
        return self.base / "config"

    @property
    def logs(self) -> Path:
        return self.base / "logs"

    @property
    def etcd(self) -> Path:
        return self.base / "etcd"

    @property
    def containerd(self) -> Path:
        return self.base / "containerd"

    @property
    def containerd_socket(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def kubelet(self) -> Path:
        return self.base / "kubelet"

    @property
    def pod_logs(self) -> Path:
        return self.base / "pod-logs"

    @property
    def images(self) -> Path:
        """A link to the image layout in use, so that the registry need not know its hash."""
        return self.base / "images"

    @property
    def covers(self) -> dict[Path, Path]:
        """Our folders (keys) over places that are written into others' code (values)."""
        return {
            self.base / "covers" / "kubelet": Path("/var/lib/kubelet"),
            self.base / "covers" / "container-logs": Path("/var/log/containers"),
            self.base / "covers" / "cni": Path("/var/lib/cni"),
            self.run / "shims": Path("/run/containerd"),
        }

    @property
    def lock(self) -> Path:
        return self.instance.state / "cluster.lock"

    def kubeconfig(self, name: str) -> Path:
        return self.config / f"{name}.kubeconfig"

    def certificate(self, name: str) -> Path:
        return self.pki / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.pki / f"{name}.key"

    def make(self) -> None:
        self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._refuse_a_planted_folder()
        for folder in (self.pki, self.config, self.logs, self.etcd, self.kubelet, self.pod_logs):
            folder.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(parents=True, exist_ok=True)
        self.base.chmod(0o700)
        self.run.chmod(0o700)
        for ours, theirs in self.covers.items():
            ours.mkdir(parents=True, exist_ok=True)
            theirs.mkdir(parents=True, exist_ok=True)

    def _refuse_a_planted_folder(self) -> None:
        """Keys are written here, as root: not into a folder that somebody else laid out for us."""
        status = self.base.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise Problem(
                "bad_folder",
                f"{self.base} is a link or belongs to somebody else.",
                f"Look at it, then remove it: sudo rm -r {self.base}",
            )
