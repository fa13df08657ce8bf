"""What pydantic found wrong, in an author's words: the place, what is wrong, what to write."""

import json
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from grader.catalog.source import LabError, Place, Source
from grader.catalog.suggestions import did_you_mean

UNIONS = (Union, types.UnionType)


def tell_mistakes(source: Source, model: type[BaseModel], error: ValidationError) -> LabError:
    """All mistakes of a file, misspelt keys first: they explain the missing ones."""
    found = sorted(
        error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden"
    )
    first, *others = (_mistake(source, model, one) for one in found)
    return LabError(first.file, first.line, first.message, tuple(others))


def _mistake(source: Source, model: type[BaseModel], error: Mapping[str, Any]) -> LabError:
    path: Place = error["loc"]
    place = source.real_place(path)
    if error["type"] == "missing":
        place = (*place, path[-1])
    name = ".".join(str(step) for step in place) or "the file"
    return source.error(path, f"{name}: {_say(source.file.name, model, error)}")


def _say(file: str, model: type[BaseModel], error: Mapping[str, Any]) -> str:
    path: Place = error["loc"]
    context = error.get("ctx", {})
    if error["type"] == "missing":
        return "is missing."
    if error["type"] == "extra_forbidden":
        known = known_keys(model, path[:-1])
        return f"is not a key of {file}; {did_you_mean(str(path[-1]), known)}"
    if error["type"] == "union_tag_invalid":
        kinds = [word.strip().strip("'") for word in context["expected_tags"].split(",")]
        return f"there is no kind “{context['tag']}”; {did_you_mean(context['tag'], kinds)}"
    if error["type"] == "union_tag_not_found":
        return "kind is missing: every one of them says which kind it is."
    if error["type"] == "string_type" and isinstance(error["input"], bool | int | float):
        shown = json.dumps(error["input"])
        return f"YAML reads {shown} here, and not a word: put it in quotes."
    message = str(error["msg"])
    return f"{message[:1].lower()}{message[1:]}."


def known_keys(model: type[BaseModel], path: Place) -> Iterable[str]:
    """The keys that may stand at `path`, which may name members of unions as pydantic does."""
    kinds: list[Any] = [model]
    for step in path:
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return [name for one in models for name in one.model_fields]


def _inside(kind: Any, step: int | str) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(step))
        if field is not None:
            return _unfold(field.annotation)
        tag = kind.model_fields.get("kind")
        return [kind] if tag and step in get_args(tag.annotation) else []
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        return _unfold(arguments[0])
    if get_origin(kind) is dict:
        return _unfold(arguments[1])
    return []


def _unfold(annotation: Any) -> list[Any]:
    """The plain types that an annotation allows."""
    if get_origin(annotation) is Annotated:
        return _unfold(get_args(annotation)[0])
    if get_origin(annotation) in UNIONS:
        return [kind for part in get_args(annotation) for kind in _unfold(part)]
    return [annotation]
