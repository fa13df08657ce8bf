"""A verdict as it is stored: codes and parameters, JSON. Read back it is the same verdict."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, cast

from grader.diagnosis.model import Diagnosis, Layer
from grader.evidence.reading import at, entries, mapping, number, strings, text
from grader.judge.verdict import Finding, TaskVerdict, Tri, Verdict

Severity = Literal["error", "warning", "waiting"]
SEVERITIES = ("error", "warning", "waiting")
VERDICTS = ("passed", "failed", "unknown")


def to_stored(verdict: Verdict) -> dict[str, Any]:
    return asdict(verdict)


def from_stored(json: Any) -> Verdict:
    """Total: what is ill-typed is empty, and a verdict that is none is unknown."""
    return Verdict(
        lab=text(json, "lab"),
        lab_version=text(json, "lab_version"),
        judge_version=text(json, "judge_version"),
        score=number(json, "score") or 0,
        open_points=number(json, "open_points") or 0,
        max_score=number(json, "max_score") or 0,
        verdict=_tri(json),
        tasks=tuple(_task(entry) for entry in entries(json, "tasks")),
        diagnoses=tuple(_diagnosis(entry) for entry in entries(json, "diagnoses")),
        evidence_hash=text(json, "evidence_hash"),
        started_at=text(json, "started_at"),
        duration_ms=number(json, "duration_ms") or 0,
        api_calls=number(json, "api_calls") or 0,
    )


def _task(entry: Mapping[str, Any]) -> TaskVerdict:
    return TaskVerdict(
        id=text(entry, "id"),
        verdict=_tri(entry),
        points=number(entry, "points") or 0,
        max_points=number(entry, "max_points") or 0,
        checks=tuple(_finding(check) for check in entries(entry, "checks")),
    )


def _finding(entry: Mapping[str, Any]) -> Finding:
    return Finding(
        verdict=_tri(entry),
        code=text(entry, "code"),
        params=mapping(entry, "params"),
        command=text(entry, "command"),
        evidence=strings(entry, "evidence"),
        id=text(entry, "id"),
    )


def _diagnosis(entry: Mapping[str, Any]) -> Diagnosis:
    layers = [layer for layer in Layer if layer == at(entry, "layer")]
    severity = text(entry, "severity")
    return Diagnosis(
        code=text(entry, "code"),
        layer=layers[0] if layers else Layer.BEHAVIOUR,
        severity=cast("Severity", severity if severity in SEVERITIES else "error"),
        pod=text(entry, "pod"),
        container=text(entry, "container"),
        params=mapping(entry, "params"),
        evidence=strings(entry, "evidence"),
        next=text(entry, "next"),
        consequences=tuple(_diagnosis(it) for it in entries(entry, "consequences")),
    )


def _tri(entry: Any) -> Tri:
    found = text(entry, "verdict")
    return cast("Tri", found if found in VERDICTS else "unknown")
