import json
from dataclasses import replace

import jsonschema
import pytest

from grader.catalog.checks import Condition
from grader.catalog.words import Localised
from grader.judge.verdict import Finding, TaskVerdict
from grader.words.json_schema import FILE, schema_text
from grader.words.render import render
from tests.verdicts import HOSTILE, crash, failing_finding, full_verdict, mixed_verdict, sidecar_lab


def test_the_committed_schema_is_current() -> None:
    """Refresh it with: python -m grader.words.json_schema"""
    assert FILE.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_real_output_fits_the_schema(language: str) -> None:
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    for verdict in (mixed_verdict(crash()), full_verdict()):
        report = render(verdict, sidecar_lab().definition, language)
        jsonschema.validate(json.loads(json.dumps(report.to_json())), schema)


def test_a_report_has_the_keys_of_the_contract() -> None:
    report = render(mixed_verdict(crash()), sidecar_lab().definition, "en").to_json()
    assert list(report) == [
        *("schema", "lab", "lab_version", "judge_version", "score", "open_points", "max_score"),
        *("verdict", "tasks", "diagnoses", "evidence_hash", "started_at", "duration_ms"),
        "api_calls",
    ]
    assert set(report["tasks"][0]) == {"id", "title", "verdict", "points", "max_points", "checks"}
    assert set(report["tasks"][0]["checks"][0]) == {
        *("id", "verdict", "code", "message", "expected", "observed", "command", "evidence")
    }
    assert set(report["diagnoses"][0]) == {
        *("code", "severity", "pod", "container", "message", "detail", "next", "evidence"),
        "consequences",
    }


def test_titles_are_of_the_language() -> None:
    definition = sidecar_lab().definition
    korean, english = (render(full_verdict(), definition, one) for one in ("ko", "en"))
    assert korean.tasks[0].title == definition.tasks[0].title.ko
    assert english.tasks[0].title == definition.tasks[0].title.en


def test_a_task_that_the_lab_no_longer_has_shows_its_id() -> None:
    report = render(mixed_verdict(), sidecar_lab().definition, "en")
    assert report.tasks[3].title == "quiz"


def test_a_condition_speaks_in_its_authors_words() -> None:
    condition = Condition(
        id="read-only",
        kind="condition",
        expression="true",
        expected=Localised(ko="그래야 해요", en="It should be so"),
        otherwise=Localised(ko="그렇지 않아요", en="It is not so"),
        field="spec.replicas",
    )
    definition = sidecar_lab().definition
    task = definition.tasks[2].model_copy(update={"id": "read-only", "checks": (condition,)})
    definition = definition.model_copy(update={"tasks": (task,)})
    found = failing_finding(code="condition_not_met")
    verdict = TaskVerdict("read-only", "failed", 0, 15, (found,))
    whole = mixed_verdict()
    (check,) = (
        render(type(whole)(**{**vars(whole), "tasks": (verdict,)}), definition, "ko")
        .tasks[0]
        .checks
    )
    assert (check.message, check.expected) == ("그렇지 않아요", "그래야 해요")


def test_hostile_parameters_come_through_as_text() -> None:
    found = Finding("failed", "code", {"container": HOSTILE}, evidence=(HOSTILE,), id="x")
    whole = mixed_verdict()
    task = TaskVerdict("workload", "failed", 0, 15, (found,))
    report = render(
        type(whole)(**{**vars(whole), "tasks": (task,)}), sidecar_lab().definition, "en"
    )
    assert json.loads(json.dumps(report.to_json()))["tasks"][0]["checks"][0]["evidence"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "`web-fixed` or `web`"), ("ko", "`web-fixed` 또는 `web`")]
)
def test_a_workload_of_several_names_is_missing_under_all_of_them(
    language: str, words: str
) -> None:
    params = {"kind": "Deployment", "name": "web-fixed", "also": ["web"]}
    found = replace(failing_finding(), code="workload_missing", params=params)
    task = TaskVerdict("workload", "failed", 0, 15, (found,))
    report = render(replace(full_verdict(), tasks=(task,)), sidecar_lab().definition, language)
    assert words in report.tasks[0].checks[0].message
    assert words in report.tasks[0].checks[0].expected


def test_a_start_that_is_awaited_says_of_which_container_and_for_how_long() -> None:
    params = {"because": "waits_for_restart", "container": "proxy", "seconds": 15}
    found = replace(failing_finding(), code="still_starting", params=params)
    task = TaskVerdict("workload", "failed", 0, 15, (found,))
    report = render(replace(full_verdict(), tasks=(task,)), sidecar_lab().definition, "en")
    assert report.tasks[0].checks[0].message.startswith("Container `proxy` waits 15 s")
