"""Reads Prometheus' text format: samples, or the first line that is none.

As strict as Prometheus itself about samples, because a line that it refuses makes it throw away
the whole page. Carriage returns at line ends and OpenMetrics' exemplars are let pass.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST_LINE = 16 * 1024
MOST_LINES = 20_000

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*"(?:[^"\\]|\\.)*"'
_NUMBER = r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|(?i:inf(?:inity)?|nan))"
_SAMPLE = re.compile(
    rf"(?P<name>{_NAME})[ \t]*"
    rf"(?:\{{[ \t]*(?P<labels>(?:{_LABEL}[ \t]*(?:,[ \t]*{_LABEL}[ \t]*)*,?[ \t]*)?)\}}[ \t]*)?"
    rf"(?<=[\s}}])(?P<value>{_NUMBER})"
    r"(?:[ \t]+(?P<time>-?\d+(?:\.\d+)?))?[ \t]*(?:#[ \t]*\{.*)?"
)
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(rf"#[ \t]*TYPE[ \t]+(?P<name>{_NAME})[ \t]+(?P<type>[a-z]+)[ \t]*")
_ESCAPED = re.compile(r"\\.")
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


@dataclass(frozen=True)
class Sample:
    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BadLine:
    """The first line that is no sample; counted from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Exposition:
    samples: tuple[Sample, ...]
    types: Mapping[str, str]
    bad: BadLine | None = None

    @property
    def fits(self) -> bool:
        """Whether Prometheus would take it, and find something in it."""
        return self.bad is None and bool(self.samples)

    def find(self, name: str) -> Sample | None:
        return next((sample for sample in self.samples if sample.name == name), None)


def parse(text: str) -> Exposition:
    """Total: any text gives an answer."""
    samples: list[Sample] = []
    types: dict[str, str] = {}
    for number, raw in enumerate(text.split("\n")[:MOST_LINES], start=1):
        line = raw.strip(" \t\r")
        if line.startswith("#"):
            if kind := _TYPE.fullmatch(line):
                types[kind["name"]] = kind["type"]
        elif line:
            sample = _sample(line)
            if sample is None:
                return Exposition(tuple(samples), types, BadLine(number, line[:200]))
            samples.append(sample)
    return Exposition(tuple(samples), types)


def _sample(line: str) -> Sample | None:
    if len(line) > LONGEST_LINE:
        return None
    found = _SAMPLE.fullmatch(line)
    if found is None:
        return None
    pairs = _PAIR.findall(found["labels"] or "")
    labels = {name: _ESCAPED.sub(_unescape, quoted) for name, quoted in pairs}
    return Sample(found["name"], float(found["value"]), labels)


def _unescape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], found[0])
