"""Configuration texts that have to be right whatever the paths and addresses are."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from cluster import configs
from cluster.components import components
from cluster.network import Networks
from cluster.paths import Paths
from host.instance import Instance

NETWORKS = Networks("10.52.0.0/16", "10.53.0.0/16", "10.54.7.0/30")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(Instance("unit", tmp_path, tmp_path / "state", tmp_path / "cache"))


@pytest.fixture
def texts(paths: Paths) -> dict[str, str]:
    return configs._texts(paths, NETWORKS, Path("/opt/cni/bin"))


def test_containerd_asks_our_registry_for_every_name(texts: dict[str, str]) -> None:
    mirror = tomllib.loads(texts["certs.d/_default/hosts.toml"])
    assert mirror["server"] == "http://10.54.7.1:5000"
    assert mirror["host"]["http://10.54.7.1:5000"]["capabilities"] == ["pull", "resolve"]
    settings = tomllib.loads(texts["containerd.toml"])["plugins"]["io.containerd.grpc.v1.cri"]
    assert settings["restrict_oom_score_adj"] is True
    assert settings["cni"]["bin_dir"] == "/opt/cni/bin"


def test_the_kubelet_reserves_memory_for_the_site_and_stays_in_its_cgroup(
    texts: dict[str, str],
) -> None:
    kubelet = json.loads(texts["kubelet.yaml"])
    assert kubelet["systemReserved"]["memory"] == configs.RESERVED_FOR_SITE
    assert kubelet["cgroupRoot"] == "/podlab-unit"
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert kubelet["authorization"] == {"mode": "Webhook"}
    assert kubelet["clusterDNS"] == ["10.53.0.10"]


def test_more_pods_fit_than_kubernetes_allows_by_default(texts: dict[str, str]) -> None:
    kubelet, cni = json.loads(texts["kubelet.yaml"]), json.loads(texts["cni/10-podlab.conflist"])
    assert kubelet["maxPods"] == 250
    assert cni["plugins"][0]["ipam"]["ranges"] == [[{"subnet": "10.52.0.0/16"}]]


def test_nobody_reaches_the_api_without_a_certificate_or_token(paths: Paths) -> None:
    parts = {one.name: one.command for one in components(paths, NETWORKS, Path("/p"), "")}
    assert "--anonymous-auth=false" in parts["kube-apiserver"]
    assert "--authorization-mode=Node,RBAC" in parts["kube-apiserver"]
    assert "--client-cert-auth" in parts["etcd"]
    words = " ".join(word for command in parts.values() for word in command)
    assert "token-auth-file" not in words
    assert "insecure" not in words


def test_only_the_registry_is_on_the_machine_s_own_network(paths: Paths) -> None:
    parts = components(paths, NETWORKS, Path("/p"), "docker.io=mirror.example")
    assert [one.name for one in parts if one.outside] == ["registry"]
    assert "docker.io=mirror.example" in next(one.command for one in parts if one.outside)


def test_socket_paths_fit_the_kernel_however_deep_the_state_is(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 200)
    paths = Paths(Instance("a" * 20, deep, deep, deep))
    assert len(str(paths.containerd_socket)) < 108 - len(".ttrpc")
