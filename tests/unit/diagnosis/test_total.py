"""Nothing that evidence can hold stops a rule, and no order of it changes what is found."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.diagnosis import diagnose, engine
from grader.diagnosis.folding import fold
from grader.diagnosis.model import Diagnosis
from grader.diagnosis.scene import Scene
from grader.evidence.load import read_evidence
from tests.unit.diagnosis.world import CASES, Json, codes, lab_of, look_at, recorded

NAMES = sorted(path.stem for path in CASES.glob("*.json"))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**20), max_value=10**20),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "\x00", "\ud800", "web", "/", "0001-01-01T00:00:00Z", "9" * 5000]),
    st.lists(st.none() | st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2),
)


def places(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in JSON below the top."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in items:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from places(below, (*path, key))


def put(value: Json, path: tuple[Any, ...], new: Json) -> None:
    """Where an earlier change left nothing to step into, this one is left out."""
    for step in path[:-1]:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return
    if isinstance(value, dict) or (
        isinstance(value, list) and isinstance(path[-1], int) and path[-1] < len(value)
    ):
        value[path[-1]] = new


def shuffled(value: Json, order: random.Random) -> Json:
    """The lists of the API, the logs and the keys in another order; what is ordered stays so."""
    evidence = deepcopy(value)
    for found in (*evidence["objects"].values(), evidence["logs"], evidence["listening"]):
        order.shuffle(found)
    kinds = list(evidence["objects"].items())
    order.shuffle(kinds)
    evidence["objects"] = dict(kinds)
    return evidence


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(data=st.data())
def test_no_rule_raises_on_any_evidence(data: st.DataObject) -> None:
    """The rules themselves, without the net below them."""
    evidence = recorded(data.draw(st.sampled_from(NAMES)))
    definition = lab_of(evidence)
    below = list(places({"objects": evidence["objects"], "logs": evidence["logs"]}))
    for path in data.draw(st.lists(st.sampled_from(below), min_size=1, max_size=6)):
        put(evidence, path, data.draw(ODD))
    scene = Scene(definition, read_evidence(evidence))
    found = fold([cause for rule in engine.RULES for cause in rule(scene)])
    json.dumps([dict(cause.params) for cause in found])


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_lists_says_nothing(name: str) -> None:
    evidence = recorded(name)
    definition = lab_of(evidence)
    first = diagnose(definition, read_evidence(evidence))
    for seed in range(3):
        other = shuffled(evidence, random.Random(seed))  # noqa: S311
        assert diagnose(definition, read_evidence(other)) == first


def test_the_order_of_plain_containers_says_nothing() -> None:
    def turned_round(evidence: Json) -> None:
        for pod in evidence["objects"]["Pod"]:
            pod["spec"]["containers"].reverse()
            pod["status"]["containerStatuses"].reverse()

    for name in ("multi-dep", "tail-subfolder", "sleep-invalid", "port-taken"):
        assert look_at(name, edit=turned_round) == look_at(name)


def test_a_rule_that_stumbles_hides_neither_its_own_findings_nor_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = list(engine.RULES)

    def stumbling(scene: Scene) -> Iterator[Diagnosis]:
        yield from rules[0](scene)
        raise RecursionError("too deep")

    def broken(_scene: Scene) -> Iterator[Diagnosis]:
        raise KeyError("nothing here")

    monkeypatch.setattr(engine, "RULES", (stumbling, broken, *rules[1:]))
    assert codes(look_at("near-name")) == ["workload_misnamed"]
    assert codes(look_at("crashes")) == ["exits"]


def test_evidence_that_is_no_evidence_at_all_gives_an_answer() -> None:
    definition = lab_of(recorded("healthy"))
    odd_ones: tuple[Json, ...] = (None, 3, [], "text", {"objects": {"Pod": [{"spec": 1}]}})
    for odd in odd_ones:
        assert diagnose(definition, read_evidence(odd)) == ()
