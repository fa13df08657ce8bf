"""All rules over one evidence: from the outside in, one module for each layer."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from grader.catalog.definition import LabDefinition
from grader.diagnosis import (
    absence,
    admission,
    behaviour,
    configuration,
    crash,
    images,
    initial,
    probing,
    scheduling,
    services,
    standing,
)
from grader.diagnosis.folding import fold
from grader.diagnosis.model import Diagnosis
from grader.diagnosis.scene import Scene
from grader.evidence.model import Evidence

Rule = Callable[[Scene], Iterator[Diagnosis]]
RULES: tuple[Rule, ...] = (
    absence.find,
    admission.find,
    scheduling.find,
    images.find,
    configuration.find,
    initial.find,
    crash.find,
    probing.find,
    services.find,
    behaviour.find,
    standing.find,
)


def diagnose(definition: LabDefinition, evidence: Evidence) -> tuple[Diagnosis, ...]:
    """Never raises: a rule that stumbles over odd evidence must not hide what the others see."""
    scene = Scene(definition, evidence)
    found: list[Diagnosis] = []
    for rule in RULES:
        with suppress(Exception):
            found.extend(rule(scene))
    return fold(found)
