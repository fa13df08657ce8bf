"""The words of one language: a table per code in `grader/words/<language>/*.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
# Parameters that may be a code of a cluster's error, or of what a port did.
REASONS = frozenset({"code", "error", "reason", "saw"})


class _Shown(dict[str, str]):
    """A parameter that was not given shows its name: words never fail."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


@dataclass(frozen=True)
class Lexicon:
    language: str
    tables: Mapping[str, Mapping[str, str]]

    def say(self, code: str, part: str = "message", /, **params: Any) -> str:
        """The sentence of a code. Without a message the code itself, without a part nothing."""
        template = self.tables.get(code, {}).get(part)
        if template is None:
            return code if part == "message" else ""
        shown = _Shown({name: self._shown(name, value) for name, value in params.items()})
        try:
            return template.format_map(shown)
        except (ValueError, LookupError, AttributeError):
            return template

    def _shown(self, name: str, value: Any) -> str:
        """A code among the parameters is put into words where there are any."""
        text = show(value)
        reason = self.tables.get(f"reason_{text}") if name in REASONS else None
        return reason["message"] if reason else text


def show(value: Any) -> str:
    """A parameter as people read it."""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(show(one) for one in value)
    return str(value)


@cache
def load_words(language: str) -> Lexicon:
    """English for every language that has no words of its own."""
    folder = FOLDER / language
    if language not in {"ko", "en"}:
        return load_words("en")
    tables: dict[str, Mapping[str, str]] = {}
    for file in sorted(folder.glob("*.toml")):
        tables |= tomllib.loads(file.read_text(encoding="utf-8"))
    return Lexicon(language, tables)


def diagnosis_codes() -> frozenset[str]:
    """Those that have words, which all of them do."""
    return frozenset(tomllib.loads((FOLDER / "en" / "diagnosis.toml").read_text(encoding="utf-8")))
