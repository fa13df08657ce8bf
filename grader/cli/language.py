"""Which language a person reads here."""

import os
from collections.abc import Mapping
from typing import Literal, cast

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")


def choose_language(asked: str | None, environ: Mapping[str, str] = os.environ) -> Language:
    """What was asked for, else what the system speaks, else English."""
    if asked in LANGUAGES:
        return cast("Language", asked)
    for setting in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(setting):
            return "ko" if environ[setting].startswith("ko") else "en"
    return "en"
