"""What an author promises of a folder of `solutions/`, `mutants/` or `start/`: its `run.yaml`."""

from typing import Annotated, Any

from pydantic import Field

from grader.catalog.words import Sentence, Slug, Strict


class Run(Strict):
    """The manifests beside it are applied in the order of their names, `then.yaml` last.

    `then.yaml` is applied once the others are ready. A folder `elsewhere/` goes to a second
    namespace.
    """

    says: Sentence = Field(description="What is special about it, in English.")
    answers: dict[str, dict[str, Any]] = Field(default_factory=dict)
    fails: Annotated[tuple[Slug, ...], Field(strict=False)] = Field(
        default=(), description="The tasks that must fail; all others must pass."
    )
    diagnosis: str | None = Field(default=None, description="A code that must be reported.")
