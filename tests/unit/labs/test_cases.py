"""Stored runs of our labs: the judge says today what it said when they were recorded."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import Lab, load_lab
from grader.catalog.folders import read_proofs
from grader.catalog.loader import lab_folders
from grader.cli.verify.cases import LARGEST_CASE
from grader.cli.verify.promise import differences
from grader.evidence.load import read_evidence
from grader.judge.engine import judge
from grader.judge.verdict import Verdict
from grader.words.render import render

LABS = Path(__file__).resolve().parents[3] / "labs"
FOLDERS = lab_folders(LABS)
PROOFS = [(folder, proof) for folder in FOLDERS for proof in read_proofs(folder)]
CASES = sorted(LABS.glob("*/cases/*.json"))
# They say by which rules it was judged, not how.
VERSIONS = ("lab_version", "judge_version")

each_case = pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parts[-3]}/{file.stem}")


@pytest.fixture(scope="module")
def labs() -> dict[str, Lab]:
    return {folder.name: load_lab(folder) for folder in FOLDERS}


def stored(file: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return case


def as_stored(verdict: Verdict) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(verdict)))
    return {key: value for key, value in plain.items() if key not in VERSIONS}


@each_case
def test_a_stored_case_is_judged_as_it_was(file: Path, labs: dict[str, Lab]) -> None:
    """When a rule changed on purpose: manage.py labs verify LAB --record"""
    case = stored(file)
    verdict = judge(labs[file.parts[-3]], read_evidence(case["evidence"]))
    expected = {key: value for key, value in case["verdict"].items() if key not in VERSIONS}
    assert as_stored(verdict) == expected


@each_case
def test_evidence_that_was_stored_is_read_back_whole(file: Path) -> None:
    case = stored(file)
    evidence = read_evidence(case["evidence"])
    assert json.loads(json.dumps(evidence.to_json())) == case["evidence"]
    assert evidence.hash() == case["verdict"]["evidence_hash"]


@each_case
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_code_of_a_stored_case_has_words(
    file: Path, language: str, labs: dict[str, Lab]
) -> None:
    lab = labs[file.parts[-3]]
    report = render(judge(lab, read_evidence(stored(file)["evidence"])), lab.definition, language)
    said = [(one.code, one.message) for task in report.tasks for one in task.checks]
    said += [(one.code, one.message) for one in report.diagnoses]
    for code, message in said:
        assert message != code
        assert "{" not in message.replace("${", ""), code
    assert all(one.detail for one in report.diagnoses)


@each_case
def test_a_case_is_small(file: Path) -> None:
    assert file.stat().st_size <= LARGEST_CASE


@pytest.mark.parametrize(
    ("folder", "proof"),
    PROOFS,
    ids=lambda value: getattr(value, "title", getattr(value, "name", "")),
)
def test_every_run_has_a_case_that_keeps_its_promise(
    folder: Path, proof: Any, labs: dict[str, Lab]
) -> None:
    """Where one is missing: manage.py labs verify LAB --only NAME --record"""
    assert proof.case.is_file(), f"{proof.title} was never recorded"
    lab = labs[folder.name]
    verdict = judge(lab, read_evidence(stored(proof.case)["evidence"]))
    assert [one.message for one in differences(proof, lab.definition, verdict)] == []


def test_no_case_is_left_of_a_run_that_is_gone() -> None:
    known = {proof.case for _, proof in PROOFS}
    assert [file for file in CASES if file not in known] == []
