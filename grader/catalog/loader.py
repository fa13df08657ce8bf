"""Reads lab folders. An error names the file, the line, what is wrong there and what to write."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from grader.catalog.definition import LabDefinition
from grader.catalog.words import LANGUAGES, Language

DEFINITION = "lab.yaml"
LARGEST_FILE = 256 * 1024


class LabError(Exception):
    """A mistake of the lab's author."""

    def __init__(self, file: Path, line: int | None, message: str) -> None:
        self.file = file
        self.line = line
        self.message = message
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {message}")


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
    for folder in sorted(file.parent for file in root.glob(f"*/{DEFINITION}")):
        try:
            labs.append(load_lab(folder))
        except LabError as error:
            errors.append(error)
    return sorted(labs, key=lambda lab: (lab.definition.order, lab.slug)), errors


def load_lab(folder: Path) -> Lab:
    definition = _load_definition(folder / DEFINITION)
    if definition.slug != folder.name:
        raise LabError(
            folder / DEFINITION,
            None,
            f"slug is “{definition.slug}”, but the folder is “{folder.name}”: "
            "give both the same name.",
        )
    texts = {language: _read(folder / f"text.{language}.md") for language in LANGUAGES}
    return Lab(definition=definition, texts=texts)


def _load_definition(file: Path) -> LabDefinition:
    node = _compose(file)
    try:
        return LabDefinition.model_validate(_construct(node, file))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = first["loc"]
        name = ".".join(str(step) for step in path) or "the file"
        raise LabError(file, _line(node, path), f"{name}: {_say(first['msg'])}") from error


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise LabError(file, None, f"is larger than {LARGEST_FILE // 1024} KiB.")
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LabError(file, None, "is missing: every lab has this file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(file, None, f"cannot be read as UTF-8 text: {error}") from error
    if not text.strip():
        raise LabError(file, None, "is empty.")
    return text


def _compose(file: Path) -> yaml.Node:
    try:
        node = yaml.compose(_read(file), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise LabError(file, line, f"is not YAML here: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise LabError(file, None, f"is not YAML: {error}.") from error
    if not isinstance(node, yaml.MappingNode):
        raise LabError(file, 1, "must be a mapping: “slug: …”, “title: …”, one per line.")
    return node


def _construct(node: yaml.Node, file: Path) -> Any:
    """Plain data from nodes; unlike `yaml.safe_load` it refuses keys that stand there twice."""
    if isinstance(node, yaml.MappingNode):
        return {key: _construct(value, file) for key, value in _unique_items(node, file)}
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, file) for item in node.value]
    return yaml.SafeLoader("").construct_object(node)


def _unique_items(node: yaml.MappingNode, file: Path) -> Iterable[tuple[str, yaml.Node]]:
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            raise LabError(file, key.start_mark.line + 1, f"“{key.value}” stands here twice.")
        seen.add(key.value)
        yield key.value, value


def _line(node: yaml.Node, path: tuple[int | str, ...]) -> int:
    """The line of the innermost part of `path` that exists in the file."""
    line = node.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            items = {key.value: (key, value) for key, value in node.value}
            if step not in items:
                return line
            key, node = items[str(step)]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _say(message: str) -> str:
    known = {
        "Field required": "is missing.",
        "Extra inputs are not permitted": "is not a key of lab.yaml; look for a misspelling.",
    }
    return known.get(message, f"{message[:1].lower()}{message[1:]}.")
