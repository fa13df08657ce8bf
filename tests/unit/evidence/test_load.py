"""Saved evidence reads back as it was; what is ill-typed in it is left out."""

import json
from typing import Any

from grader.evidence.load import DEEPEST, read_evidence
from grader.evidence.model import (
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

FULL = Evidence(
    lab="sidecar-logging",
    lab_version="0123456789ab",
    namespace="learner-1",
    started_at="2026-03-01T12:00:00Z",
    taken_at="2026-03-01T12:00:05Z",
    objects={"Pod": ({"metadata": {"name": "web"}},), "Service": ()},
    unseen={"Event": Trouble("forbidden", "no")},
    before={"uid": {"web": 2}},
    logs=(
        Log("web", "uid", "app", previous=True, lines=(LogLine("t", "x"),), cut=True),
        Log("web", "uid", "db", trouble=Trouble("timeout")),
    ),
    listening=(
        Listening("web", "uid", "app", (Listener("::", 80),)),
        Listening("web", "uid", "db", trouble=Trouble("no_shell")),
    ),
    probes={
        "flow": Transcript(
            "log_flow", (Step("t", "append", "web", "app", "x", ok=False, saw="y"),), {"seen": [1]}
        ),
        "page": Transcript("pod_http", trouble=Trouble("refused"), left_behind=("/x",)),
    },
    answers={"task": {"q": 1}},
    plan={"kinds": ["Pod"]},
    settled=False,
    cuts=(Cut("pods", "pages", 3),),
    api_calls=12,
    duration_ms=345,
)


def test_saved_evidence_reads_back_as_it_was() -> None:
    again = read_evidence(json.loads(json.dumps(FULL.to_json())))
    assert again == FULL
    assert again.hash() == FULL.hash()


def test_nothing_at_all_is_evidence_of_nothing() -> None:
    nothing: Any
    for nothing in (None, [], "x", 7, {}):
        assert read_evidence(nothing) == Evidence("", "", "", "", "")


def test_what_is_ill_typed_is_left_out() -> None:
    found = read_evidence(
        {
            "objects": {"Pod": [1, {"kind": "Pod"}], "Service": "none"},
            "unseen": {"Event": "because"},
            "logs": [{"lines": ["x", {"text": 1}], "trouble": "x"}, 5],
            "listening": [{"listeners": [{"port": "80"}, {"port": 81}]}],
            "probes": {"a": 1},
            "answers": {"task": "x"},
            "cuts": [{"bytes": "many"}],
            "settled": "yes",
            "schema": "one",
        }
    )
    assert found.objects == {"Pod": ({"kind": "Pod"},), "Service": ()}
    assert found.unseen == {"Event": Trouble("unreadable")}
    assert found.logs == (Log("", "", "", lines=(LogLine("", ""),)),)
    assert found.listening == (Listening("", "", "", (Listener("", 81),)),)
    assert found.probes == {"a": Transcript("")}
    assert found.answers == {"task": {}}
    assert found.cuts == (Cut("", "", 0),)
    assert (found.settled, found.schema) == (True, 1)


def test_what_is_nested_too_deep_is_cut_off() -> None:
    deep: object = "end"
    for _ in range(900):
        deep = {"a": [deep]}
    found = read_evidence({"objects": {"Pod": [deep]}, "plan": deep})
    assert len(found.hash()) == 64
    assert json.dumps(found.to_json()).count('"a"') <= 2 * DEEPEST
