"""Where images are built: buildah with storage, settings and mounts of its own.

Every command runs in a mount and a process namespace that end with it, so a build that is killed
at any point leaves no process and no mount, and nobody's own buildah or podman storage is touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TOOLS = ("buildah", "debootstrap", "setpriv", "unshare", "mount")
# Bound over inside the namespace: what buildah would otherwise read and write for everybody.
_SYSTEM_FOLDERS = {"state": Path("/var/lib/containers"), "settings": Path("/etc/containers")}
_TRUST_STORE = Path("/etc/ssl/certs/ca-certificates.crt")
_NO_NETWORK = re.compile(
    r"Temporary failure resolving|Could not resolve|Unable to connect|Failed to fetch"
    r"|Couldn't download|Network is unreachable|Connection timed out|unable to resolve host"
    r"|Failed getting release file"
)
_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|not enough free space")
_ENTER = (
    'mount --bind "$1" /var/lib/containers && mount --bind "$2" /etc/containers'
    ' && shift 2 && exec "$@"'
)


@dataclass(frozen=True)
class Workshop:
    """A folder that holds everything of one run, and the lock that its processes inherit."""

    path: Path
    downloads: Path
    logs: Path
    lock: int

    @property
    def apt(self) -> Path:
        return self.path / "apt"

    def run(self, command: list[str], *, subject: str, tell: Callable[[str], None]) -> None:
        """Runs a command to its end, telling its lines; raises a Problem when it fails."""
        log = self.logs / f"{subject}.log"
        lines: deque[str] = deque(maxlen=40)
        with log.open("a", encoding="utf-8") as written, self._started(command) as process:
            for line in process.stdout or ():
                written.write(line)
                lines.append(line.rstrip())
                tell(line.strip())
            code = process.wait()
        if code:
            raise _failure(subject, code, list(lines), log)

    @contextlib.contextmanager
    def _started(self, command: list[str]) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [*_namespace(), str(self.path / "state"), str(self.path / "settings"), *command],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # While any of its processes lives, nobody else may enter the workshop.
            pass_fds=(self.lock,),
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BUILDAH_", "STORAGE_", "CONTAINERS_", "REGISTRY_"))
        }
        return kept | {
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_STORAGE_CONF": str(self.path / "settings" / "storage.conf"),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(self.path / "tmp"),
        }


@contextlib.contextmanager
def open_workshop(root: Path, lock: int, logs: Path) -> Iterator[Workshop]:
    """Begins with an empty folder: what an interrupted run left in its storage is not trusted."""
    shop = Workshop(root / "work", root / "downloads", logs, lock)
    remove_tree(shop.path)
    for name in ("apt/apt.conf.d", "apt/settings", "settings", "state", "storage", "run", "tmp"):
        (shop.path / name).mkdir(parents=True)
    (shop.downloads / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    (shop.downloads / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    logs.mkdir(parents=True, exist_ok=True)
    made = [folder for folder in _SYSTEM_FOLDERS.values() if not folder.exists()]
    for folder in made:
        folder.mkdir(parents=True)
    try:
        _write_settings(shop)
        _write_apt_settings(shop)
        yield shop
    finally:
        remove_tree(shop.path)
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def remove_tree(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)


def debian_mirror(suite: str) -> str | None:
    """The mirror that this machine's own apt uses for the suite; None where it has none."""
    return next((uri for uri, release in _apt_sources(suite) if release == suite), None)


def _namespace() -> list[str]:
    return [
        *("setpriv", "--pdeathsig", "KILL", "--"),
        *("unshare", "--mount", "--propagation", "private"),
        *("--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"),
        *("sh", "-c", _ENTER, "sh"),
    ]


def _write_settings(shop: Workshop) -> None:
    settings = shop.path / "settings"
    (settings / "storage.conf").write_text(
        "[storage]\n"
        f"driver = {json.dumps(_storage_driver(shop.path))}\n"
        f"graphroot = {json.dumps(str(shop.path / 'storage'))}\n"
        f"runroot = {json.dumps(str(shop.path / 'run'))}\n"
    )
    # Images move between folders of ours only; nothing is pulled from anywhere.
    (settings / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}\n')
    (settings / "registries.conf").write_text("unqualified-search-registries = []\n")


def _storage_driver(folder: Path) -> str:
    """Overlay copies nothing; inside another container's overlay it does not work."""
    for name in ("lower", "upper", "worked", "merged"):
        (folder / "try" / name).mkdir(parents=True)
    options = f"lowerdir={folder}/try/lower,upperdir={folder}/try/upper,workdir={folder}/try/worked"
    tried = subprocess.run(
        [
            *("unshare", "--mount", "--propagation", "private", "mount", "-t", "overlay"),
            *("overlay", "-o", options, f"{folder}/try/merged"),
        ],
        capture_output=True,
        check=False,
    )
    remove_tree(folder / "try")
    return "overlay" if tried.returncode == 0 else "vfs"


def _write_apt_settings(shop: Workshop) -> None:
    """What apt inside an image needs to reach the network as this machine does. It is mounted
    while the image is built and never becomes part of it.
    """
    settings = shop.apt / "settings"
    lines = [
        'APT::Sandbox::User "root";',
        'APT::Keep-Downloaded-Packages "true";',
        'Acquire::Retries "3";',
        'Acquire::Languages "none";',
        'Dir::State::lists "/var/cache/apt/lists";',
        *_apt_proxies(),
    ]
    if _TRUST_STORE.is_file():
        shutil.copyfile(_TRUST_STORE, settings / "ca-certificates.crt")
        lines.append('Acquire::https::CaInfo "/mnt/ca-certificates.crt";')
    (shop.apt / "apt.conf.d" / "podlab").write_text("\n".join(lines) + "\n")


def write_sources(shop: Workshop, suite: str) -> None:
    """The machine's own package sources; where it has none, those that debootstrap wrote."""
    sources = _apt_sources(suite)
    if not any(release == suite for _, release in sources):
        return
    components = "main universe" if _is_ubuntu() else "main"
    text = "".join(f"deb {uri} {release} {components}\n" for uri, release in sources)
    (shop.apt / "settings" / "sources.list").write_text(text)
    with (shop.apt / "apt.conf.d" / "podlab").open("a") as settings:
        settings.write('Dir::Etc::sourcelist "/mnt/sources.list";\n')
        settings.write('Dir::Etc::sourceparts "/dev/null";\n')


def _apt_sources(suite: str) -> list[tuple[str, str]]:
    """Pairs of address and release, of the distribution's own archive only."""
    wanted = {suite, f"{suite}-updates", f"{suite}-security"}
    form = "$(ORIGIN)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)"
    rows = _ask(["apt-get", "indextargets", "--format", form, "Created-By: Packages"])
    found = [row.split("|") for row in rows if row.count("|") == 3]
    pairs = [
        (_address(uri), release)
        for origin, component, release, uri in found
        if origin in ("Debian", "Ubuntu") and component == "main" and release in wanted
    ]
    return list(dict.fromkeys((uri, release) for uri, release in pairs if uri))


def _address(uri: str) -> str:
    """Cloud images name a file with a list of mirrors; debootstrap wants one address."""
    if uri.startswith("mirror+file:"):
        with contextlib.suppress(OSError):
            listed = Path(uri.removeprefix("mirror+file:").rstrip("/")).read_text().split()
            return next((word for word in listed if word.startswith("http")), "")
    return uri if uri.startswith(("http://", "https://")) else ""


def _apt_proxies() -> list[str]:
    wanted = re.compile(r"Acquire::https?::(?:Proxy|Proxy::[^ ]+) ")
    return [row for row in _ask(["apt-config", "dump"]) if wanted.match(row)]


def _is_ubuntu() -> bool:
    return any(
        row.startswith("Ubuntu|")
        for row in _ask(
            ["apt-get", "indextargets", "--format", "$(ORIGIN)|", "Created-By: Packages"]
        )
    )


def _ask(command: list[str]) -> list[str]:
    if not shutil.which(command[0]):
        return []
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.splitlines() if answer.returncode == 0 else []


def _failure(subject: str, code: int, lines: list[str], log: Path) -> Problem:
    said = "\n".join(lines)
    data: Mapping[str, object] = {"image": subject, "exit_code": code, "log": str(log)}
    if _NO_SPACE.search(said):
        return Problem(
            "disk_full",
            f"Building the image {subject} stopped because the disk is full.",
            "Free some space, then start again: finished images are kept.",
            data,
        )
    if found := next((line for line in lines if _NO_NETWORK.search(line)), None):
        return Problem(
            "no_network",
            f"Building the image {subject} could not download a Debian package: {found}",
            "Check that `apt-get update` works on this machine, then start again.",
            data,
        )
    return Problem(
        "image_failed",
        f"Building the image {subject} failed (exit code {code}): {_cause(lines)}",
        f"Read {log}, then start again: finished images are kept.",
        data,
    )


def _cause(lines: list[str]) -> str:
    """The line that names the cause: buildah itself only repeats the step that failed."""
    own = [line for line in lines if line and not line.startswith(("Error: building at", "subpro"))]
    named = [line for line in own if line.startswith(("E: ", "dpkg: error", "adduser: ", "Error"))]
    return (named or own or ["it printed nothing"])[0 if named else -1]
