import re
import string
import tomllib
from pathlib import Path

import pytest

from grader.words.lexicon import FOLDER, Lexicon, load_words

FILES = sorted(file.name for file in (FOLDER / "en").glob("*.toml"))
PARTS = {"message", "expected", "observed", "detail"}
# Whether 은 or 는, 이 or 가 … is right depends on the last sound of what will stand there.
PARTICLE = re.compile(
    r"\}[`”\"']?(?:은|는|이|가|을|를|과|와|으로|로|이라|라|이에요|예요)(?=[\s.,:;)]|$)"
)

each_file = pytest.mark.parametrize("name", FILES)
each_language = pytest.mark.parametrize("language", ["ko", "en"])


def tables(language: str, name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / language / name).read_text(encoding="utf-8"))


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def words(**parts: str) -> Lexicon:
    return Lexicon("en", {"code": parts})


def test_a_code_becomes_its_sentence() -> None:
    assert words(message="{pod} has {ports}.").say("code", pod="web", ports=[80, 443]) == (
        "web has 80, 443."
    )


def test_a_code_without_words_shows_itself_and_its_parts_are_empty() -> None:
    assert words().say("no_such_code") == "no_such_code"
    assert words().say("no_such_code", "expected") == ""


def test_a_parameter_that_is_missing_shows_its_name() -> None:
    assert words(message="{pod} has {ports}.").say("code", pod="web") == "web has {ports}."


@pytest.mark.parametrize("template", ["{", "{}", "{0}", "{pod.x}", "{pod!z}", "{pod:q}"])
def test_a_broken_template_is_shown_and_never_raises(template: str) -> None:
    assert isinstance(words(message=template).say("code", pod="web"), str)


def test_parameters_may_be_called_like_anything() -> None:
    assert words(message="{code} {part} {self}").say("code", code=1, part=2, self=3) == "1 2 3"


def test_braces_in_a_parameter_stay_braces() -> None:
    assert words(message="{log}").say("code", log="{pod} {0}") == "{pod} {0}"


def test_other_languages_read_english() -> None:
    assert load_words("fr") is load_words("en")
    assert load_words("../ko").language == "en"


def test_both_languages_have_the_same_files() -> None:
    assert sorted(file.name for file in (FOLDER / "ko").glob("*.toml")) == FILES


@each_file
def test_both_languages_have_the_same_codes_parts_and_parameters(name: str) -> None:
    shapes = [
        {
            (code, part, *sorted(names_in(text)))
            for code, parts in tables(language, name).items()
            for part, text in parts.items()
        }
        for language in ("ko", "en")
    ]
    assert shapes[0] ^ shapes[1] == set()


@each_language
def test_a_code_stands_in_one_file_only(language: str) -> None:
    codes = [code for name in FILES for code in tables(language, name)]
    assert sorted(codes) == sorted(set(codes))


@each_file
@each_language
def test_every_code_has_a_message_and_known_parts_only(language: str, name: str) -> None:
    for code, parts in tables(language, name).items():
        assert parts.get("message"), code
        # A variant of a part has its reason behind it: `message_waits_for_restart`.
        assert {part.partition("_")[0] for part in parts} <= PARTS, code


@each_file
def test_korean_is_korean_polite_and_warm(name: str) -> None:
    for code, parts in tables("ko", name).items():
        for text in parts.values():
            assert not re.search(r"(니다|십시오)[.\s]", text), code
            assert not PARTICLE.search(text), (code, text)


@each_file
def test_english_holds_no_korean(name: str) -> None:
    assert not re.search("[가-힣]", Path(FOLDER / "en" / name).read_text(encoding="utf-8"))


@each_language
def test_every_code_can_be_said_with_nothing_and_with_anything(language: str) -> None:
    lexicon = load_words(language)
    for code, parts in lexicon.tables.items():
        for part, template in parts.items():
            hostile = dict.fromkeys(names_in(template), "{x} \x00 \ud800 %s")
            assert lexicon.say(code, part)
            assert "{x} \x00" in lexicon.say(code, part, **hostile) or not hostile


@each_language
def test_a_code_among_the_parameters_is_put_into_words(language: str) -> None:
    lexicon = load_words(language)
    said = lexicon.say("probe_trouble", "observed", code="unreachable")
    assert said == lexicon.say("reason_unreachable")
    assert lexicon.say("probe_trouble", "observed", code="new") == "new"
    assert "refused" not in lexicon.say("relay_silent", "observed", pod="refused", saw="silent")
