"""The virtual environment: exactly the pinned packages, checked by their hashes."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from host.setup.stamp import Stamp, digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from host.setup.workshop import Workshop


@dataclass(frozen=True)
class PythonPackages:
    workshop: Workshop
    with_tests: bool = False

    @property
    def requirements(self) -> Path:
        return self.workshop.root / "requirements" / ("dev.txt" if self.with_tests else "base.txt")

    def missing(self) -> str:
        """What will be installed, in words; nothing where all is there."""
        if self._is_done():
            return ""
        count = sum("==" in line for line in self.requirements.read_text().splitlines())
        name = self.requirements.relative_to(self.workshop.root)
        return f"{count} Python packages of {name} into {self.workshop.venv}"

    def do(self) -> None:
        self._stamp.remove()
        if not self._is_usable():
            self._make_venv()
        self.workshop.make(
            pip_install(self.workshop, "-r", str(self.requirements)), "Python packages"
        )
        self._stamp.write(self._digest())

    def _is_done(self) -> bool:
        """The packages of the tests contain those of the site."""
        if self._stamp.says(self._digest()) and self._is_usable():
            return True
        return not self.with_tests and not PythonPackages(self.workshop, with_tests=True).missing()

    @property
    def _stamp(self) -> Stamp:
        name = "made-with-tests" if self.with_tests else "made"
        return Stamp(self.workshop.venv / f".podlab-{name}")

    def _digest(self) -> str:
        return digest_of(self.requirements, self.workshop.python)

    def _is_usable(self) -> bool:
        """Half-made ones, and ones of another Python or of a moved clone, are made anew."""
        config = self.workshop.venv / "pyvenv.cfg"
        if not config.is_file() or not os.access(self.workshop.venv_python, os.X_OK):
            return False
        home = f"home = {os.path.dirname(self.workshop.python)}\n"  # noqa: PTH120
        place = f"{self.workshop.venv}\n"
        text = config.read_text()
        return home in text and place in text and self._has_pip()

    def _has_pip(self) -> bool:
        return any(self.workshop.venv.glob("lib/python*/site-packages/pip/__main__.py"))

    def _make_venv(self) -> None:
        shutil.rmtree(self.workshop.venv, ignore_errors=True)
        command = [self.workshop.python, "-m", "venv", str(self.workshop.venv)]
        self.workshop.make(command, "virtual environment")


def pip_install(workshop: Workshop, *what: str) -> list[str]:
    pip = [str(workshop.venv_python), "-m", "pip", "install", "--disable-pip-version-check"]
    return [*pip, "--quiet", "--retries", "2", "--require-hashes", *what]


def run_in_venv(
    workshop: Workshop, *arguments: str, **options: object
) -> subprocess.CompletedProcess[bytes]:
    """For programs that speak to the person themselves."""
    command = [str(workshop.venv_python), *arguments]
    return subprocess.run(command, cwd=workshop.root, check=False, **options)  # type: ignore[call-overload, no-any-return]
