"""docs/verdicts.md: every code that a check can give, from the words themselves.

Refresh the committed file with `python -m grader.words.document`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.words.lexicon import FOLDER

FILE = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
HEAD = """# Codes of verdicts

Made from the words in `grader/words/` by `python -m grader.words.document`; a test says whether
it is current. A verdict is stored as codes and parameters (`{like_this}`); the sentences are made
when it is read. The causes that stand beside the checks are in [diagnoses.md](diagnoses.md), the
JSON in [grading.md](grading.md)."""
CHAPTERS = {
    "judge.toml": "Checks and questions that are judged from the objects and logs",
    "probes.toml": "Checks that rest on a probe",
}


def document() -> str:
    return "\n\n".join([HEAD, *_chapters()]) + "\n"


def _chapters() -> Iterator[str]:
    for name, title in CHAPTERS.items():
        korean, english = (_tables(language, name) for language in ("ko", "en"))
        yield f"## {title}"
        for code in sorted(english):
            yield "\n".join(_entry(code, english[code], korean.get(code, {})))


def _entry(code: str, english: Mapping[str, str], korean: Mapping[str, str]) -> Iterator[str]:
    yield f"### `{code}`"
    yield ""
    yield f"{english['message']} · {korean.get('message', '')}"
    for part in english:
        if part != "message":
            yield f"- {part}: {english[part]} · {korean.get(part, '')}"


def _tables(language: str, name: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((FOLDER / language / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
