"""The shape of `lab.yaml`. Strict: an unknown key is a misspelt key."""

from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=40)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
# Lists of YAML, kept as tuples: a loaded lab does not change.
Sentences = Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=6, strict=False)]
Content = TypeVar("Content")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


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


class Localised(Strict, Generic[Content]):
    """The same content in every language of the site; none may be missing."""

    ko: Content
    en: Content

    def in_language(self, language: str) -> Content:
        return self.ko if language == "ko" else self.en


class LabDefinition(Strict):
    """`lab.yaml`: everything about a lab but its text."""

    slug: Slug = Field(description="The lab's name in addresses; the same as its folder's name.")
    order: int = Field(ge=1, le=99, description="Its place in the course.")
    pattern: Pattern = Field(description="What it is about.", strict=False)
    minutes: int = Field(ge=5, le=240, description="How long a learner needs, about.")
    title: Localised[Sentence]
    summary: Localised[Sentence] = Field(description="One line for the list of labs.")
    objectives: Localised[Sentences] = Field(description="What a learner can do afterwards.")
