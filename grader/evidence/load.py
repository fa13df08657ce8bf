"""Evidence from JSON: total. What is ill-typed is left out, so that the judge never meets it."""

from collections.abc import Mapping
from typing import Any

from grader.evidence.model import (
    SCHEMA,
    Cut,
    Evidence,
    Listener,
    Listening,
    Log,
    LogLine,
    Step,
    Transcript,
    Trouble,
)
from grader.evidence.reading import at, entries, mapping, number, strings, text, truth

# Deeper than anything of Kubernetes; what follows may walk it by recursion.
DEEPEST = 64


def read_evidence(json: Any) -> Evidence:
    json = _pruned(json, DEEPEST)
    return Evidence(
        lab=text(json, "lab"),
        lab_version=text(json, "lab_version"),
        namespace=text(json, "namespace"),
        started_at=text(json, "started_at"),
        taken_at=text(json, "taken_at"),
        objects={kind: entries(found) for kind, found in mapping(json, "objects").items()},
        unseen=_troubles(mapping(json, "unseen")),
        before=mapping(json, "before"),
        logs=tuple(_log(entry) for entry in entries(json, "logs")),
        listening=tuple(_listening(entry) for entry in entries(json, "listening")),
        probes={key: _transcript(found) for key, found in mapping(json, "probes").items()},
        answers={task: mapping(given) for task, given in mapping(json, "answers").items()},
        plan=mapping(json, "plan"),
        settled=at(json, "settled") is not False,
        cuts=tuple(_cut(entry) for entry in entries(json, "cuts")),
        api_calls=number(json, "api_calls") or 0,
        duration_ms=number(json, "duration_ms") or 0,
        schema=number(json, "schema") or SCHEMA,
    )


def _pruned(value: Any, depth: int) -> Any:
    """A copy of it in which nothing is nested deeper than so."""
    if isinstance(value, Mapping):
        return {key: _pruned(it, depth - 1) for key, it in value.items()} if depth else None
    if isinstance(value, list | tuple):
        return [_pruned(it, depth - 1) for it in value] if depth else None
    return value


def _troubles(found: Mapping[str, Any]) -> dict[str, Trouble]:
    return {kind: _trouble(entry) or Trouble("unreadable") for kind, entry in found.items()}


def _trouble(entry: Any) -> Trouble | None:
    code = text(entry, "code")
    return Trouble(code, text(entry, "detail")) if code else None


def _log(entry: Any) -> Log:
    lines = (LogLine(text(line, "at"), text(line, "text")) for line in entries(entry, "lines"))
    return Log(
        pod=text(entry, "pod"),
        uid=text(entry, "uid"),
        container=text(entry, "container"),
        previous=truth(entry, "previous"),
        lines=tuple(lines),
        cut=truth(entry, "cut"),
        trouble=_trouble(at(entry, "trouble")),
    )


def _listening(entry: Any) -> Listening:
    found = ((text(it, "address"), number(it, "port")) for it in entries(entry, "listeners"))
    return Listening(
        pod=text(entry, "pod"),
        uid=text(entry, "uid"),
        container=text(entry, "container"),
        listeners=tuple(Listener(address, port) for address, port in found if port is not None),
        trouble=_trouble(at(entry, "trouble")),
    )


def _transcript(entry: Any) -> Transcript:
    return Transcript(
        kind=text(entry, "kind"),
        steps=tuple(_step(step) for step in entries(entry, "steps")),
        facts=mapping(entry, "facts"),
        trouble=_trouble(at(entry, "trouble")),
        left_behind=strings(entry, "left_behind"),
    )


def _step(entry: Any) -> Step:
    return Step(
        at=text(entry, "at"),
        action=text(entry, "action"),
        pod=text(entry, "pod"),
        container=text(entry, "container"),
        target=text(entry, "target"),
        ok=at(entry, "ok") is not False,
        saw=text(entry, "saw"),
    )


def _cut(entry: Any) -> Cut:
    return Cut(text(entry, "what"), text(entry, "why"), number(entry, "bytes") or 0)
