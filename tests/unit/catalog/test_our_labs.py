"""What holds for every lab that this repository ships."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.catalog import Lab, Localised, load_labs
from grader.catalog.folders import Proof, read_proofs
from grader.catalog.rules.complaint import parts

LABS = Path(__file__).resolve().parents[3] / "labs"
ALL, ERRORS = load_labs(LABS)
IMAGES = (
    "nginx",
    "nginx:1.27",
    "busybox",
    "busybox:1.36",
    "centos:7",
    "mysql:5.7",
    "redis:6.2",
    "haproxy:2.4",
    "registry.k8s.io/pause:3.10",
    "podlab.local/toolbox:1",
)
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


@each_lab
def test_every_korean_sentence_of_a_lab_is_polite(lab: Lab) -> None:
    """Tasks, hints and explanations, where a page shows them by themselves."""
    for place, part in parts(lab.definition):
        if isinstance(part, Localised) and isinstance(part.ko, str) and part.ko.endswith("."):
            assert part.ko.endswith("요."), (place, part.ko)
            assert not re.search(r"(니다|십시오)[.\s]", part.ko), (place, part.ko)


@each_lab
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_table_of_the_text_holds_the_tasks_and_their_points(lab: Lab, language: str) -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", lab.text(language), re.MULTILINE)
    assert rows == [(task.id, str(task.points)) for task in lab.definition.tasks]


@each_lab
def test_cleaning_up_deletes_every_object_that_the_lab_names(lab: Lab) -> None:
    deleting = re.findall(r"^kubectl delete .*", lab.text("en").rpartition("## ")[2], re.MULTILINE)
    words = set(re.split(r"[ /]", " ".join(deleting)))
    for kind, names in lab.definition.objects.items():
        assert {kind.lower(), *names} <= words


@each_lab
def test_the_text_helps_to_debug(lab: Lab) -> None:
    commands = "\n".join(blocks(lab.text("en"), "bash"))
    for command in ("kubectl describe pod", "kubectl logs", "--previous", "kubectl exec"):
        assert command in commands


def manifests(lab: Lab) -> list[tuple[Proof, dict[str, Any]]]:
    """All objects under start/, solutions/ and mutants/."""
    return [
        (proof, found)
        for proof in read_proofs(LABS / lab.slug)
        for file in (*proof.manifests, *proof.afterwards, *proof.elsewhere)
        for found in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        if found
    ]


@each_lab
def test_the_start_is_the_one_in_its_text(lab: Lab) -> None:
    if "```yaml\n   apiVersion" not in lab.text("en"):
        pytest.skip("its text leads to a file")
    start = [found for proof, found in manifests(lab) if proof.kind == "start"]
    shown = [yaml.safe_load(block) for block in blocks(lab.text("en"), "yaml")]
    assert all(found in shown for found in start)


@each_lab
def test_objects_go_where_they_are_applied(lab: Lab) -> None:
    assert [found for _, found in manifests(lab) if "namespace" in found["metadata"]] == []


@each_lab
def test_what_is_right_needs_only_images_that_the_cluster_has(lab: Lab) -> None:
    for proof, found in manifests(lab):
        for image in re.findall(r"'image': '([^']+)'", str(found)):
            assert image in IMAGES or proof.kind == "mutant", (proof.title, image)
