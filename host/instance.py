"""Where this copy of Podlab keeps what it makes; every copy on a machine has a name of its own."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = re.compile(r"[a-z0-9-]{1,20}")


@dataclass(frozen=True)
class Instance:
    name: str
    root: Path
    state: Path
    cache: Path

    @property
    def cluster(self) -> Path:
        """Owned by root and closed to others: etcd, containerd, keys, logs of the cluster."""
        return self.state / "cluster"

    @property
    def cluster_state(self) -> Path:
        """Written by the cluster's supervisor, read by the site."""
        return self.state / "cluster.json"

    @property
    def site(self) -> Path:
        """The run user's own folder; nothing that root trusts or writes lies in it."""
        return self.state / "site"

    @property
    def run(self) -> Path:
        """Sockets and schedules."""
        return self.site / "run"

    @property
    def database(self) -> Path:
        return self.site / "podlab.sqlite3"

    @property
    def secret_key_file(self) -> Path:
        return self.site / "secret_key"

    @property
    def settings(self) -> dict[str, str]:
        """Environment that makes another process, of another user too, find this same instance."""
        return {
            "PODLAB_INSTANCE": self.name,
            "PODLAB_STATE_DIR": str(self.state),
            "PODLAB_CACHE_DIR": str(self.cache),
        }


def current_instance(environ: Mapping[str, str] = os.environ) -> Instance:
    root = Path(__file__).resolve().parent.parent
    name = environ.get("PODLAB_INSTANCE") or _derive_name(root)
    if not NAME.fullmatch(name):
        raise Problem(
            "bad_setting",
            f"PODLAB_INSTANCE is {name!r}; a name has 1 to 20 of the characters a-z, 0-9 and '-'.",
            "Set another one, for instance: export PODLAB_INSTANCE=podlab",
        )
    return Instance(
        name=name,
        root=root,
        state=_folder(environ, "PODLAB_STATE_DIR") or _own_state(environ) / name,
        cache=_folder(environ, "PODLAB_CACHE_DIR") or _own_cache(environ),
    )


def _derive_name(root: Path) -> str:
    """Two clones of the same name in different places are two instances."""
    slug = re.sub(r"[^a-z0-9]+", "-", root.name.lower()).strip("-")[:11].strip("-") or "podlab"
    return f"{slug}-{hashlib.sha256(str(root).encode()).hexdigest()[:6]}"


def _folder(environ: Mapping[str, str], setting: str) -> Path | None:
    value = environ.get(setting)
    return Path(value).expanduser().absolute() if value else None


def _own_state(environ: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/podlab")
    return _home_folder(environ, "XDG_STATE_HOME", ".local/state") / "podlab"


def _own_cache(environ: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return Path("/var/cache/podlab")
    return _home_folder(environ, "XDG_CACHE_HOME", ".cache") / "podlab"


def _home_folder(environ: Mapping[str, str], setting: str, fallback: str) -> Path:
    """Relative paths in XDG settings are to be ignored, says their specification."""
    value = environ.get(setting, "")
    home = Path(environ.get("HOME") or Path.home())
    return Path(value) if value.startswith("/") else home / fallback
