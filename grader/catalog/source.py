"""YAML read with its line numbers, by libyaml where it is there: errors name the place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LARGEST_FILE = 256 * 1024
# libyaml composes by recursion in C and would take the whole process with it.
DEEPEST = 40
Step = int | str
Place = tuple[Step, ...]
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class LabError(Exception):
    """A mistake of the lab's author. `others` are further ones of the same file."""

    def __init__(
        self, file: Path, line: int | None, message: str, others: tuple["LabError", ...] = ()
    ) -> None:
        self.file = file
        self.line = line
        self.message = message
        self.others = others
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {message}")


@dataclass(frozen=True)
class Source:
    """A file's content as plain data, and the line on which each part of it stands."""

    file: Path
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def real_place(self, path: Place) -> Place:
        """`path` without the steps that are not in the file (names of union members)."""
        place: Place = ()
        for step in path:
            if (*place, step) in self.lines:
                place = (*place, step)
        return place

    def line(self, path: Place) -> int:
        """The line of the innermost part of `path` that stands in the file."""
        return self.lines[self.real_place(path)]

    def error(self, path: Place, message: str) -> LabError:
        return LabError(self.file, self.line(path), message)


def read_text(file: Path) -> str:
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


def read_source(file: Path) -> Source:
    """A file that is one mapping; keys that stand twice and aliases are refused."""
    try:
        events = yaml.parse(read_text(file), Loader=Loader)
        builder = _Builder(file, events)
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise LabError(file, line, f"is not YAML here: {error.problem}.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise LabError(file, None, f"is not YAML: {error}.") from error
    if not isinstance(data, dict):
        raise LabError(file, 1, "must be a mapping: “slug: …”, “title: …”, one per line.")
    return Source(file, data, builder.lines)


class _Builder:
    """Plain data from YAML events, depth first."""

    def __init__(self, file: Path, events: Iterator[yaml.Event]) -> None:
        self._file = file
        self._events = events
        self._scalars = yaml.SafeLoader("")
        self.lines: dict[Place, int] = {}

    def document(self) -> Any:
        data: Any = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if self.lines:
                    raise self._error(event, "has a second document here (“---”); one is enough.")
                first = next(self._events)
                self.lines[()] = _line(first)
                data = self._value(first, ())
        return data

    def _value(self, event: yaml.Event, place: Place) -> Any:
        if len(place) > DEEPEST:
            raise self._error(event, f"is nested deeper than {DEEPEST} levels.")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place)
        return self._scalar(event)

    def _mapping(self, place: Place) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in found:
                raise self._error(event, f"“{key}” stands here twice.")
            inner = (*place, key)
            self.lines[inner] = _line(event)
            found[key] = self._value(next(self._events), inner)
        return found

    def _sequence(self, place: Place) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            inner = (*place, len(found))
            self.lines[inner] = _line(event)
            found.append(self._value(event, inner))
        return found

    def _key(self, event: yaml.Event) -> str:
        """As written: `on:` is the word, not true."""
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "has a key that is no plain word.")
        return str(event.value)

    def _scalar(self, event: yaml.Event) -> Any:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "uses a YAML alias (*name): write the value out.")
        tag = event.tag or self._scalars.resolve(  # type: ignore[no-untyped-call]
            yaml.ScalarNode, event.value, event.implicit
        )
        return self._scalars.construct_object(yaml.ScalarNode(tag, event.value))

    def _error(self, event: yaml.Event, message: str) -> LabError:
        return LabError(self._file, _line(event), message)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
