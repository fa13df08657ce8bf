"""What holds for every lab that this repository ships."""

import re
from pathlib import Path

import pytest
import yaml

from grader.catalog import Lab, load_labs

LABS = Path(__file__).resolve().parents[3] / "labs"
ALL, ERRORS = load_labs(LABS)
each_lab = pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.slug)


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


def test_every_lab_folder_can_be_read() -> None:
    assert ERRORS == []
    assert ALL


def test_labs_hold_data_only() -> None:
    assert list(LABS.rglob("*.py")) == []


@each_lab
def test_both_texts_have_the_same_shape(lab: Lab) -> None:
    shapes = [
        re.findall(r"^(?:#+|\d+\.|- \*\*|\|| *```\w*)", lab.text(x), re.MULTILINE)
        for x in ("ko", "en")
    ]
    assert shapes[0] == shapes[1]


@each_lab
def test_both_texts_show_the_same_commands(lab: Lab) -> None:
    def commands(language: str) -> list[str]:
        lines = "\n".join(blocks(lab.text(language), "bash")).splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    assert commands("ko") == commands("en")


@each_lab
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_goal_is_two_sentences(lab: Lab, language: str) -> None:
    goal = lab.text(language).split("\n\n")[1]
    assert len(re.findall(r"[.!?](?:\s|$)", goal)) == 2


@each_lab
@pytest.mark.parametrize("language", ["ko", "en"])
def test_yaml_in_the_text_is_yaml(lab: Lab, language: str) -> None:
    for block in blocks(lab.text(language), "yaml"):
        assert isinstance(yaml.safe_load(block), dict)


@each_lab
def test_korean_is_polite_and_warm(lab: Lab) -> None:
    assert not re.search(r"(니다|십시오)[.\s]", lab.text("ko"))


def test_the_start_of_the_sidecar_lab_is_the_one_in_its_text() -> None:
    start = yaml.safe_load((LABS / "sidecar-logging/start/deployment.yaml").read_text())
    lab = next(lab for lab in ALL if lab.slug == "sidecar-logging")
    assert start in [yaml.safe_load(block) for block in blocks(lab.text("en"), "yaml")]
