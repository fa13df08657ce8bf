"""The small types that every part of a lab's definition is made of."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=40)]
# Ids of questions are read by scripts, which like underscores.
QuestionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
ObjectName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=63)
]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1200)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=20, strict=False)]
# Lists of YAML, kept as tuples: a loaded lab does not change.
Sentences = Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=6, strict=False)]
Words = Annotated[tuple[Word, ...], Field(max_length=30, strict=False)]
Ports = Annotated[tuple[Port, ...], Field(max_length=10, strict=False)]
Roles = Annotated[tuple[Slug, ...], Field(min_length=1, max_length=8, strict=False)]
Content = TypeVar("Content")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Localised(Strict, Generic[Content]):
    """The same content in every language of the site; none may be missing."""

    ko: Content
    en: Content

    def in_language(self, language: str) -> Content:
        return self.ko if language == "ko" else self.en
