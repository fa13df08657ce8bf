"""Runs images of a layout without a container runtime: unpacked, in namespaces and a chroot."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster.build_engine import build_engine, engine_folder, is_built
from cluster.build_images import build_images
from cluster.processes import children, send
from host.instance import current_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Arguments: root, lower, upper, work, state, ro or rw, then what to run in it.
_ENTER = """
set -eu
root=$1 lower=$2 upper=$3 work=$4 state=$5 mode=$6
shift 6
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work" "$root"
mkdir -p "$root/proc" "$root/dev" "$root/etc"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom; do
    : > "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -m 1777 "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
if [ "$mode" = ro ]; then
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount --bind "$state" "$root/var/lib/podlab"
    mount -o remount,ro "$root"
fi
exec "$@"
"""
_QUIET_AFTER = 20.0


@dataclass
class Container:
    process: subprocess.Popen[str]
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self) -> int:
        return self.process.wait(timeout=_QUIET_AFTER)

    def program(self, *names: str) -> Path:
        """The folder in /proc of a process of this container, by the program's name."""
        found: list[Path] = []

        def is_there() -> bool:
            found[:] = [path for path in _below(self.process.pid) if _name(path) in names]
            return bool(found)

        wait_until(is_there, lambda: f"a process {names} in: {self.output}")
        return found[0]

    def owner(self, *names: str) -> int:
        return self.program(*names).stat().st_uid

    def resident_bytes(self, *names: str) -> int:
        pages = (self.program(*names) / "statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def wait_for(self, text: str) -> str:
        wait_until(lambda: text in self.output, lambda: f"{text!r} in: {self.output}")
        return self.output


@dataclass
class Pod:
    """Containers that share one network, in which there is nothing but them."""

    layout: Path
    unpacked: Path
    scratch: Path
    network: subprocess.Popen[bytes]
    count: int = 0
    running: list[Container] = field(default_factory=list)

    def start(
        self,
        image: str,
        *command: str,
        arguments: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        hosts: str = "127.0.0.1 localhost\n",
        read_only: bool = False,
    ) -> Container:
        """`command` replaces the image's entrypoint, `arguments` its default command. With a
        read-only root there is a /tmp and, shared by the Pod, a /var/lib/podlab to write to.
        """
        config, lower = unpack(self.layout, image, self.unpacked)
        folder = self._folder(files or {}, hosts)
        if read_only:
            (self.scratch / "state").mkdir(exist_ok=True)
            os.chown(self.scratch / "state", *_ids(config))
        own = list(command) or [
            *(config.get("Entrypoint") or []),
            *(arguments or config.get("Cmd") or []),
        ]
        log = folder / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [
                    *self._enter(folder, lower, "ro" if read_only else "rw"),
                    *_inside(config, folder / "root", env or {}),
                    *own,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.running.append(Container(process, log))
        return self.running[-1]

    def ask(self, image: str, *command: str) -> str:
        """What a short command says, once it has ended well."""
        container = self.start(image, *command)
        code = container.wait()
        assert code == 0, container.output
        return container.output

    def _folder(self, files: Mapping[str, str], hosts: str) -> Path:
        self.count += 1
        folder = self.scratch / str(self.count)
        for name in ("root", "upper", "work"):
            (folder / name).mkdir(parents=True)
        for path, text in {**files, "/etc/hosts": hosts, "/etc/resolv.conf": ""}.items():
            target = folder / "upper" / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return folder

    def _enter(self, folder: Path, lower: Path, mode: str) -> list[str]:
        return [
            *("setpriv", "--pdeathsig", "KILL", "--"),
            *("nsenter", f"--net=/proc/{self.network.pid}/ns/net", "--"),
            *("unshare", "--mount", "--propagation", "private"),
            *("--pid", "--fork", "--kill-child=KILL", "--"),
            *("sh", "-c", _ENTER, "sh", str(folder / "root"), str(lower)),
            *(str(folder / "upper"), str(folder / "work"), str(self.scratch / "state"), mode),
        ]


def kubectl() -> Path:
    cache = current_instance().cache
    if not is_built(cache):
        build_engine(cache, lambda *_: None, lambda _: None)
    return engine_folder(cache) / "kubectl"


def built_layout() -> Path:
    """The images of this machine's cache; made now where no earlier run has made them."""
    return build_images(current_instance().cache, kubectl, lambda *_: None)


@contextlib.contextmanager
def open_pod(layout: Path, unpacked: Path, scratch: Path) -> Iterator[Pod]:
    holder = subprocess.Popen(
        [
            *("setpriv", "--pdeathsig", "KILL", "--", "unshare", "--net", "--"),
            *("sh", "-c", "ip link set lo up && echo up && exec sleep infinity"),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"up\n"
    pod = Pod(layout, unpacked, scratch, holder)
    try:
        yield pod
    finally:
        for container in pod.running:
            # A program that gives up root's rights forgets that it was to die with its parent:
            # end the first process of its namespace itself, and unshare ends after it.
            send(children(container.process.pid), signal.SIGKILL)
            container.process.kill()
            container.process.wait()
        holder.stdout.close()
        holder.kill()
        holder.wait()


def unpack(layout: Path, image: str, shelf: Path) -> tuple[dict[str, Any], Path]:
    """The image's configuration and a folder with its files."""
    config, layers = read_image(layout, image)
    target = shelf / re.sub(r"[^a-z0-9.]", "_", image)  # a colon would part two lower folders
    if not target.exists():
        draft = target.with_name(target.name + ".draft")
        for layer in layers:
            with tarfile.open(layer) as archive:
                # Our own image. Debian 12's Python 3.11.2 has no filters yet, later ones warn.
                if hasattr(tarfile, "fully_trusted_filter"):
                    archive.extraction_filter = tarfile.fully_trusted_filter
                archive.extractall(draft)  # noqa: S202
            _remove_whited_out(draft)
        draft.rename(target)
    return config, target


def read_image(layout: Path, image: str) -> tuple[dict[str, Any], list[Path]]:
    index = json.loads((layout / "index.json").read_text())
    found = next(
        entry
        for entry in index["manifests"]
        if entry["annotations"]["org.opencontainers.image.ref.name"] == image
    )
    manifest = json.loads(_blob(layout, found["digest"]).read_text())
    config = json.loads(_blob(layout, manifest["config"]["digest"]).read_text())
    return config["config"], [_blob(layout, layer["digest"]) for layer in manifest["layers"]]


def wait_until(reached: Callable[[], bool], describe: Callable[[], str]) -> None:
    limit = time.monotonic() + _QUIET_AFTER
    while not reached():
        assert time.monotonic() < limit, f"waited in vain for {describe()}"
        time.sleep(0.05)


def _below(root: int) -> list[Path]:
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return [Path("/proc") / str(process) for process in found]


def _name(process: Path) -> str:
    with contextlib.suppress(OSError):
        return (process / "comm").read_text().strip()
    return ""


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / "sha256" / digest.removeprefix("sha256:")


def _remove_whited_out(root: Path) -> None:
    for mark in list(root.rglob(".wh.*")):
        gone = mark.with_name(mark.name.removeprefix(".wh."))
        if gone.is_dir() and not gone.is_symlink():
            shutil.rmtree(gone)
        else:
            gone.unlink(missing_ok=True)
        mark.unlink()


def _ids(config: Mapping[str, Any]) -> tuple[int, int]:
    user, _, group = str(config.get("User") or "0").partition(":")
    return int(user), int(group or user)


def _inside(config: Mapping[str, Any], root: Path, env: Mapping[str, str]) -> list[str]:
    """Through chroot, as the image's user, with its environment and in its working folder."""
    user, group = _ids(config)
    settings = [*(config.get("Env") or []), *(f"{key}={value}" for key, value in env.items())]
    working_folder = config.get("WorkingDir") or "/"
    chroot = str(shutil.which("chroot"))
    enter = ["env", "-i", *settings, chroot, f"--userspec={user}:{group}", "--groups="]
    if working_folder == "/":
        return [*enter, str(root)]
    return [*enter, str(root), "sh", "-c", 'cd "$0" && exec "$@"', working_folder]
