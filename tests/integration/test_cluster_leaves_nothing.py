"""What `down` leaves on the machine: nothing but the data, and with --purge not even that."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cluster import cgroups, holder, network, processes
from cluster.paths import Paths
from tests.integration.driver import Cluster, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

WATCHED_FOLDERS = (
    "/run",
    "/tmp",
    "/var/lib",
    "/var/log",
    "/var/lib/kubelet",
    "/var/lib/cni",
    "/var/log/containers",
    "/var/log/pods",
    "/run/containerd",
    "/opt",
    "/etc/cni",
    "/usr/libexec/kubernetes",
)
OURS = re.compile("kube|containerd|container|cni|etcd|runc|shim|coredns|pods|netns")
SYSCTLS = ("net/ipv4/ip_forward", "net/netfilter/nf_conntrack_max")


@pytest.fixture(scope="module")
def second(cluster: Cluster) -> Iterator[Cluster]:
    """One beside the first, which also shows that two run at once."""
    here = Cluster.named("test-leaves")
    here.manage("down", "--purge")
    yield here
    here.manage("down", "--purge")


@pytest.fixture
def own_cluster(second: Cluster) -> Iterator[Cluster]:
    """Stopped; its data, unpacked images among them, are kept from test to test."""
    yield second
    second.manage("down")


def _rules() -> str:
    saved = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in saved.splitlines() if not line.startswith(("#", ":")))


def _machine() -> dict[str, object]:
    """What of this machine a cluster could have changed."""
    tables = Path("/proc/self/mountinfo").read_text().splitlines()
    return {
        "mounts": sorted(line.split()[4] for line in tables if OURS.search(line)),
        "rules": _rules(),
        "sysctls": [Path("/proc/sys", name).read_text() for name in SYSCTLS],
        "files": {folder: _names(Path(folder)) for folder in WATCHED_FOLDERS},
    }


def _namespaces(cluster: Cluster) -> set[str]:
    held = holder.find(cluster.instance.name)
    return {str(Path(f"/proc/{held}/ns/{kind}").readlink()) for kind in ("net", "mnt", "pid")}


def _namespaces_in_use() -> set[str]:
    found = set()
    for link in Path("/proc").glob("[0-9]*/ns/*"):
        with contextlib.suppress(OSError):
            found.add(str(link.readlink()))
    return found


def _names(folder: Path) -> list[str]:
    """Names that could be the cluster's: other programs of this machine go on making files."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if OURS.search(entry.name))


def _assert_nothing_runs(cluster: Cluster) -> None:
    name = cluster.instance.name
    assert processes.find(name) == []
    assert not cgroups.exists(name)
    assert not network.is_plugged_in(name)
    assert not Paths(cluster.instance).run.exists()


def test_down_leaves_the_machine_as_it_was(own_cluster: Cluster) -> None:
    before = _machine()
    own_cluster.up()
    own_cluster.kubectl("run", "web", "--image=nginx:1.27")
    own_cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
    spaces = _namespaces(own_cluster)
    assert spaces <= _namespaces_in_use()
    answer = own_cluster.manage("down")
    assert answer.returncode == 0, answer.stderr
    _assert_nothing_runs(own_cluster)
    assert not spaces & _namespaces_in_use()
    assert _machine() == before


def test_objects_outlive_down_and_up_but_not_purge(own_cluster: Cluster) -> None:
    own_cluster.up()
    own_cluster.kubectl("create", "configmap", "keepsake", "--from-literal=word=kept")
    assert own_cluster.manage("down").returncode == 0
    own_cluster.up()
    assert "keepsake" in own_cluster.kubectl("get", "configmaps")
    assert own_cluster.manage("down", "--purge").returncode == 0
    _assert_nothing_runs(own_cluster)
    assert not own_cluster.paths.base.exists()
    assert not own_cluster.instance.cluster_state.exists()
    own_cluster.up()
    assert "keepsake" not in own_cluster.kubectl("get", "configmaps")


def test_down_cleans_up_after_a_supervisor_that_was_killed(own_cluster: Cluster) -> None:
    before = _machine()
    own_cluster.up()
    os.kill(own_cluster.state()["pid"], signal.SIGKILL)
    assert own_cluster.manage("down").returncode == 0
    _assert_nothing_runs(own_cluster)
    assert _machine() == before


def test_up_resumes_where_a_killed_one_stopped(own_cluster: Cluster) -> None:
    with own_cluster.begin("up") as begun:
        wait_for(lambda: own_cluster.phase_is("starting"), "the start to be under way")
        os.kill(own_cluster.state()["pid"], signal.SIGKILL)
        said = begun.communicate(timeout=30)[0]
    assert begun.returncode == 1
    assert "supervisor ended" in said
    assert "Traceback" not in said
    own_cluster.up()
    assert own_cluster.phase_is("ready")


def test_up_twice_is_one_cluster(own_cluster: Cluster) -> None:
    own_cluster.up()
    first = own_cluster.state()["pid"]
    again = own_cluster.manage("up")
    assert again.returncode == 0
    assert "has a supervisor already" in again.stdout
    assert own_cluster.state()["pid"] == first


def test_two_ups_at_once_end_in_one_cluster(own_cluster: Cluster) -> None:
    with own_cluster.begin("up") as one, own_cluster.begin("up") as other:
        said = [process.communicate(timeout=120)[0] for process in (one, other)]
    assert [one.returncode, other.returncode] == [0, 0], said
    assert own_cluster.phase_is("ready")


def test_a_foreground_cluster_ends_with_its_process(own_cluster: Cluster) -> None:
    with own_cluster.begin("up", "--foreground") as process:
        wait_for(lambda: own_cluster.phase_is("ready"), "the cluster in the foreground")
        process.terminate()
        said = process.communicate(timeout=10)[0]
    assert process.returncode == 0
    assert "✓ starting DNS" in said
    assert "✓ the cluster is ready: https://" in said
    _assert_nothing_runs(own_cluster)


def test_a_cluster_that_was_started_by_up_outlives_a_follower(own_cluster: Cluster) -> None:
    own_cluster.up()
    with own_cluster.begin("up", "--foreground") as follower:
        assert follower.stdout is not None
        assert "will outlive this" in follower.stdout.readline()
        follower.terminate()
        follower.communicate(timeout=10)
    assert follower.returncode == 0
    assert own_cluster.phase_is("ready")
    assert "podlab" in own_cluster.kubectl("get", "nodes")


def test_the_idle_cluster_stays_below_its_share_of_memory(own_cluster: Cluster) -> None:
    own_cluster.up()
    wait_for(
        lambda: all(one["memory_bytes"] for one in own_cluster.state()["components"]),
        "every part to be measured",
    )
    total = sum(one["memory_bytes"] for one in own_cluster.state()["components"])
    assert total < 1_300_000_000


def test_the_kubeconfig_is_for_its_owner_only(own_cluster: Cluster, tmp_path: Path) -> None:
    own_cluster.up()
    target = tmp_path / "config"
    target.write_text("an older file")
    target.chmod(0o644)
    assert own_cluster.manage("kubeconfig", str(target)).returncode == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert "certificate-authority-data" in target.read_text()
