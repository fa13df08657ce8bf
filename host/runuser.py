"""The unprivileged user as whom the site runs where root starts it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from host.instance import Instance

NAME = "podlab"
NOBODY = 65_534
READ = "import sys\nfor path in sys.argv[1:]: open(path).close()"


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    gid: int

    @property
    def rights(self) -> dict[str, Any]:
        """For subprocess: become this user, with no other group."""
        if os.geteuid() != 0 or self.uid == 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def environment(self, home: Path) -> dict[str, str]:
        """Root's home is closed to others; libraries that look into it would fail."""
        if not self.rights:
            return {}
        return {"HOME": str(home), "USER": self.name, "LOGNAME": self.name}


def this_user() -> User:
    return _by_uid(os.geteuid())


def find_user(name: str) -> User | None:
    with contextlib.suppress(KeyError):
        entry = pwd.getpwnam(name)
        return User(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return _by_uid(int(name)) if name.isdecimal() else None


def _by_uid(uid: int) -> User:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return User(str(uid), uid, uid)
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def choose_run_user(root: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> User:
    """Who is asked for; else the owner of the project; else a system user made for it."""
    if os.geteuid() != 0:
        return this_user()
    asked = environ.get("PODLAB_RUN_USER")
    if asked:
        return _asked_user(asked)
    owner = root.stat().st_uid
    if owner != 0:
        return _by_uid(owner)
    return find_user(NAME) or _make_user(say) or User("nobody", NOBODY, NOBODY)


def _asked_user(name: str) -> User:
    user = find_user(name)
    if user is None:
        raise Problem(
            "bad_setting",
            f"PODLAB_RUN_USER is {name!r}, but this system has no such user.",
            "Name another one, or leave it out: a system user is then made.",
        )
    return user


def _make_user(say: Callable[[str], None]) -> User | None:
    program = shutil.which("useradd") or "/usr/sbin/useradd"
    say(f"Making the system user “{NAME}”: the site does not run as root.")
    with contextlib.suppress(OSError):
        command = [program, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME]
        subprocess.run(command, capture_output=True, check=False)
    return find_user(NAME)


def can_read(user: User, python: str, files: Sequence[Path]) -> bool:
    """Really tried, as that user: folders above may be closed in ways that modes do not show."""
    try:
        answer = subprocess.run(
            [python, "-c", READ, *map(str, files)],
            cwd="/",
            capture_output=True,
            check=False,
            **user.rights,
        )
    except OSError:
        return False
    return answer.returncode == 0


def make_state_folders(instance: Instance, user: User) -> None:
    """The run user has one folder of its own in the state folder; the rest is root's.

    Root writes and trusts what lies beside it: logs, locks, the cluster's state. Nobody else may
    lay a file or a link there.
    """
    instance.state.mkdir(parents=True, exist_ok=True)
    instance.cache.mkdir(parents=True, exist_ok=True)
    _make_private(instance.state, instance.site.name, user)
    if user.rights:
        instance.cluster.mkdir(mode=0o700, exist_ok=True)
        os.chown(instance.state, 0, 0)
        instance.state.chmod(0o755)
        _give_all_below(str(instance.site), user)
    _make_private(instance.site, instance.run.name, user)


def _make_private(parent: Path, name: str, user: User) -> None:
    """By a handle on the folder, so that no link can be put in the way between two steps."""
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=handle)
        if user.rights:
            _give(name, user, handle)
    finally:
        os.close(handle)


def _give_all_below(folder: str, user: User) -> None:
    for _, folders, files, handle in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *files):
            _give(name, user, handle)


def _give(path: str, user: User, folder: int | None = None) -> None:
    """The link itself, never what it leads to."""
    if os.stat(path, dir_fd=folder, follow_symlinks=False).st_uid != user.uid:
        os.chown(path, user.uid, user.gid, dir_fd=folder, follow_symlinks=False)
