"""Looks into JSON of any shape and never fails: what is not there, or of another type, is empty."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Step = str | int
_NOTHING: Mapping[str, Any] = {}


def at(value: Any, *path: Step) -> Any:
    """What stands at the end of the path, or None."""
    for step in path:
        if isinstance(step, str) and isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list | tuple):
            value = value[step] if -len(value) <= step < len(value) else None
        else:
            return None
    return value


def text(value: Any, *path: Step, default: str = "") -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else default


def number(value: Any, *path: Step) -> int | None:
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def truth(value: Any, *path: Step) -> bool:
    return at(value, *path) is True


def mapping(value: Any, *path: Step) -> Mapping[str, Any]:
    """A mapping whose keys are all texts; others are no JSON and count as empty."""
    found = at(value, *path)
    if isinstance(found, Mapping) and all(isinstance(key, str) for key in found):
        return found
    return _NOTHING


def entries(value: Any, *path: Step) -> tuple[Mapping[str, Any], ...]:
    """The mappings of a list; whatever else is in it is left out."""
    return tuple(item for item in _items(value, *path) if isinstance(item, Mapping))


def strings(value: Any, *path: Step) -> tuple[str, ...]:
    return tuple(item for item in _items(value, *path) if isinstance(item, str))


def when(stamp: str) -> datetime | None:
    """A time of Kubernetes (RFC 3339, nanoseconds in logs), always with a zone."""
    try:
        moment = datetime.fromisoformat(stamp)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds_between(earlier: str, later: str) -> float | None:
    """None where one of the two is no time."""
    first, second = when(earlier), when(later)
    if first is None or second is None:
        return None
    return (second - first).total_seconds()


def _items(value: Any, *path: Step) -> tuple[Any, ...]:
    found = at(value, *path)
    return tuple(found) if isinstance(found, list | tuple) else ()
