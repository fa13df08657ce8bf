"""What the commands say has words, and all of those words are said."""

import re
import tomllib
from pathlib import Path

from grader.catalog.questions import AnyQuestion
from grader.words.lexicon import FOLDER
from tests.unit.catalog.test_docs import kinds

CLI = Path(__file__).resolve().parents[3] / "grader" / "cli"


def test_the_words_of_the_commands_are_those_that_are_said() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in CLI.rglob("*.py"))
    said = set(re.findall(r"[\"']((?:cli|preview)_[a-z_]+)[\"']", source))
    said |= {f"preview_{kind}" for kind in kinds(AnyQuestion)}
    written = {
        code
        for name in ("cli.toml", "preview.toml")
        for code in tomllib.loads((FOLDER / "en" / name).read_text(encoding="utf-8"))
    }
    assert said == written
