"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Finding:
    name: str
    status: Status
    saw: str
    help: str = ""
    code: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def ok(name: str, saw: str) -> Finding:
    return Finding(name, "ok", saw)


def warning(name: str, saw: str, help: str, code: str = "") -> Finding:  # noqa: A002
    return Finding(name, "warning", saw, help, code)


def missing(name: str, saw: str, help: str, code: str) -> Finding:  # noqa: A002
    return Finding(name, "missing", saw, help, code)
