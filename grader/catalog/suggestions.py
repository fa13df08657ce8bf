"""“Did you mean …?”"""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a person most likely meant."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to write instead, as the end of a sentence."""
    names = sorted(set(known))
    near = nearest(word, names)
    if near:
        return f"did you mean “{near}”?"
    if not names:
        return "none is declared."
    return f"there is {', '.join(names)}."
