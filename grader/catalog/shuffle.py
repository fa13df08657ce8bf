"""An order of choices that differs between learners and stays the same for each of them."""

import hashlib
from collections.abc import Iterable

from grader.catalog.questions import Choice


def shuffled(choices: Iterable[Choice], seed: str) -> tuple[Choice, ...]:
    """By hash: no generator whose sequence another version of Python might change."""
    return tuple(sorted(choices, key=lambda choice: _place(seed, choice.value)))


def _place(seed: str, value: str) -> bytes:
    return hashlib.sha256(f"{len(seed)}:{seed}:{value}".encode("utf-8", "surrogatepass")).digest()
