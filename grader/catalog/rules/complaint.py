"""What a rule found, and what it looks at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from grader.catalog.definition import LabDefinition
from grader.catalog.folders import Proof
from grader.catalog.source import Place, Source
from grader.catalog.words import Language


@dataclass(frozen=True)
class Complaint:
    rule: str
    file: Path
    line: int | None
    message: str
    help: str


@dataclass(frozen=True)
class Subject:
    """A lab's folder, read."""

    folder: Path
    source: Source
    definition: LabDefinition
    texts: Mapping[Language, str]
    proofs: tuple[Proof, ...] = ()
    diagnoses: frozenset[str] = field(default_factory=frozenset)  # the codes there are

    def complain(self, rule: str, place: Place, message: str, help: str) -> Complaint:  # noqa: A002
        return Complaint(rule, self.source.file, self.source.line(place), message, help)


def parts(value: Any, place: Place = ()) -> Iterator[tuple[Place, BaseModel]]:
    """Every model inside a definition with its place, the outer ones first."""
    if isinstance(value, BaseModel):
        yield place, value
        inner: Any = ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, tuple):
        inner = enumerate(value)
    else:
        return
    for step, found in inner:
        yield from parts(found, (*place, step))
