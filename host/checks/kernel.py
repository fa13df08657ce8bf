"""What the cluster needs of the kernel, found out by doing it in throw-away namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from host.checks.finding import Finding, missing, ok, warning
from host.packages import full_path
from host.privileges import is_root

CONTROLLERS = ("cpu", "cpuset", "memory", "pids")
OVERLAY = """
place=$(mktemp -d) && mount -t tmpfs podlab "$place" && cd "$place" &&
mkdir lower upper work merged &&
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
result=$?; cd / && umount -l "$place" && rmdir "$place"; exit $result
"""
NAT = "iptables -w -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE"
VETH = "ip link add podlab0 type veth peer name podlab1 && ip link add podlab2 type bridge"


@dataclass(frozen=True)
class Trial:
    """A feature is there when its command ends well."""

    name: str
    what: str
    command: tuple[str, ...]
    needs: str = ""
    help: str = ""


TRIALS = (
    Trial(
        "namespaces",
        "network, mount and process namespaces",
        ("unshare", "--net", "--mount", "--pid", "--fork", "true"),
        help="Run on a machine, or in a container with --privileged, that may make namespaces.",
    ),
    Trial(
        "overlay",
        "overlay file systems",
        ("unshare", "--mount", "sh", "-c", OVERLAY),
        help="sudo modprobe overlay",
    ),
    Trial(
        "veth",
        "virtual network cables and bridges",
        ("unshare", "--net", "sh", "-c", VETH),
        needs="ip",
        help="sudo modprobe -a veth bridge",
    ),
    Trial(
        "iptables",
        "address translation by iptables",
        ("unshare", "--net", "sh", "-c", NAT),
        needs="iptables",
        help="sudo modprobe -a ip_tables iptable_nat nf_conntrack",
    ),
)


def check_kernel() -> list[Finding]:
    if not is_root():
        return [
            warning(
                "kernel",
                "Only root can try the kernel's features.",
                "sudo python3 manage.py doctor",
                "no_root",
            ),
            check_cgroups(),
        ]
    return [*(try_feature(trial) for trial in TRIALS), check_cgroups()]


def try_feature(trial: Trial) -> Finding:
    program = trial.needs or "unshare"
    path = full_path()
    if shutil.which(program, path=path) is None:
        return warning(
            trial.name,
            f"Not tried: the program {program} is not installed yet.",
            "`python3 manage.py cluster up` installs it.",
        )
    answer = subprocess.run(
        trial.command,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode == 0:
        return ok(trial.name, f"{trial.what}: tried, works")
    said = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
    saw = f"The kernel does not let us use {trial.what}: {said}"
    return missing(trial.name, saw, trial.help, "kernel_feature")


def check_cgroups(mounts: str | None = None, root: Path = Path("/sys/fs/cgroup")) -> Finding:
    """Version 2 where it has the controllers, else version 1."""
    lines = (Path("/proc/mounts").read_text() if mounts is None else mounts).splitlines()
    fields = [line.split() for line in lines]
    first = {name for line in fields if line[2] == "cgroup" for name in line[3].split(",")}
    second: set[str] = set()
    if any(line[2] == "cgroup2" and line[1] == str(root) for line in fields):
        second = set((root / "cgroup.controllers").read_text().split())
    for version, have in ((2, second), (1, first)):
        if set(CONTROLLERS) <= have:
            return ok("cgroups", f"version {version} with {', '.join(CONTROLLERS)}")
    lacking = ", ".join(sorted(set(CONTROLLERS) - max(first, second, key=len)))
    return missing(
        "cgroups",
        f"The kernel's control groups lack: {lacking}.",
        "Mount cgroup2 at /sys/fs/cgroup, or boot with cgroup_enable=memory.",
        "kernel_feature",
    )
