"""A root cause, as codes and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal


class Layer(IntEnum):
    """From the outside in: the first broken layer is the cause, later ones follow from it."""

    ABSENT = 0
    ADMISSION = 1
    SCHEDULING = 2
    IMAGE = 3
    CONFIG = 4
    INIT = 5
    CRASH = 6
    READINESS = 7
    SERVICE = 8
    BEHAVIOUR = 9


@dataclass(frozen=True)
class Diagnosis:
    code: str
    layer: Layer
    severity: Literal["error", "warning", "waiting"]
    pod: str = ""
    container: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()  # at most three lines
    next: str = ""  # one command
    consequences: tuple["Diagnosis", ...] = ()
