"""Medians, ratios, a table for people and a JSON file for later."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass
class Series:
    """The seconds of one way of doing it, run by run."""

    name: str
    seconds: list[float] = field(default_factory=list)
    skipped: str = ""

    @property
    def median(self) -> float | None:
        return statistics.median(self.seconds) if self.seconds else None

    def row(self, ours: float | None) -> str:
        if self.median is None:
            return f"{self.name:<46} {self.skipped}"
        ratio = f"{self.median / ours:6.2f}" if ours else ""
        figures = (self.median, min(self.seconds), max(self.seconds))
        return f"{self.name:<46} {''.join(f'{x * 1000:8.0f} ' for x in figures)} {ratio}"


def print_table(title: str, ours: Series, others: list[Series]) -> None:
    print(f"\n{title} ({len(ours.seconds)} runs each, interleaved)")
    print(f"{'':<46} {'median':>8} {'least':>8} {'most':>8}  to ours   (ms)")
    for series in (ours, *others):
        print(series.row(ours.median))


def write_json(file: Path, groups: Mapping[str, list[Series]], **more: object) -> None:
    content = {
        name: {
            one.name: {"median": one.median, "seconds": one.seconds, "skipped": one.skipped}
            for one in series
        }
        for name, series in groups.items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**content, **more}, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {file}")
