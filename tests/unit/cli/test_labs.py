"""`manage.py labs list|lint|preview|new`, from the command line to the exit code."""

import json
import re
from pathlib import Path

import pytest

from grader.catalog import load_labs
from grader.cli import beginning, labs, linting, listing
from tests.unit.catalog.new_labs import change, good_lab

ROOT = Path(__file__).resolve().parents[3] / "labs"
ALL = load_labs(ROOT)[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = labs.main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_list_names_every_lab_in_the_order_of_the_course(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys, "list", "--language", "en")
    assert (code, err) == (0, "")
    assert [line.split()[1] for line in out.splitlines()] == [lab.slug for lab in ALL]


def test_list_as_json_has_versions_and_points(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--output", "json", "--language", "ko")
    found = json.loads(out)["labs"]
    assert [entry["title"] for entry in found] == [lab.definition.title.ko for lab in ALL]
    assert all(sum(task["points"] for task in entry["tasks"]) == 100 for entry in found)
    assert all(entry["lab_version"] for entry in found)


def test_list_tells_of_a_folder_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change(good_lab(tmp_path) / "lab.yaml", "minutes:", "minuets:")
    monkeypatch.setattr(listing, "LABS_ROOT", tmp_path)
    code, out, err = run(capsys, "list")
    assert (code, out) == (2, "")
    assert "did you mean “minutes”?" in err


def test_lint_of_a_good_lab_is_a_tick_and_exit_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "lint", f"{good_lab(tmp_path)}/") == (0, "✓ demo-lab\n", "")


def test_lint_names_file_line_and_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = good_lab(tmp_path)
    change(lab / "lab.yaml", "points: 40", "points: 35")
    code, out, _ = run(capsys, "lint", f"{lab}/")
    assert code == 1
    assert re.search(r"✗ .*demo-lab/lab\.yaml:\d+: the points of the tasks add up to 95\.", out)
    assert "  → Let them make 100: +5." in out


def test_lint_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = good_lab(tmp_path)
    change(lab / "lab.yaml", "minutes:", "minuets:")
    code, out, err = run(capsys, "lint", f"{lab}/", "--output", "json")
    assert (code, err) == (1, "")
    first = json.loads(out)["labs"][0]["complaints"][0]
    assert set(first) == {"rule", "file", "line", "message", "help"}
    assert first["line"] == 5


def test_lint_without_a_name_looks_at_all_labs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good_lab(tmp_path)
    monkeypatch.setattr(linting, "LABS_ROOT", tmp_path)
    assert run(capsys, "lint")[1] == "✓ demo-lab\n"


def test_lint_of_an_unknown_lab_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "lint", "exportr")
    assert code == 2
    assert "did you mean “exporter”?" in err


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.slug)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_preview_shows_every_task_and_nothing_that_is_right(
    lab: object, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = next(one for one in ALL if one is lab)
    code, out, _ = run(capsys, "preview", found.slug, "--language", language)
    flat = " ".join(out.split())
    assert code == 0
    for task in found.definition.tasks:
        assert f"({task.id})" in out
        assert task.hints[2].in_language(language) not in flat
        assert task.explanation.in_language(language) not in flat
        for question in task.questions:
            for choice in getattr(question, "choices", ()):
                assert choice.why.in_language(language) not in flat


def test_preview_shows_hints_and_explanations_on_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = run(
        capsys, "preview", "exporter", "--hints", "3", "--explanations", "--language", "en"
    )
    assert out.count("Hint 3 of 3: ") == 4
    assert out.count("Why it works: ") == 4


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.slug)
def test_preview_as_json_holds_what_is_asked_and_nothing_that_is_right(
    lab: object, capsys: pytest.CaptureFixture[str]
) -> None:
    definition = next(one for one in ALL if one is lab).definition
    code, out, err = run(capsys, "preview", definition.slug, "--output", "json", "--language", "ko")
    assert (code, err) == (0, "")
    page = json.loads(out)
    assert (page["schema"], page["lab"], page["language"]) == (1, definition.slug, "ko")
    assert page["start"]["score"] == definition.start.score
    assert keys_of(page) & {"right", "why", "checks", "explanation", "live"} == set()
    for task, shown in zip(definition.tasks, page["tasks"], strict=True):
        assert (shown["id"], shown["points"], shown["hints"]) == (task.id, task.points, [])
        assert [one["id"] for one in shown["questions"]] == [one.id for one in task.questions]


def test_preview_as_json_has_hints_explanations_and_choices(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("--hints", "2", "--explanations", "--output", "json", "--language", "en")
    tasks = json.loads(run(capsys, "preview", "fix-multi-dep", *asked)[1])["tasks"]
    assert {len(task["hints"]) for task in tasks} == {2}
    assert all(task["explanation"] for task in tasks)
    (choice, *_) = (one for one in tasks[0]["questions"] if one["kind"] == "choice")
    assert all(set(one) == {"value", "text"} for one in choice["choices"])


def test_preview_shuffles_choices_for_whoever_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = set()
    for name in ("alice", "bob", "carol", "dave", "alice"):
        monkeypatch.setenv("LOGNAME", name)
        _, out, _ = run(capsys, "preview", "fix-multi-dep", "--language", "en")
        orders.add("\n".join(line for line in out.splitlines() if "( )" in line))
    assert 1 < len(orders) <= 4


def test_new_makes_a_lab_whose_shape_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(beginning, "LABS_ROOT", tmp_path)
    code, out, _ = run(capsys, "new", "log-rotation")
    assert code == 0
    assert "What to write next" in out
    _, told, _ = run(capsys, "lint", f"{tmp_path}/log-rotation")
    assert re.findall(r"there are \d+ (\w+), and a lab needs", told) == ["solutions", "mutants"]
    assert told.count("✗") == 3
    assert "holds no stored run of start, solution first, mutant nothing-shared." in told


def test_new_takes_the_next_place_in_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good_lab(tmp_path)
    monkeypatch.setattr(beginning, "LABS_ROOT", tmp_path)
    run(capsys, "new", "second")
    orders = {lab.slug: lab.definition.order for lab in load_labs(tmp_path)[0]}
    assert orders == {"demo-lab": 9, "second": 10}


@pytest.mark.parametrize("slug", ["", "Up", "a_b", "../x", "-a", "a--b", "x" * 41, "a/b", "."])
def test_new_refuses_impossible_names(
    slug: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(beginning, "LABS_ROOT", tmp_path)
    code, _, err = run(capsys, "new", "--", slug)
    assert code == 2
    assert "cannot be the name of a lab" in err
    assert list(tmp_path.iterdir()) == []


def test_new_leaves_an_existing_lab_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = (ROOT / "exporter" / "lab.yaml").read_bytes()
    code, _, err = run(capsys, "new", "exporter")
    assert code == 2
    assert "is there already" in err
    assert (ROOT / "exporter" / "lab.yaml").read_bytes() == before
