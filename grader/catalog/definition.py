"""The shape of `lab.yaml`. Strict: an unknown key is a misspelt key."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from grader.catalog.checks import AnyCheck
from grader.catalog.probes import Probe
from grader.catalog.questions import AnyQuestion
from grader.catalog.words import Localised, ObjectName, Paragraph, Sentence, Sentences, Slug, Strict
from grader.catalog.workloads import Role, Workload


class Pattern(StrEnum):
    """Which cooperation of containers a lab is about."""

    SHARING = "sharing"
    SIDECAR = "sidecar"
    AMBASSADOR = "ambassador"
    ADAPTER = "adapter"
    INIT = "init"
    DIAGNOSIS = "diagnosis"
    HARDENING = "hardening"
    DESIGN = "design"


class Task(Strict):
    """All its points or none: when all its checks pass and all its questions are answered right."""

    id: Slug
    points: int = Field(ge=1, le=100)
    title: Localised[Sentence]
    text: Localised[Paragraph] = Field(description="What is asked for, without the solution.")
    checks: Annotated[tuple[AnyCheck, ...], Field(max_length=8, strict=False)] = ()
    questions: Annotated[tuple[AnyQuestion, ...], Field(max_length=10, strict=False)] = ()
    hints: Annotated[
        tuple[Localised[Paragraph], ...], Field(min_length=3, max_length=3, strict=False)
    ] = Field(description="Concept, where to look, nearly the answer.")
    explanation: Localised[Paragraph] = Field(description="Shown after the task has passed.")


class Start(Strict):
    """The state that a learner begins with, and what it scores untouched."""

    score: int = Field(ge=0, le=99)
    by_learner: bool = Field(
        default=False, description="Whether the learner applies it, with a button or by hand."
    )


class LabDefinition(Strict):
    """`lab.yaml`: everything about a lab but its text."""

    slug: Slug = Field(description="The lab's name in addresses; the same as its folder's name.")
    order: int = Field(ge=1, le=99, description="Its place in the course.")
    pattern: Pattern = Field(description="What it is about.", strict=False)
    minutes: int = Field(ge=5, le=240, description="How long a learner needs, about.")
    title: Localised[Sentence]
    summary: Localised[Sentence] = Field(description="One line for the list of labs.")
    objectives: Localised[Sentences] = Field(description="What a learner can do afterwards.")
    workloads: dict[Slug, Workload] = Field(
        default_factory=dict, description="What the lab looks at; the first one is the main one."
    )
    roles: dict[Slug, Role] = Field(default_factory=dict)
    probes: dict[Slug, Probe] = Field(default_factory=dict)
    tasks: Annotated[tuple[Task, ...], Field(min_length=1, max_length=20, strict=False)]
    start: Start
    objects: dict[str, Annotated[tuple[ObjectName, ...], Field(strict=False)]] = Field(
        default_factory=dict,
        description="Objects by kind that the lab names; clean-up ticks when none of them is left.",
    )
