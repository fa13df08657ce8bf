"""Which fresh lines count: those that fit, unless they tell of an error."""

from pathlib import Path
from typing import Any

import pytest

from grader.kube.probes import run_probe
from tests.unit.judge.labs import lab_with, standing
from tests.unit.kube.small_cluster import SmallClient, scene_of


def facts(log: Path, **words: str) -> dict[str, Any]:
    probe = {"kind": "fresh_line", "role": "reader", "within": 0.3, **words}
    lab = lab_with({"kind": "ready", "roles": ["reader"]}, probes={"line": probe})
    scene = scene_of(standing(), lab, SmallClient(logs={"shipper": log}))
    return dict(run_probe(lab.probes["line"], scene).facts)


@pytest.mark.parametrize(("unless", "seen"), [(r"\bno\b", False), (r"\bnever\b", True)])
def test_a_line_that_tells_of_an_error_does_not_count_whatever_else_it_says(
    tmp_path: Path, unless: str, seen: bool
) -> None:
    log = tmp_path / "log"
    log.write_text("2026-03-01T12:00:00Z no PONG\n")
    found = facts(log, fits="PONG", unless=unless)
    assert (found["seen"], found["last"]) == (seen, ["no PONG"])
