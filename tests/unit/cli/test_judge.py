"""`manage.py judge`, from the command line to the exit code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from grader.cli import judge as command
from grader.evidence.plan import KINDS

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "grade.schema.json"
EMPTY = {
    "lab": "sidecar-logging",
    "lab_version": "1",
    "namespace": "alice",
    "started_at": "2026-01-01T00:00:00Z",
    "taken_at": "2026-01-01T00:00:00Z",
    "objects": {kind: [] for kind in KINDS},
}
UNSEEN = {
    **EMPTY,
    "objects": {},
    "unseen": {kind: {"code": "unreachable", "detail": "no route"} for kind in KINDS},
}
Judge = Callable[..., tuple[int, str, str]]


@pytest.fixture
def judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judge:
    def run(evidence: Any, *options: str, lab: str = "sidecar-logging") -> tuple[int, str, str]:
        file = tmp_path / "evidence.json"
        text = evidence if isinstance(evidence, str) else json.dumps(evidence)
        file.write_text(text, encoding="utf-8")
        code = command.main([lab, "--evidence", str(file), *options])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_an_empty_namespace_has_no_points_and_is_no_error(judge: Judge) -> None:
    code, out, err = judge(EMPTY)
    assert code == 1
    assert "0 of 100 points" in out
    assert err == ""


def test_what_could_not_be_seen_is_exit_3_and_no_zero(judge: Judge) -> None:
    code, out, _ = judge(UNSEEN, "--output", "json")
    report = json.loads(out)
    assert code == 3
    assert report["verdict"] == "unknown"
    assert report["open_points"] == 100


@pytest.mark.parametrize("language", ["ko", "en"])
def test_json_is_alone_on_standard_output_and_fits_the_schema(judge: Judge, language: str) -> None:
    _, out, err = judge(EMPTY, "--output", "json", "--language", language)
    jsonschema.validate(json.loads(out), json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert err == ""


def test_a_case_file_is_judged_as_well(judge: Judge) -> None:
    assert judge({"evidence": EMPTY, "verdict": {}})[0] == 1


def test_junit_parses(judge: Judge) -> None:
    _, out, _ = judge(EMPTY, "--output", "junit")
    suite = ET.fromstring(out).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert suite.get("failures") == suite.get("tests")


def test_a_pipe_gets_no_colours(judge: Judge) -> None:
    assert "\x1b" not in judge(EMPTY)[1]


@pytest.mark.parametrize("setting", ["LC_ALL", "LANG"])
def test_the_language_is_the_systems(
    judge: Judge, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(setting, "ko_KR.UTF-8")
    assert "100점 중 0점" in judge(EMPTY)[1]
    assert "0 of 100 points" in judge(EMPTY, "--language", "en")[1]


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "holds no evidence"),
        ("{}", "holds no evidence"),
        ('{"lab": 3}', "holds no evidence"),
        ('{"evidence": []}', "holds no evidence"),
        ({**EMPTY, "lab": "exporter"}, "was taken for the lab “exporter”"),
    ],
)
def test_evidence_that_is_none_is_one_sentence_and_exit_2(
    judge: Judge, evidence: Any, words: str
) -> None:
    code, out, err = judge(evidence)
    assert code == 2
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 2


def test_evidence_of_any_shape_is_judged_without_a_stack_trace(judge: Judge) -> None:
    nonsense = dict.fromkeys(EMPTY, 5) | {"lab": "sidecar-logging"}
    code, _, err = judge(nonsense)
    assert code in (1, 3)
    assert err == ""


def test_huge_evidence_is_not_read(judge: Judge) -> None:
    code, _, err = judge(" " * (16 * 1024 * 1024 + 1))
    assert code == 2
    assert "is larger than 16384 KiB" in err


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["sidecar-logging", "--evidence", "/no/such/file"]) == 2
    assert "/no/such/file cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lab", "words"),
    [
        ("sidecar-loging", "did you mean “sidecar-logging”?"),
        ("zzz", "there is ambassador"),
        ("./nowhere", "is not the folder of a lab"),
        ("../..", "is not the folder of a lab"),
        ("", "There is no lab “”"),
    ],
)
def test_an_unknown_lab_is_exit_2_with_the_nearest_name(judge: Judge, lab: str, words: str) -> None:
    code, _, err = judge(EMPTY, lab=lab)
    assert code == 2
    assert words in err
    assert len(err.splitlines()) == 2


def test_a_broken_lab_names_file_and_line(judge: Judge, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "lab.yaml").write_text("slug: mine\nordre: 3\n")
    code, _, err = judge(EMPTY, lab=str(folder))
    assert code == 2
    assert "lab.yaml:2: ordre: is not a key of lab.yaml; did you mean “order”?" in err
    assert "more like it" in err
    assert len(err.splitlines()) == 2


@pytest.mark.parametrize("arguments", [[], ["sidecar-logging"], ["x", "--evidence"], ["--nope"]])
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
