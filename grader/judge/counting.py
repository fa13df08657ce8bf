"""Whether lines count: their numbers rise by one and the same step; one wrap-around is fine."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

# So many of the last numbers have to fit, where there are so many.
LOOKED_AT = 6
# A date before the count and a sum after it leave it among the first or the last of its line.
MOST_PLACES = 6
_CLOCK = re.compile(r"\d{4}-\d\d-\d\d[T ]?|\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?")
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,18}(?![\w.]*\w)")


def numbers_of(text: str) -> tuple[int, ...]:
    """The numbers of a line; the time of day is none, it grows by itself."""
    return tuple(int(found) for found in _NUMBER.findall(_CLOCK.sub(" ", text)))


def counts(lines: Sequence[str], at_least: int) -> bool:
    """Lines without a number are passed over; of the others the last ones have to rise."""
    # Backwards: a long log has its last numbers at its end.
    found = (numbers for line in reversed(lines) if (numbers := numbers_of(line)))
    tail = [numbers for numbers, _ in zip(found, range(LOOKED_AT), strict=False)][::-1]
    return any(_rises(column, at_least) for column in _columns(tail))


def _columns(tail: Sequence[tuple[int, ...]]) -> Iterator[list[int]]:
    """What may be the count: any number of each line, told by its place from either end."""
    places = min((len(numbers) for numbers in tail), default=0)
    for place in range(min(places, MOST_PLACES)):
        yield [numbers[place] for numbers in tail]
        yield [numbers[-1 - place] for numbers in tail]


def _rises(numbers: Sequence[int], at_least: int) -> bool:
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    rises = [step for step in steps if step > 0]
    wraps = len(steps) - len(rises)
    falls = [step for step in steps if step < 0]
    return len(falls) == wraps <= 1 and len(rises) >= at_least - 1 and len(set(rises)) == 1
