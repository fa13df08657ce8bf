"""The parts of the cluster: what each is started with and what it has to wait for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cluster import configs

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.network import Networks
    from cluster.paths import Paths

Gate = Literal["none", "runtime", "api"]
"""Nothing, containerd's socket, or the API server's /readyz."""


@dataclass(frozen=True)
class Component:
    name: str
    command: tuple[str, ...]
    waits_for: Gate = "none"
    outside: bool = False
    """On the machine's own network instead of the cluster's."""


def components(
    paths: Paths, networks: Networks, programs: Path, upstreams: str
) -> tuple[Component, ...]:
    kube = str(programs / "kube")
    return (
        Component("containerd", ("containerd", "--config", str(paths.config / "containerd.toml"))),
        Component("registry", _registry(paths, networks, programs, upstreams), outside=True),
        Component("etcd", (kube, "etcd", *_etcd(paths))),
        Component("kube-apiserver", (kube, "kube-apiserver", *_apiserver(paths, networks))),
        Component(
            "kube-controller-manager",
            (kube, "kube-controller-manager", *_controller_manager(paths)),
            "api",
        ),
        Component("kube-scheduler", (kube, "kube-scheduler", *_scheduler(paths)), "api"),
        Component("kubelet", (kube, "kubelet", *_kubelet(paths, networks)), "runtime"),
        Component(
            "kube-proxy",
            (kube, "kube-proxy", f"--config={paths.config / 'kube-proxy.yaml'}"),
            "api",
        ),
        Component(
            "coredns",
            (str(programs / "coredns"), "-conf", str(paths.config / "Corefile"), "-quiet"),
            "api",
        ),
    )


def _registry(paths: Paths, networks: Networks, programs: Path, upstreams: str) -> tuple[str, ...]:
    """On the machine's network: pulls from real registries then need no forwarding rules."""
    return (
        str(programs / "registry"),
        "-listen",
        f"{networks.host_address}:{configs.REGISTRY_PORT}",
        "-stand-ins",
        str(paths.images),
        "-cache",
        str(paths.instance.cache / "registry"),
        "-upstreams",
        upstreams,
    )


def _etcd(paths: Paths) -> tuple[str, ...]:
    certificates = (
        f"cert-file={paths.certificate('etcd')}",
        f"key-file={paths.key('etcd')}",
        f"trusted-ca-file={paths.certificate('ca')}",
        "client-cert-auth",
    )
    return (
        "--name=podlab",
        f"--data-dir={paths.etcd}",
        "--listen-client-urls=https://127.0.0.1:2379",
        "--advertise-client-urls=https://127.0.0.1:2379",
        "--listen-peer-urls=https://127.0.0.1:2380",
        "--initial-advertise-peer-urls=https://127.0.0.1:2380",
        "--initial-cluster=podlab=https://127.0.0.1:2380",
        *(f"--{option}" for option in certificates),
        *(f"--peer-{option}" for option in certificates),
        "--snapshot-count=5000",
        "--log-level=warn",
    )


def _apiserver(paths: Paths, networks: Networks) -> tuple[str, ...]:
    return (
        "--bind-address=0.0.0.0",
        f"--advertise-address={networks.node_address}",
        "--secure-port=6443",
        f"--service-cluster-ip-range={networks.services}",
        "--authorization-mode=Node,RBAC",
        "--anonymous-auth=false",
        "--enable-admission-plugins=NodeRestriction",
        "--profiling=false",
        "--etcd-servers=https://127.0.0.1:2379",
        f"--etcd-cafile={paths.certificate('ca')}",
        f"--etcd-certfile={paths.certificate('apiserver')}",
        f"--etcd-keyfile={paths.key('apiserver')}",
        f"--client-ca-file={paths.certificate('ca')}",
        f"--tls-cert-file={paths.certificate('apiserver')}",
        f"--tls-private-key-file={paths.key('apiserver')}",
        f"--kubelet-client-certificate={paths.certificate('apiserver-kubelet-client')}",
        f"--kubelet-client-key={paths.key('apiserver-kubelet-client')}",
        f"--kubelet-certificate-authority={paths.certificate('ca')}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={paths.pki / 'sa.pub'}",
        f"--service-account-signing-key-file={paths.pki / 'sa.key'}",
    )


def _controller_manager(paths: Paths) -> tuple[str, ...]:
    return (
        *_client(paths, "controller-manager"),
        "--leader-elect=false",
        "--profiling=false",
        "--use-service-account-credentials=true",
        f"--root-ca-file={paths.certificate('ca')}",
        f"--service-account-private-key-file={paths.pki / 'sa.key'}",
        "--terminated-pod-gc-threshold=200",
    )


def _scheduler(paths: Paths) -> tuple[str, ...]:
    return (*_client(paths, "scheduler"), "--leader-elect=false", "--profiling=false")


def _client(paths: Paths, user: str) -> tuple[str, ...]:
    file = paths.kubeconfig(user)
    return (
        "--bind-address=127.0.0.1",
        f"--kubeconfig={file}",
        f"--authentication-kubeconfig={file}",
        f"--authorization-kubeconfig={file}",
    )


def _kubelet(paths: Paths, networks: Networks) -> tuple[str, ...]:
    return (
        f"--config={paths.config / 'kubelet.yaml'}",
        f"--kubeconfig={paths.kubeconfig('kubelet')}",
        f"--root-dir={paths.kubelet}",
        f"--cert-dir={paths.kubelet / 'pki'}",
        f"--hostname-override={configs.NODE}",
        f"--node-ip={networks.node_address}",
    )
