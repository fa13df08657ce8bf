from pathlib import Path

import pytest
from babel.messages import Catalog
from django.conf import settings

from web.ops.catalogues import catalogue_files, collect_messages, compile_catalogues, read_catalogue

KOREAN = Path(settings.ROOT) / "web/locale/ko/LC_MESSAGES/django.po"


@pytest.fixture(scope="module")
def korean() -> Catalog:
    return read_catalogue(KOREAN)


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return collect_messages()


def keys(catalogue: Catalog) -> set[object]:
    return {(message.id, message.context) for message in catalogue if message.id}


def test_no_string_is_untranslated_or_fuzzy(korean: Catalog) -> None:
    open_ones = [
        message.id
        for message in korean
        if message.id and (message.fuzzy or not all(_forms(message.string)))
    ]
    assert open_ones == []


@pytest.mark.parametrize("file", catalogue_files(), ids=lambda file: file.parts[-3])
def test_the_catalogue_holds_the_words_of_the_code_and_no_others(
    file: Path, wanted: Catalog
) -> None:
    """Refresh it with: python manage.py catalogues"""
    assert keys(read_catalogue(file)) == keys(wanted)


def test_placeholders_survive_translation(korean: Catalog) -> None:
    for message in korean:
        if message.id:
            assert not list(message.check(korean)), message.id


def test_what_was_left_out_of_a_template_would_be_noticed(wanted: Catalog) -> None:
    found = {message.id for message in wanted}
    assert "Skip to the content" in found  # translate
    assert "about %(minutes)s min" in found  # blocktranslate
    assert "compiling" in found  # lazy, Python


def test_korean_is_polite_and_warm(korean: Catalog) -> None:
    """해요체: sentences end in 요, never in 다."""
    for message in korean:
        for form in _forms(message.string):
            assert not form.rstrip(".!").endswith(("니다", "십시오", "한다")), form


def test_only_what_is_older_than_its_source_is_compiled(
    settings: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for language in ("ko", "en"):
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "django.po").write_bytes(KOREAN.read_bytes())
    settings.LOCALE_PATHS = [tmp_path]  # type: ignore[attr-defined]
    assert len(compile_catalogues()) == 2
    assert compile_catalogues() == []
    assert (tmp_path / "ko/LC_MESSAGES/django.mo").read_bytes()[:4] == b"\xde\x12\x04\x95"


def _forms(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, tuple | list) else (str(string),)
