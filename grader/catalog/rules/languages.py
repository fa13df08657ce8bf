"""Both languages say the same, each in its own words."""

import re
from collections.abc import Iterator

from grader.catalog.rules.complaint import Complaint, Subject, parts
from grader.catalog.source import Place
from grader.catalog.words import LANGUAGES, Localised

HANGUL = re.compile(r"[가-힣]")
PROSE = re.compile(r"[A-Za-z]{2,}\s+[a-z]{2,}\s+[a-z]{2,}")


def texts_are_translated(subject: Subject) -> Iterator[Complaint]:
    for place, part in parts(subject.definition):
        if isinstance(part, Localised):
            yield from _pair(subject, place, _words(part.ko), _words(part.en))
    for file, text in ((f"text.{key}.md", subject.texts[key]) for key in LANGUAGES):
        if bool(HANGUL.search(text)) != (".ko." in file):
            yield Complaint(
                "translation",
                subject.folder / file,
                1,
                f"{file} is in the other language.",
                "Write it in the language of its name.",
            )


def texts_have_one_shape(subject: Subject) -> Iterator[Complaint]:
    shapes = [_headings(subject.texts[language]) for language in LANGUAGES]
    if shapes[0] != shapes[1]:
        yield Complaint(
            "translation",
            subject.folder / "text.en.md",
            None,
            "text.ko.md and text.en.md do not have the same headings.",
            "Give both the same sections in the same order.",
        )


def _words(content: object) -> str:
    return "\n".join(content) if isinstance(content, tuple) else str(content)


def _pair(subject: Subject, place: Place, korean: str, english: str) -> Iterator[Complaint]:
    if korean == english and PROSE.search(english):
        yield subject.complain(
            "translation", place, "ko and en are the same text.", "Translate one of them."
        )
    elif HANGUL.search(english):
        yield subject.complain(
            "translation", (*place, "en"), "en holds Korean.", "Write it in English."
        )
    elif PROSE.search(korean) and not HANGUL.search(korean):
        yield subject.complain(
            "translation", (*place, "ko"), "ko holds no Korean.", "Write it in Korean."
        )


def _headings(text: str) -> list[str]:
    return re.findall(r"^#+", text, re.MULTILINE)
