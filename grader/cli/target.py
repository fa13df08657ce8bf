"""Which cluster a command speaks to: the file that was named, else what PODLAB_CLUSTER says.

Never `~/.kube/config` and never $KUBECONFIG: a grade must not land in the wrong cluster.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem
from host.instance import current_instance

if TYPE_CHECKING:
    from grader.kube.credentials import Target

CHOICES = ("embedded", "kubeconfig", "in-cluster", "none")


def add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kubeconfig", metavar="FILE", type=Path, help="else the cluster of PODLAB_CLUSTER"
    )
    parser.add_argument("--context", metavar="NAME", help="of the kubeconfig; else its current one")
    parser.add_argument(
        "--allow-exec",
        action="store_true",
        help="let the kubeconfig run the program that it names for its credentials",
    )


def choose_target(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> "Target":
    from grader.kube.credentials import in_cluster_target  # noqa: PLC0415
    from grader.kube.errors import KubeError  # noqa: PLC0415

    try:
        if not options.kubeconfig and environ.get("PODLAB_CLUSTER") == "in-cluster":
            return in_cluster_target()
        return _read(options.kubeconfig or _configured_file(environ), options)
    except KubeError as error:
        raise Problem(error.code, error.message, error.help) from error


def _read(file: Path, options: argparse.Namespace) -> "Target":
    from grader.kube.credentials import read_kubeconfig  # noqa: PLC0415

    return read_kubeconfig(file.expanduser(), options.context, allow_exec=options.allow_exec)


def _configured_file(environ: Mapping[str, str]) -> Path:
    choice = environ.get("PODLAB_CLUSTER") or "embedded"
    if choice == "kubeconfig" and environ.get("PODLAB_KUBECONFIG"):
        return Path(environ["PODLAB_KUBECONFIG"])
    if choice == "embedded":
        return _embedded(environ)
    raise Problem("no_cluster", _say_none(choice), "Name one: --kubeconfig FILE")


def _say_none(choice: str) -> str:
    if choice == "kubeconfig":
        return "PODLAB_CLUSTER is “kubeconfig”, but PODLAB_KUBECONFIG is not set."
    if choice == "none":
        return "PODLAB_CLUSTER is “none”: there is no cluster to look at."
    return f"PODLAB_CLUSTER is “{choice}”; it has to be one of {', '.join(CHOICES)}."


def _embedded(environ: Mapping[str, str]) -> Path:
    """The administrator's file of this copy's own cluster; it belongs to root."""
    instance = current_instance(environ)
    file = instance.cluster / "config" / "admin.kubeconfig"
    try:
        with file.open("rb"):
            return file
    except PermissionError:
        raise Problem(
            "no_root",
            f"The embedded cluster's kubeconfig belongs to root: {file}.",
            "python manage.py cluster kubeconfig PATH writes one for you; then --kubeconfig PATH",
        ) from None
    except OSError:
        raise Problem(
            "not_started",
            f"The embedded cluster {instance.name} was never started.",
            "python manage.py cluster up, or name another cluster: --kubeconfig FILE",
        ) from None
