"""`manage.py grade`, from the command line to the exit code; what was seen is given."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import Lab, load_lab
from grader.cli import grade as command
from grader.cli import grading
from grader.evidence.load import read_evidence
from grader.evidence.model import Evidence
from grader.evidence.plan import KINDS
from grader.kube.collect import Progress
from grader.kube.errors import NamespaceError

LABS = Path(__file__).resolve().parents[3] / "labs"
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: one, user: me}}]
clusters: [{name: one, cluster: {server: "https://192.0.2.1:6443"}}]
users: [{name: me, user: {token: abc}}]
"""
Grade = Callable[..., tuple[int, str, str]]


class Collect:
    """Takes collect's place: no cluster is asked."""

    def __init__(self) -> None:
        self.evidence: dict[str, Any] = {"objects": {kind: [] for kind in KINDS}}
        self.asked: dict[str, Any] = {}
        self.error: Exception | None = None

    def __call__(
        self, lab: Lab, _target: object, namespace: str, answers: object, **more: Any
    ) -> Evidence:
        self.asked = {"lab": lab.slug, "namespace": namespace, "answers": answers}
        more["progress"](Progress("listing"))
        if self.error:
            raise self.error
        return read_evidence({"lab": lab.slug, "namespace": namespace, **self.evidence})


@pytest.fixture
def collect(monkeypatch: pytest.MonkeyPatch) -> Collect:
    stand_in = Collect()
    monkeypatch.setattr(grading, "collect", stand_in)
    return stand_in


@pytest.fixture
def grade(collect: Collect, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Grade:
    config = tmp_path / "kubeconfig"
    config.write_text(KUBECONFIG)

    def run(*options: str, lab: str = "sidecar-logging") -> tuple[int, str, str]:
        where = ["--kubeconfig", str(config), "--namespace", "alice"]
        code = command.main([lab, *where, *options])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def solved(lab: str) -> dict[str, Any]:
    """The evidence of a correct shape, as it was recorded."""
    file = next((LABS / lab / "cases").glob("solution-*.json"))
    evidence: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["evidence"]
    return evidence


def test_full_marks_are_exit_0(grade: Grade, collect: Collect) -> None:
    collect.evidence = solved("sidecar-logging")
    code, out, err = grade()
    assert code == 0
    assert "✓ 100 of 100 points" in out
    assert err == ""


def test_less_is_exit_1(grade: Grade) -> None:
    assert grade()[0] == 1


def test_something_unknown_is_exit_3_and_the_reason_is_told(grade: Grade, collect: Collect) -> None:
    trouble = {"code": "unreachable", "detail": "https://192.0.2.1:6443 does not answer"}
    collect.evidence = {"unseen": dict.fromkeys(KINDS, trouble)}
    code, out, err = grade()
    assert code == 3
    assert "△ 0 of 100 points" in out
    assert err == "! https://192.0.2.1:6443 does not answer\n"


def test_a_namespace_that_is_being_deleted_costs_no_points_and_is_told_in_one_sentence(
    grade: Grade, collect: Collect
) -> None:
    objects: dict[str, list[Any]] = {kind: [] for kind in KINDS} | {
        "Namespace": [{"metadata": {"name": "alice"}}]
    }
    trouble = {"code": "terminating", "detail": "The namespace is being deleted."}
    collect.evidence = {"objects": objects, "unseen": {"Namespace": trouble}}
    code, out, err = grade("--output", "json", "--language", "en")
    verdict = json.loads(out)
    assert (code, verdict["open_points"], verdict["diagnoses"]) == (3, 100, [])
    codes = {check["code"] for task in verdict["tasks"] for check in task["checks"]}
    assert codes == {"namespace_ending"}
    assert err.startswith("! The namespace `alice` is being deleted, so nothing in it")
    assert "삭제하는 중" in grade("--language", "ko")[2]


def test_a_namespace_that_is_not_there_is_exit_2(grade: Grade, collect: Collect) -> None:
    collect.error = NamespaceError("There is no namespace “alice”.", "Make it.")
    code, out, err = grade()
    assert (code, out) == (2, "")
    assert err == "✗ There is no namespace “alice”.\n  → Make it.\n"


def test_saved_evidence_gives_the_same_verdict(
    grade: Grade, collect: Collect, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from grader.cli import judge  # noqa: PLC0415 - the other command

    file = tmp_path / "seen.json"
    collect.evidence = solved("sidecar-logging")
    code, out, err = grade("--output", "json", "--save-evidence", str(file))
    again = judge.main(["sidecar-logging", "--evidence", str(file), "--output", "json"])
    assert again == code
    assert capsys.readouterr().out == out
    assert f"judge sidecar-logging --evidence {file}" in err


def test_evidence_that_cannot_be_saved_is_told_after_the_verdict(grade: Grade) -> None:
    code, out, err = grade("--save-evidence", "/no/such/folder/seen.json")
    assert code == 2
    assert "points" in out
    assert "/no/such/folder/seen.json cannot be written" in err


def test_answers_reach_the_evidence(grade: Grade, collect: Collect, tmp_path: Path) -> None:
    answers = {"diagnose-nginx": {"port": 80}}
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(answers))
    grade("--answers", str(file), lab="fix-multi-dep")
    assert collect.asked == {"lab": "fix-multi-dep", "namespace": "alice", "answers": answers}


def test_progress_is_not_written_where_nobody_looks(grade: Grade) -> None:
    assert grade()[2] == ""


@pytest.mark.parametrize("name", ["", "Alice", "a_b", "-a", "a" * 64, "a/b", "a b", "../x"])
def test_an_impossible_namespace_is_wrong_usage(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["sidecar-logging", f"--namespace={name}"])
    assert caught.value.code == 2
    assert "cannot be the name of a namespace" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not a kubeconfig"),
        ("a: [", "is not YAML"),
        (KUBECONFIG.replace("https://", "http://"), "is not an https:// address"),
        (KUBECONFIG.replace("token: abc", "exec: {command: sh}"), "--allow-exec"),
        (KUBECONFIG.replace("here\n", "there\n"), "has no context “there”"),
        (None, "cannot be read"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_exit_2_in_two_lines(
    collect: Collect,
    tmp_path: Path,
    content: str | None,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content)
    options = ["--namespace", "alice", "--kubeconfig", str(file)]
    assert command.main(["sidecar-logging", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 2
    assert collect.asked == {}


def test_an_error_of_a_package_is_two_lines_and_no_stack_trace(
    grade: Grade, collect: Collect
) -> None:
    collect.error = ImportError("no", name="websockets")
    code, _, err = grade()
    assert code == 2
    assert "The Python package websockets is not installed" in err
    assert ".venv/bin/python manage.py" in err


def test_ctrl_c_is_130(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grading, "collect", interrupt)
    code, _, err = grade()
    assert code == 130
    assert err == "\nInterrupted.\n"


def test_the_sample_lab_can_be_loaded_from_its_folder(grade: Grade, collect: Collect) -> None:
    grade(lab=str(LABS / "sidecar-logging"))
    assert collect.asked["lab"] == load_lab(LABS / "sidecar-logging").slug
