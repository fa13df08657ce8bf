from pathlib import Path

import pytest

from grader.catalog import LabError, load_lab, load_labs

GOOD = """\
slug: first-lab
order: 1
pattern: sidecar
minutes: 20
title:
  ko: 제목
  en: Title
summary:
  ko: 한 줄
  en: One line
objectives:
  ko: [하나]
  en: [One]
workloads:
  main:
    names: [web]
roles:
  web:
    images: [nginx]
tasks:
  - id: runs
    points: 100
    title: {ko: 실행, en: It runs}
    text: {ko: 실행해 보세요, en: Let it run}
    checks:
      - {id: ready, kind: ready, roles: [web]}
    hints:
      - {ko: 하나, en: one}
      - {ko: 둘, en: two}
      - {ko: 셋, en: three}
    explanation: {ko: 왜냐하면, en: Because}
start:
  score: 0
"""


def make_lab(root: Path, definition: str = GOOD, *, slug: str = "first-lab") -> Path:
    folder = root / slug
    folder.mkdir()
    (folder / "lab.yaml").write_text(definition)
    (folder / "text.ko.md").write_text("## 목표\n")
    (folder / "text.en.md").write_text("## Goal\n")
    return folder


def test_a_lab_folder_becomes_a_lab(tmp_path: Path) -> None:
    lab = load_lab(make_lab(tmp_path))
    assert lab.slug == "first-lab"
    assert lab.definition.title.in_language("ko") == "제목"
    assert lab.definition.objectives.en == ("One",)
    assert lab.text("ko") == "## 목표\n"
    assert lab.text("fr") == "## Goal\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("order: 1", "order: one", 2, "order: input should be a valid integer"),
        ("order: 1", "order: 0", 2, "order: input should be greater than or equal to 1"),
        ("minutes: 20", "minuets: 20", 4, "minuets: is not a key of lab.yaml; did you mean"),
        ("minutes: 20\n", "", 1, "minutes: is missing."),
        ("minutes: 20", "minutes: 20\ncolour: red", 5, "colour: is not a key of lab.yaml"),
        ("roles: [web]", "role: [web]", 26, "checks.0.role: is not a key of lab.yaml; did you"),
        ("kind: ready", "kind: raedy", 26, "there is no kind “raedy”; did you mean “ready”?"),
        ("kind: ready, ", "", 26, "kind is missing"),
        ("roles: [web]", "roles: [wbe]", 26, "there is no role “wbe”; did you mean “web”?"),
        ("title: {ko: 실행", "title: {kr: 실행", 23, "tasks.0.title.kr: is not a key of lab.yaml"),
        ("order: 1", "order: &one 1\nextra: *one", 3, "uses a YAML alias"),
        ("order: 1", f"order: {'[' * 60}", 2, "is nested deeper than 40 levels"),
        ("order: 1", "order: 1\n? [a]\n: b", 3, "has a key that is no plain word"),
        ("start:", "---\nstart:", 32, "has a second document here"),
        ("pattern: sidecar", "pattern: sidecat", 3, "pattern: input should be 'sharing'"),
        ("  en: Title", "", 5, "title.en: is missing."),
        ("  en: Title", "  en: ''", 7, "title.en: string should have at least 1 character"),
        ("  en: [One]", "  en: []", 13, "objectives.en: tuple should have at least 1 item"),
        ("  en: [One]", "  en: [1]", 13, "objectives.en.0: YAML reads 1 here, and not a word"),
        (
            "  en: [One]",
            "  en: [No]",
            13,
            "YAML reads false here, and not a word: put it in quotes",
        ),
        ("  en: [One]", "  en: [[]]", 13, "objectives.en.0: input should be a valid string"),
        ("slug: first-lab", "slug: First Lab", 1, "slug: string should match pattern"),
        ("order: 1", "order: 1\norder: 2", 3, "“order” stands here twice"),
        ("order: 1", "order: [1", 3, "is not YAML here"),
        ("order: 1", "order: 1\n- x", 3, "is not YAML here"),
    ],
)
def test_a_broken_definition_names_file_line_and_what_is_wrong(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    folder = make_lab(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(LabError) as caught:
        load_lab(folder)
    assert caught.value.file == folder / "lab.yaml"
    assert caught.value.line == line
    assert words in caught.value.message


@pytest.mark.parametrize("definition", ["", "  \n", "- a\n", "just words\n", "\ufeff\x00"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, definition: str) -> None:
    with pytest.raises(LabError):
        load_lab(make_lab(tmp_path, definition))


def test_yaml_can_run_no_code(tmp_path: Path) -> None:
    bad = GOOD.replace("order: 1", "order: !!python/object/apply:os.system [id]")
    with pytest.raises(LabError):
        load_lab(make_lab(tmp_path, bad))


def test_slug_and_folder_have_one_name(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="the folder is “other”"):
        load_lab(make_lab(tmp_path, slug="other"))


def test_both_languages_have_a_text(tmp_path: Path) -> None:
    folder = make_lab(tmp_path)
    (folder / "text.ko.md").unlink()
    with pytest.raises(LabError, match=r"text\.ko\.md: is missing"):
        load_lab(folder)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    folder = make_lab(tmp_path)
    (folder / "text.en.md").write_text("x" * 300_000)
    with pytest.raises(LabError, match="larger than 256 KiB"):
        load_lab(folder)


def test_one_broken_lab_does_not_hide_the_others(tmp_path: Path) -> None:
    make_lab(tmp_path, GOOD.replace("order: 1", "order: 9"))
    make_lab(tmp_path, GOOD.replace("first-lab", "second-lab"), slug="second-lab")
    make_lab(tmp_path, "nonsense", slug="third-lab")
    labs, errors = load_labs(tmp_path)
    assert [lab.slug for lab in labs] == ["second-lab", "first-lab"]
    assert [error.file.parent.name for error in errors] == ["third-lab"]
