"""Each code has words in both languages and a row in the docs."""

import ast
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).parents[3]
DIAGNOSIS = ROOT / "grader" / "diagnosis"
WORDS = {
    language: tomllib.loads(
        (ROOT / "grader" / "words" / language / "diagnosis.toml").read_text(encoding="utf-8")
    )
    for language in ("ko", "en")
}
DOCS = (ROOT / "docs" / "diagnoses.md").read_text(encoding="utf-8")
# What a rule hears and then gives a name of its own.
HEARD_ONLY = {"read_only"}


def texts_in_source() -> set[str]:
    found: set[str] = set()
    for file in DIAGNOSIS.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return found


def codes_in_source() -> set[str]:
    """First arguments of the makers of diagnoses, and the tables of codes."""
    found: set[str] = set()
    for file in DIAGNOSIS.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("of_"):
                first = node.args[0]
                branches = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                found |= {it.value for it in branches if isinstance(it, ast.Constant)}  # type: ignore[misc]
    return found


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_both_languages_have_words_for_the_same_codes() -> None:
    assert WORDS["ko"].keys() == WORDS["en"].keys()


def test_every_code_that_is_written_down_has_words() -> None:
    assert codes_in_source() - HEARD_ONLY <= WORDS["en"].keys()


def test_every_code_with_words_is_used() -> None:
    assert WORDS["en"].keys() <= texts_in_source()


@pytest.mark.parametrize("code", sorted(WORDS["en"]))
def test_a_code_says_what_was_seen_and_what_it_means_with_the_same_parameters(code: str) -> None:
    ko, en = WORDS["ko"][code], WORDS["en"][code]
    assert set(ko) == set(en)
    assert {"message", "detail"} <= set(en) <= {"message", "message_also", "detail"}
    for part in en:
        assert placeholders(ko[part]) == placeholders(en[part]), part


@pytest.mark.parametrize("code", sorted(WORDS["ko"]))
def test_no_korean_particle_depends_on_the_last_sound_of_a_parameter(code: str) -> None:
    """After a name that may end in any sound stands a noun, and the particle after that."""
    particle = re.compile(r"\}`?(?:이|가|은|는|을|를|과|와|으로|로|예요|이에요|인)(?![가-힣])")
    for part in WORDS["ko"][code].values():
        assert not particle.search(part), part


def test_the_docs_have_one_row_for_every_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCS, flags=re.MULTILINE)
    assert sorted(rows) == sorted(WORDS["en"])
