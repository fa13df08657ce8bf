"""Reads lab folders. An error names the file, the line, what is wrong there and what to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from grader.catalog.definition import LabDefinition
from grader.catalog.mistakes import tell_mistakes
from grader.catalog.references import wrong_references
from grader.catalog.source import LabError, Source, read_source, read_text
from grader.catalog.words import LANGUAGES, Language

__all__ = ["DEFINITION", "Lab", "LabError", "load_lab", "load_labs", "parse_definition"]

DEFINITION = "lab.yaml"


@dataclass(frozen=True)
class Lab:
    definition: LabDefinition
    texts: Mapping[Language, str]

    @property
    def slug(self) -> str:
        return self.definition.slug

    def text(self, language: str) -> str:
        return self.texts["ko" if language == "ko" else "en"]


def load_labs(root: Path) -> tuple[list[Lab], list[LabError]]:
    """All labs in the order of the course; one broken folder does not hide the others."""
    labs: list[Lab] = []
    errors: list[LabError] = []
    for folder in lab_folders(root):
        try:
            labs.append(load_lab(folder))
        except LabError as error:
            errors.append(error)
    return sorted(labs, key=lambda lab: (lab.definition.order, lab.slug)), errors


def lab_folders(root: Path) -> list[Path]:
    return sorted(file.parent for file in root.glob(f"*/{DEFINITION}"))


def load_lab(folder: Path) -> Lab:
    source = read_source(folder / DEFINITION)
    definition = parse_definition(source)
    if definition.slug != folder.resolve().name:
        raise LabError(
            source.file,
            None,
            f"slug is “{definition.slug}”, but the folder is “{folder.resolve().name}”: "
            "give both the same name.",
        )
    texts = {language: read_text(folder / f"text.{language}.md") for language in LANGUAGES}
    return Lab(definition=definition, texts=texts)


def parse_definition(source: Source) -> LabDefinition:
    try:
        definition = LabDefinition.model_validate(source.data)
    except ValidationError as error:
        raise tell_mistakes(source, LabDefinition, error) from error
    errors = [_misled(source, *mistake) for mistake in wrong_references(definition)]
    if errors:
        first, *others = errors
        raise LabError(first.file, first.line, first.message, tuple(others))
    return definition


def _misled(source: Source, place: tuple[int | str, ...], message: str) -> LabError:
    name = ".".join(str(step) for step in source.real_place(place))
    return source.error(place, f"{name}: {message}")
