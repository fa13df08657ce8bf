"""A lab in the reader's language."""

from dataclasses import dataclass
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grader.catalog import Lab, Pattern

PATTERNS: dict[Pattern, str | Promise] = {
    Pattern.SHARING: _("Sharing"),
    Pattern.SIDECAR: _("Sidecar"),
    Pattern.AMBASSADOR: _("Ambassador"),
    Pattern.ADAPTER: _("Adapter"),
    Pattern.INIT: _("Init container"),
    Pattern.DIAGNOSIS: _("Diagnosis"),
    Pattern.HARDENING: _("Hardening"),
    Pattern.DESIGN: _("Design"),
}


@dataclass(frozen=True)
class LabCard:
    slug: str
    order: int
    minutes: int
    pattern: str | Promise
    title: str
    summary: str
    objectives: tuple[str, ...]

    @classmethod
    def of(cls, lab: Lab, language: str) -> Self:
        definition = lab.definition
        return cls(
            slug=definition.slug,
            order=definition.order,
            minutes=definition.minutes,
            pattern=PATTERNS[definition.pattern],
            title=definition.title.in_language(language),
            summary=definition.summary.in_language(language),
            objectives=definition.objectives.in_language(language),
        )
