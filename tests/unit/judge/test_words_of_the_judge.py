"""Every code that the judge can say has words in both languages, about the same things."""

import re
import string
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
WORDS = ROOT / "grader" / "words"
SOURCES = sorted((ROOT / "grader" / "judge").rglob("*.py"))
ACTIVE = {
    "service_answers",
    "pod_answers",
    "log_flows",
    "banner_seen",
    "exposition",
    "live_sample_seen",
    "redis_answers",
    "redis_relayed",
    "fresh_line_seen",
    "transcripts",
}
# What stands in quotes after a verdict, or is handed to a helper that fails with it.
SAID = re.compile(r'"(?:passed|failed|unknown)",\s+"([a-z_]+)"|_failed\(\s*"([a-z_]+)"')
CHOSEN = re.compile(r'(?:code = |Finding\(\s*"failed",\s+)"([a-z_]+)" if [^"]+ else "([a-z_]+)"')


def words(language: str, file: str = "judge") -> dict[str, dict[str, str]]:
    return tomllib.loads((WORDS / language / f"{file}.toml").read_text(encoding="utf-8"))


def codes() -> set[str]:
    texts = [file.read_text() for file in SOURCES if file.stem not in ACTIVE]
    found = [it for text in texts for it in (*SAID.findall(text), *CHOSEN.findall(text))]
    return {code for pair in found for code in pair if code} - {"passed", "failed", "unknown"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_has_words_and_every_word_is_said() -> None:
    assert codes() == set(words("en"))


def test_both_languages_say_the_same_codes() -> None:
    assert list(words("ko")) == list(words("en"))


@pytest.mark.parametrize("code", sorted(words("en")))
def test_both_languages_speak_of_the_same_things(code: str) -> None:
    english, korean = words("en")[code], words("ko")[code]
    assert set(english) == set(korean)
    for part, text in english.items():
        assert placeholders(text) == placeholders(korean[part]), part


def test_no_code_is_said_by_two_files() -> None:
    files = sorted((WORDS / "en").glob("*.toml"))
    said = [code for file in files for code in words("en", file.stem)]
    assert sorted(said) == sorted(set(said))


@pytest.mark.parametrize("code", sorted(words("ko")))
def test_no_korean_particle_leans_on_a_placeholder(code: str) -> None:
    """이/가, 은/는, 을/를 depend on the last sound of what stands there, which nobody knows."""
    leaning = re.compile(r"\}[`”]?(?:이|가|은|는|을|를|와|과|으로|로|이에요|예요)(?![가-힣])")
    found = [text for text in words("ko")[code].values() if leaning.search(text)]
    assert found == []
