"""YAML with its lines, by libyaml and by the plain parser alike."""

from pathlib import Path

import pytest
import yaml

from grader.catalog import source
from grader.catalog.source import LabError, read_source

TEXT = """\
a: 1
on: yes
list:
  - x
  - {y: [1.5, null, "null", 2026-01-01]}
text: >-
  folded
  text
"""


@pytest.fixture(params=["libyaml", "plain"])
def file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    if request.param == "plain":
        monkeypatch.setattr(source, "Loader", yaml.SafeLoader)
    return tmp_path / "lab.yaml"


def test_data_is_what_yaml_says_and_keys_are_as_written(file: Path) -> None:
    file.write_text(TEXT)
    expected = yaml.safe_load(TEXT.replace("on:", '"on":'))
    assert read_source(file).data == expected


def test_every_part_knows_its_line(file: Path) -> None:
    file.write_text(TEXT)
    found = read_source(file)
    assert found.line(("list", 1, "y", 3)) == 5
    assert found.line(("text",)) == 6
    assert found.line(("list", 0, "nowhere", "else")) == 4
    assert found.line(("nowhere",)) == 1


def test_steps_that_are_not_in_the_file_are_skipped(file: Path) -> None:
    file.write_text(TEXT)
    assert read_source(file).real_place(("list", "a-union-member", 1, "y")) == ("list", 1, "y")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [" + "[" * 100_000, "nested deeper"),
        ("a: &x [1]\nb: [*x, *x]\n", "uses a YAML alias"),
        ("a: {b: 1, b: 2}\n", "“b” stands here twice"),
        ("a: b: c\n", "is not YAML here"),
        ("a: \t- x\n  b\n c", "is not YAML"),
        ("--- a\n--- b\n", "has a second document"),
        ("a: 2026-13-45\n", "is not YAML"),
        ("a: !!python/name:os.system x\n", "is not YAML"),
        ("? {a: b}\n: c\n", "has a key that is no plain word"),
        ("- a\n", "must be a mapping"),
        ("a: \x07\n", "is not YAML"),
    ],
)
def test_what_is_wrong_is_a_lab_error(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    with pytest.raises(LabError, match=words):
        read_source(file)


def test_bytes_that_are_no_text_are_a_lab_error(file: Path) -> None:
    file.write_bytes(b"a: \xff\xfe")
    with pytest.raises(LabError, match="cannot be read as UTF-8"):
        read_source(file)
