"""Typed readers of environment variables.

A setting that cannot be understood stops the program with one sentence: which setting, what it
holds and what to write. Secrets are never repeated in such a sentence.
"""

import os
from collections.abc import Collection
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


def envtext(name: str, default: str = "") -> str:
    """An empty variable counts as unset: compose files pass unset ones on as empty."""
    return os.environ.get(name, "").strip() or default


def envbool(name: str, *, default: bool) -> bool:
    word = envtext(name).lower()
    if not word:
        return default
    if word in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS
    raise ImproperlyConfigured(
        f"{name} is “{word}”: write {name}=true or {name}=false, or leave it out "
        f"(then it is {str(default).lower()})."
    )


def envint(name: str, *, default: int, low: int, high: int) -> int:
    word = envtext(name)
    if not word:
        return default
    if word.isascii() and word.isdigit() and low <= int(word) <= high:
        return int(word)
    raise ImproperlyConfigured(
        f"{name} is “{word}”: write a whole number from {low} to {high}, such as {name}={default}."
    )


def envchoice(name: str, choices: Collection[str], *, default: str) -> str:
    word = envtext(name, default)
    if word in choices:
        return word
    raise ImproperlyConfigured(
        f"{name} is “{word}”: write one of {', '.join(sorted(choices))}, such as {name}={default}."
    )


def envlist(name: str, *, default: list[str]) -> list[str]:
    """Comma-separated words."""
    words = [word.strip() for word in envtext(name).split(",")]
    return [word for word in words if word] or default


def envsecret(name: str, default: str = "") -> str:
    """The variable, or the content of the file that NAME_FILE names."""
    file = envtext(f"{name}_FILE")
    if not file:
        return envtext(name, default)
    if envtext(name):
        raise ImproperlyConfigured(
            f"Both {name} and {name}_FILE are set: keep one of them and remove the other."
        )
    return read_secret(file, setting=f"{name}_FILE")


def read_secret(file: str | Path, *, setting: str) -> str:
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ImproperlyConfigured(
            f"{setting} names {file}, which cannot be read ({reason}): "
            "write the path of a text file that this user may read."
        ) from error
    if not secret:
        raise ImproperlyConfigured(f"{setting} names {file}, which is empty: put the secret there.")
    return secret
