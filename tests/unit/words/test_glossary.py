"""docs/glossary.md: one word for one thing, and the sentences keep to it."""

import re
import tomllib
from pathlib import Path

import pytest

from grader.words.lexicon import FOLDER

GLOSSARY = Path(__file__).resolve().parents[3] / "docs" / "glossary.md"
FILES = sorted((FOLDER / "ko").glob("*.toml"))


def avoided() -> dict[str, str]:
    """The words that are not used, each with the one that is."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| word")
    ]
    return {word.strip(): row[0] for row in rows for word in row[2].split(",") if word.strip()}


def offences(text: str) -> list[str]:
    """At the start of a word: “플랫폼” holds no “랩”, “마이크로서비스” no “서비스”."""
    return [
        f"“{word}” instead of “{right}” in: {text}"
        for word, right in avoided().items()
        if re.search(word if word.startswith("보") else rf"(?<![가-힣]){word}", text)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_korean_words_are_those_of_the_glossary(file: Path) -> None:
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    sentences = [text for table in tables.values() for text in table.values()]
    assert [told for text in sentences for told in offences(text)] == []


@pytest.mark.parametrize("text", ["레이블을 비교해요", "`web` 서비스가 없어요", "다시 해 보세요"])
def test_another_word_is_found(text: str) -> None:
    assert len(offences(text)) == 1


@pytest.mark.parametrize("text", ["플랫폼이에요", "마이크로서비스예요", "살펴봐요"])
def test_a_word_inside_another_is_none(text: str) -> None:
    assert offences(text) == []
