"""Debian's packages: plan, install without removing or starting anything, or only unpack."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem
from host.privileges import can_become_root, root_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]

LISTS = Path("/var/lib/apt/lists")
DAY = 86_400
LOCK_WAIT = 600
OPTIONS = (
    "-y",
    "-q",
    "--no-remove",
    "--no-install-recommends",
    "-o",
    f"DPkg::Lock::Timeout={LOCK_WAIT}",
)
NO_NETWORK = ("resolv", "Failed to fetch", "Unable to connect", "Could not connect", "timed out")
# Installing starts services unless policy-rc.d forbids it. One installation of ours at a time
# changes that file, and what was there before comes back however this ends.
QUIET_INSTALL = """
exec 9>/run/lock/podlab-apt && flock 9
policy=/usr/sbin/policy-rc.d
aside=$policy.before-podlab
put_back() { rm -f "$policy"; if [ -e "$aside" ]; then mv -f "$aside" "$policy"; fi; }
trap put_back EXIT
trap 'exit 130' INT TERM HUP
if [ -e "$policy" ] && ! grep -q made-by-podlab "$policy"; then mv -f "$policy" "$aside"; fi
printf '#!/bin/sh\\n# made-by-podlab\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
DEBIAN_FRONTEND=noninteractive apt-get "$@"
"""


@dataclass(frozen=True)
class Plan:
    names: tuple[str, ...]
    installs: tuple[str, ...]  # name=version, with everything that the names need
    removes: tuple[str, ...]


def plan_installation(names: list[str], say: Say) -> Plan:
    """What an installation would do; lists that are old or lack a name are refreshed first."""
    if _lists_age() > DAY and can_become_root():
        _refresh_lists(say)
    answer = _simulate(names)
    if answer.returncode != 0 and _lists_age() > 0 and "Unable to locate" in answer.stderr:
        _refresh_lists(say)
        answer = _simulate(names)
    if answer.returncode != 0:
        raise Problem(
            "missing_tool",
            f"apt-get cannot install {', '.join(names)}: {last_words(answer.stderr)}",
            f"Put it right, then again. To see it: apt-get install {' '.join(names)}",
            {"packages": names},
        )
    return read_simulation(names, answer.stdout)


def read_simulation(names: list[str], output: str) -> Plan:
    installs = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", output, re.MULTILINE)
    removes = re.findall(r"^Remv (\S+)", output, re.MULTILINE)
    return Plan(
        tuple(names), tuple(f"{name}={version}" for name, version in installs), tuple(removes)
    )


def install(plan: Plan, say: Say) -> None:
    more = len(plan.installs) - len(plan.names)
    needed = f" (and {more} packages that they need)" if more > 0 else ""
    what = f"Installing from the system's packages: {', '.join(plan.names)}{needed}"
    say(f"{what}. Nothing is removed and no service is started.")
    prefix = root_prefix("Installing packages", say)
    _run_apt(
        [*prefix, "sh", "-c", QUIET_INSTALL, "sh", *OPTIONS, "install", *plan.names], plan, say
    )


def unpack(plan: Plan, folder: Path, say: Say) -> None:
    """Download the packages and lay their files into `folder`; the system is left as it is."""
    say(f"Unpacking {', '.join(plan.names)} into {folder}; the system stays as it is.")
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "root").mkdir(parents=True)
    _run_apt(["apt-get", "download", "-q", *plan.installs], plan, say, folder=unfinished)
    for archive in sorted(unfinished.glob("*.deb")):
        _run_apt(["dpkg-deb", "-x", str(archive), str(unfinished / "root")], plan, say)
        archive.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    _write_wrappers(folder)
    (folder / "complete").touch()


def _write_wrappers(folder: Path) -> None:
    """Unpacked programs find the libraries that were unpacked with them."""
    root = folder / "root"
    libraries = {path.parent for path in root.rglob("*.so*") if path.is_file()}
    (folder / "bin").mkdir(exist_ok=True)
    for place in ("bin", "sbin", "usr/bin", "usr/sbin"):
        for program in (root / place).glob("*"):
            if program.is_file() and os.access(program, os.X_OK):
                wrapper = folder / "bin" / program.name
                wrapper.write_text(_wrapper(program, root, sorted(map(str, libraries))))
                wrapper.chmod(0o755)


def _wrapper(program: Path, root: Path, libraries: list[str]) -> str:
    lines = ["#!/bin/sh"]
    if libraries:
        joined = ":".join(libraries)
        lines.append(f'export LD_LIBRARY_PATH="{joined}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"')
    if program.name == "debootstrap":
        lines.append(f'export DEBOOTSTRAP_DIR="{root}/usr/share/debootstrap"')
    return "\n".join([*lines, f'exec "{program}" "$@"', ""])


def _simulate(names: list[str]) -> subprocess.CompletedProcess[str]:
    command = ["apt-get", "--simulate", "--no-install-recommends", "install", *names]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )


def _lists_age() -> float:
    """Seconds since the package lists were last fetched."""
    try:
        fetched = max(path.stat().st_mtime for path in (LISTS, LISTS / "partial"))
        return time.time() - fetched if any(LISTS.glob("*_Packages*")) else float("inf")
    except OSError:
        return float("inf")


def _refresh_lists(say: Say) -> None:
    """Old lists may still do, so that a failure here is only told."""
    say("Refreshing the system's package lists (apt-get update).")
    prefix = root_prefix("Refreshing the package lists", say)
    answer = subprocess.run(
        [*prefix, "apt-get", "update", "-q", "-o", f"DPkg::Lock::Timeout={LOCK_WAIT}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        say(f"The package lists could not be refreshed: {last_words(answer.stderr)}")


def _run_apt(command: list[str], plan: Plan, say: Say, folder: Path | None = None) -> None:
    """Run apt; where it waits for another package manager, say so; where it fails, say why."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "LC_ALL": "C"},
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if line.startswith("Waiting for cache lock") and line not in lines[:-1]:
                say("Another package manager is at work; waiting for it.")
    if process.returncode != 0:
        raise _apt_problem("".join(lines), plan)


def _apt_problem(output: str, plan: Plan) -> Problem:
    names = ", ".join(plan.names)
    said = last_words(output)
    again = "then the same command again (nothing was lost)"
    if "No space left" in output or "don't have enough free space" in output:
        return Problem("disk_full", f"No room to install {names}: {said}", f"Free 5 GB, {again}.")
    if any(sign in output for sign in NO_NETWORK):
        return Problem(
            "no_network", f"Could not fetch {names}: {said}", f"Connect to the network, {again}."
        )
    return Problem(
        "missing_tool",
        f"Installing {names} failed: {said}",
        f"See what apt says: apt-get install {' '.join(plan.names)}; {again}.",
        {"packages": list(plan.names)},
    )


def last_words(output: str) -> str:
    """The line in which apt says what is wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "Err:"))]
    return (errors or lines or ["it said nothing"])[-1]
