"""What proves a lab: its folders `start/`, `solutions/`, `mutants/`, and the stored `cases/`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from grader.catalog.mistakes import tell_mistakes
from grader.catalog.runs import Run
from grader.catalog.source import Source, read_source

RUN = "run.yaml"
THEN = "then.yaml"
ELSEWHERE = "elsewhere"
Kind = Literal["start", "solution", "mutant"]
START_SAYS = "The start, untouched."


@dataclass(frozen=True)
class Proof:
    """A folder of manifests whose verdict the author promises."""

    kind: Kind
    name: str
    folder: Path
    run: Run
    source: Source | None  # of its run.yaml

    @property
    def title(self) -> str:
        return self.kind if self.kind == "start" else f"{self.kind} {self.name}"

    @property
    def manifests(self) -> tuple[Path, ...]:
        """Applied first, in the order of their names."""
        return tuple(file for file in _yaml_files(self.folder) if file.name not in (RUN, THEN))

    @property
    def afterwards(self) -> tuple[Path, ...]:
        """Applied once the others are ready."""
        file = self.folder / THEN
        return (file,) if file.is_file() else ()

    @property
    def elsewhere(self) -> tuple[Path, ...]:
        """Applied to another namespace."""
        return tuple(_yaml_files(self.folder / ELSEWHERE))

    @property
    def case(self) -> Path:
        """Where its evidence is stored with the verdict on it."""
        name = "start" if self.kind == "start" else f"{self.kind}-{self.name}"
        return self.folder.parents[0 if self.kind == "start" else 1] / "cases" / f"{name}.json"


def read_proofs(lab: Path) -> tuple[Proof, ...]:
    """Start, solutions and mutants, each in the order of their names."""
    proofs = [_proof("start", lab / "start")] if (lab / "start").is_dir() else []
    proofs += [_proof("solution", folder) for folder in _folders(lab / "solutions")]
    proofs += [_proof("mutant", folder) for folder in _folders(lab / "mutants")]
    return tuple(proofs)


def _proof(kind: Kind, folder: Path) -> Proof:
    file = folder / RUN
    if kind == "start" and not file.is_file():
        return Proof(kind, folder.name, folder, Run(says=START_SAYS), None)
    source = read_source(file)
    try:
        run = Run.model_validate(source.data)
    except ValidationError as error:
        raise tell_mistakes(source, Run, error) from error
    return Proof(kind, folder.name, folder, run, source)


def _folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        yield from sorted(folder for folder in parent.iterdir() if folder.is_dir())


def _yaml_files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(file for file in folder.iterdir() if file.suffix in (".yaml", ".yml"))
