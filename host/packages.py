"""Programs of the system: what is there is used; what is missing comes from Debian's packages.

Nothing is ever removed for it and no service is started. Where an installation would have to
remove something (Docker's containerd.io conflicts with Debian's containerd) or where root is not
to be had, the packages are unpacked into the cache and the system stays as it is.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from host import apt
from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Say = Callable[[str], None]

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


@dataclass(frozen=True)
class ToolPackage:
    """A Debian package and the programs that prove that it, or something as good, is there."""

    package: str
    programs: tuple[str, ...] = ()
    folders: tuple[str, ...] = field(default=())  # where to look in place of PATH

    @property
    def proof(self) -> tuple[str, ...]:
        return self.programs or (self.package,)


def ensure_tools(
    packages: Sequence[ToolPackage], cache: Path, say: Say, *, unpack: bool = False
) -> str:
    """Get what is missing; give what to put before PATH so that all of it is found ('' = nothing).

    `unpack` leaves the system alone even where an installation would be harmless.
    """
    missing = missing_tools(packages, cache)
    if missing:
        _get([tool.package for tool in missing], cache, say, unpack=unpack)
    still = missing_tools(packages, cache)
    if still:
        names = ", ".join(name for tool in still for name in tool.proof)
        raise Problem(
            "missing_tool",
            f"{names}: not found, even after installing {_join(still)}.",
            f"Look at what is wrong with: apt-get install {_join(still, ' ')}",
            {"packages": [tool.package for tool in still]},
        )
    return _path_additions(packages, cache)


def missing_tools(packages: Iterable[ToolPackage], cache: Path) -> list[ToolPackage]:
    return [
        tool
        for tool in packages
        if not all(find_program(name, cache, tool.folders) for name in tool.proof)
    ]


def find_program(name: str, cache: Path, folders: Sequence[str] = ()) -> Path | None:
    """Where a program is: on PATH, in the system's folders, or unpacked in the cache."""
    for folder in (*(folders or _path_folders()), *_unpacked_folders(cache, folders)):
        path = Path(folder) / name
        if path.is_file() and os.access(path, os.X_OK):
            return path
    return None


def full_path() -> str:
    """PATH with the folders that Debian leaves out of an ordinary user's."""
    return os.pathsep.join(_path_folders())


def _path_folders() -> list[str]:
    given = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    return [*given, *(folder for folder in SYSTEM_FOLDERS if folder not in given)]


def _unpacked_folders(cache: Path, folders: Sequence[str]) -> list[str]:
    """Wrappers of programs; for folders that are no PATH (CNI plugins) the unpacked files."""
    ready = [mark.parent for mark in sorted((cache / "tools").glob("*/complete"))]
    if folders:
        return [f"{tool}/root{folder}" for tool in ready for folder in folders]
    return [f"{tool}/bin" for tool in ready]


def _path_additions(packages: Iterable[ToolPackage], cache: Path) -> str:
    on_path = os.environ.get("PATH", "").split(os.pathsep)
    additions: list[str] = []
    for tool in packages:
        for name in tool.proof if not tool.folders else ():
            found = find_program(name, cache)
            if found and str(found.parent) not in (*on_path, *additions):
                additions.append(str(found.parent))
    return os.pathsep.join(additions)


def _get(names: list[str], cache: Path, say: Say, *, unpack: bool) -> None:
    if shutil.which("apt-get") is None:
        raise Problem(
            "missing_tool",
            f"{', '.join(names)}: not found, and this system has no apt-get to install it with.",
            f"Install with the system's own package manager: {' '.join(names)}",
            {"packages": names},
        )
    plan = apt.plan_installation(names, say)
    if unpack or plan.removes:
        apt.unpack(plan, cache / "tools" / "+".join(sorted(names)), say)
    else:
        apt.install(plan, say)


def _join(tools: Iterable[ToolPackage], glue: str = ", ") -> str:
    return glue.join(tool.package for tool in tools)
