"""Translation catalogues without GNU gettext: collecting, comparing and compiling in Python.

Only what is needed is imported where it is needed: `prepare` runs at every start.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from babel.messages import Catalog

# The argument positions are ours to interpret; Babel only needs the names.
PYTHON_KEYWORDS: dict[str, None] = dict.fromkeys(
    (
        *("gettext", "gettext_lazy", "_", "pgettext", "pgettext_lazy"),
        *("ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy"),
    )
)
HEADER = "# Podlab, {language}. Refreshed by `python manage.py catalogues`."


def catalogue_files() -> list[Path]:
    return [
        Path(root) / language / "LC_MESSAGES" / "django.po"
        for root in settings.LOCALE_PATHS
        for language, _name in settings.LANGUAGES
    ]


def compile_catalogues() -> list[Path]:
    """Compiles what is older than its source; returns what was compiled."""
    stale = [file for file in catalogue_files() if _is_stale(file)]
    for file in stale:
        _compile(file)
    return stale


def update_catalogues() -> list[Path]:
    """Brings the catalogues in line with the words in the code; translations are kept."""
    from babel.messages.pofile import write_po  # noqa: PLC0415 - see the module's docstring

    wanted = collect_messages()
    for file in catalogue_files():
        catalogue = read_catalogue(file)
        catalogue.update(wanted, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.header_comment = HEADER.format(language=file.parts[-3])
        buffer = BytesIO()
        write_po(buffer, catalogue, width=100, sort_by_file=True, include_lineno=False)
        file.write_bytes(_without_dates(buffer.getvalue()))
    return catalogue_files()


def collect_messages() -> "Catalog":
    """Every string of the code that is to be translated, with its place."""
    from babel.messages import Catalog  # noqa: PLC0415 - see the module's docstring
    from babel.messages.extract import extract_python  # noqa: PLC0415

    catalogue = Catalog(project="Podlab", charset="utf-8")
    for file, source in _sources():
        found = extract_python(BytesIO(source.encode()), PYTHON_KEYWORDS, [], {})
        for line, function, messages, _comments in found:
            _add(catalogue, str(function), messages, (str(file), line))
    return catalogue


def read_catalogue(file: Path) -> "Catalog":
    from babel.messages.pofile import read_po  # noqa: PLC0415 - see the module's docstring

    with file.open("rb") as stream:
        return read_po(stream, locale=file.parts[-3], domain="django", abort_invalid=True)


def _sources() -> Iterator[tuple[Path, str]]:
    from django.utils.translation.template import templatize  # noqa: PLC0415

    root = Path(settings.ROOT)
    for file in sorted((root / "web").rglob("*.py")):
        yield file.relative_to(root), file.read_text(encoding="utf-8")
    for file in sorted((root / "web" / "templates").rglob("*.html")):
        text = templatize(file.read_text(encoding="utf-8"), origin=str(file))
        # The indentation of HTML is none of Python.
        yield file.relative_to(root), "\n".join(line.strip() for line in text.splitlines())


def _add(catalogue: "Catalog", function: str, messages: object, place: tuple[str, int]) -> None:
    words = [word for word in (messages if isinstance(messages, tuple) else (messages,)) if word]
    context = words.pop(0) if "pgettext" in function and words else None
    if words:
        message = tuple(words[:2]) if function.startswith("n") else words[0]
        catalogue.add(message, locations=[place], context=context)


def _is_stale(file: Path) -> bool:
    compiled = file.with_suffix(".mo")
    if not compiled.exists():
        return True
    return compiled.stat().st_mtime_ns < file.stat().st_mtime_ns


def _compile(file: Path) -> None:
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - see the module's docstring

    temporary = file.with_suffix(".mo.new")
    with temporary.open("wb") as stream:
        write_mo(stream, read_catalogue(file))
    temporary.replace(file.with_suffix(".mo"))


def _without_dates(content: bytes) -> bytes:
    """A date that changes with every run would make every run a change."""
    return re.sub(
        rb'^"(POT-Creation-Date|PO-Revision-Date): .*\n', b"", content, flags=re.MULTILINE
    )
