"""Builds chainsaw, the tool that is measured beside us, from its published module.

`go install` of it does not work where the module proxy lists no versions, and it does not compile
with Go 1.26; so it is built as main module of its own archive, with the Go that it was made for.
The checksum database stays on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "github.com/kyverno/chainsaw"
VERSION = "v0.2.14"
TOOLCHAIN = "go1.25.9"


class PeerMissingError(Exception):
    """It cannot be measured here; the sentence says why."""


@dataclass(frozen=True)
class Workshop:
    folder: Path

    def environment(self, toolchain: str) -> dict[str, str]:
        return {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOCACHE": str(self.folder / "build"),
            "GOMODCACHE": str(self.folder / "modules"),
            "GOFLAGS": "-modcacherw -buildvcs=false",
            "GOTOOLCHAIN": toolchain,
            "GOWORK": "off",
        }

    def go(self, *arguments: str, cwd: Path, toolchain: str = "local") -> str:
        answer = subprocess.run(
            ["go", *arguments],
            cwd=cwd,
            env=self.environment(toolchain),
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            last = (answer.stderr.strip().splitlines() or ["no word"])[-1]
            raise PeerMissingError(f"go {arguments[0]}: {last}")
        return answer.stdout


def ensure_chainsaw(cache: Path) -> Path:
    """Its program, built now (some minutes) or earlier."""
    program = cache / "peers" / f"chainsaw-{VERSION}"
    if program.exists():
        return program
    if not shutil.which("go"):
        raise PeerMissingError("there is no Go on this machine to build chainsaw with")
    print(f"Building chainsaw {VERSION} with {TOOLCHAIN} (about five minutes, once) …", flush=True)
    folder = cache / "peers" / "work"
    try:
        _build(Workshop(folder), program)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return program


def _build(workshop: Workshop, program: Path) -> None:
    empty = workshop.folder / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    (empty / "go.mod").write_text("module peers\n\ngo 1.25\n", encoding="utf-8")
    about = json.loads(workshop.go("mod", "download", "-json", f"{MODULE}@{VERSION}", cwd=empty))
    source = workshop.folder / "source"
    shutil.copytree(about["Dir"], source, dirs_exist_ok=True)
    fresh = program.with_suffix(".new")
    workshop.go("build", "-o", str(fresh), ".", cwd=source, toolchain=TOOLCHAIN)
    fresh.replace(program)
