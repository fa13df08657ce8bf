"""Which cluster: the named file, else what PODLAB_CLUSTER says, never an ambient one."""

import argparse
from pathlib import Path

import pytest

from grader.cli.target import choose_target
from host.errors import Problem

KUBECONFIG = """\
current-context: here
contexts:
  - {name: here, context: {cluster: one, user: me}}
  - {name: there, context: {cluster: two, user: me}}
clusters:
  - {name: one, cluster: {server: "https://192.0.2.1:6443"}}
  - {name: two, cluster: {server: "https://192.0.2.2:6443"}}
users: [{name: me, user: {token: abc}}]
"""


def options(kubeconfig: Path | None = None, context: str | None = None) -> argparse.Namespace:
    return argparse.Namespace(kubeconfig=kubeconfig, context=context, allow_exec=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config"
    file.write_text(KUBECONFIG)
    return file


def test_a_named_file_goes_before_everything(config: Path) -> None:
    target = choose_target(options(config), {"PODLAB_CLUSTER": "none"})
    assert target.server == "https://192.0.2.1:6443"


def test_a_context_can_be_named(config: Path) -> None:
    assert choose_target(options(config, "there"), {}).server == "https://192.0.2.2:6443"


def test_the_configured_file_is_used(config: Path) -> None:
    environ = {"PODLAB_CLUSTER": "kubeconfig", "PODLAB_KUBECONFIG": str(config)}
    assert choose_target(options(), environ).server == "https://192.0.2.1:6443"


def test_the_embedded_clusters_file_is_the_instances(tmp_path: Path) -> None:
    folder = tmp_path / "cluster" / "config"
    folder.mkdir(parents=True)
    (folder / "admin.kubeconfig").write_text(KUBECONFIG)
    environ = {"PODLAB_STATE_DIR": str(tmp_path), "PODLAB_INSTANCE": "x"}
    assert choose_target(options(), environ).server == "https://192.0.2.1:6443"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PODLAB_CLUSTER": "none"}, "there is no cluster to look at"),
        ({"PODLAB_CLUSTER": "kubeconfig"}, "PODLAB_KUBECONFIG is not set"),
        ({"PODLAB_CLUSTER": "kubconfig"}, "it has to be one of"),
        ({"PODLAB_CLUSTER": "in-cluster"}, "cannot be read"),
        ({"PODLAB_INSTANCE": "No Good"}, "PODLAB_INSTANCE"),
        ({"PODLAB_STATE_DIR": "/nonexistent"}, "was never started"),
    ],
)
def test_without_a_cluster_it_says_how_to_name_one(environ: dict[str, str], words: str) -> None:
    with pytest.raises(Problem) as caught:
        choose_target(options(), environ)
    assert words in caught.value.message
    assert caught.value.help


def test_an_ambient_kubeconfig_is_never_looked_at(config: Path, tmp_path: Path) -> None:
    environ = {"KUBECONFIG": str(config), "HOME": str(tmp_path), "PODLAB_CLUSTER": "none"}
    with pytest.raises(Problem):
        choose_target(options(), environ)
