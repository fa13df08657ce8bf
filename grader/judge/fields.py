"""What stands at a path of an object, in the few words that fit beside the path."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = "not set"
LONGEST = 200
# What tells one entry of a list from another, where its whole would be too much.
TELLING = ("containerPort", "port", "name")


def value_at(value: Any, path: str) -> Any:
    """`ports[].containerPort` gives a list. None where nothing stands there."""
    step, _, rest = path.lstrip(".").partition(".")
    if not step:
        return value
    name, bracket, _ = step.partition("[")
    found = value.get(name) if isinstance(value, Mapping) else None
    if not bracket or not isinstance(found, list):
        return value_at(found, rest)
    return [value_at(entry, rest) for entry in found]


def tell_value(value: Any) -> str:
    text = _brief(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _brief(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_entry(one) for one in value)}]"
    return str(value) if isinstance(value, str) else json.dumps(value)


def _entry(value: Any) -> str:
    if isinstance(value, Mapping):
        if "type" in value and "status" in value:
            return f"{value['type']}={value['status']}"
        telling = [str(value[key]) for key in TELLING if key in value]
        if telling:
            return telling[0]
    return _brief(value)
