"""Questions to the learner. What is right never leaves the server."""

from typing import Annotated, Literal

from pydantic import Field

from grader.catalog.words import Localised, Paragraph, QuestionId, Sentence, Slug, Strict


class LiveFact(Strict):
    """Where the right answer can be read from the live workload."""

    role: Slug
    fact: Literal["exit_code", "state", "listening_port", "error_line"]


class Question(Strict):
    id: QuestionId
    prompt: Localised[Sentence]
    live: LiveFact | None = None


class Choice(Strict):
    value: str = Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=60)
    text: Localised[Sentence]
    why: Localised[Paragraph] = Field(
        description="Why it is right or wrong; shown once it is answered."
    )
    right: bool = False


class ChoiceQuestion(Question):
    """One right choice; the order is shuffled per learner."""

    kind: Literal["choice"]
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=6, strict=False)]


class NumberQuestion(Question):
    kind: Literal["number"]
    right: Annotated[tuple[int, ...], Field(min_length=1, strict=False)] = Field(
        description="Right by the declared facts of the start, once the live Pod is gone."
    )


class TextQuestion(Question):
    """One of several words, compared without case and surrounding space."""

    kind: Literal["text"]
    right: Annotated[tuple[Sentence, ...], Field(min_length=1, strict=False)]


class LogLineQuestion(Question):
    """A piece of an error line: at least so many characters that stand in it."""

    kind: Literal["log_line"]
    at_least: int = Field(default=10, ge=4, le=100)
    right: Annotated[tuple[Sentence, ...], Field(min_length=1, strict=False)]


AnyQuestion = Annotated[
    ChoiceQuestion | NumberQuestion | TextQuestion | LogLineQuestion,
    Field(discriminator="kind"),
]
