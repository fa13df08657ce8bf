"""What the supervisor writes is what the site reads: both ends of docs/cluster-state.md."""

import ast
from pathlib import Path

import pytest

from cluster.state import STAGES, ComponentState, ImageState, StateFile
from grader.selectors.cluster_state import read_cluster_state
from host.errors import Problem
from web.ops import words

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def written(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "cluster.json", "tests")


def read(written: StateFile) -> words.ClusterWords:
    written._write()
    status = read_cluster_state(written._path)
    assert status.phase != "unreadable"
    return words.say_cluster(status)


def test_a_fresh_file_is_understood(written: StateFile) -> None:
    said = read(written)
    assert said.phase == "preparing"
    assert [stage.id for stage in said.stages] == list(STAGES)


def test_progress_is_understood(written: StateFile) -> None:
    written.progress("engine", 43, 100, "k8s.io/kubernetes/cmd/kubelet")
    engine = next(stage for stage in read(written).stages if stage.id == "engine")
    assert (engine.words, engine.percent) == ("compiling 43 %", 43)


def test_components_images_and_notes_are_understood(written: StateFile) -> None:
    etcd = ComponentState("etcd", "backing_off", restarts=2, last_exit="killed by signal 9")
    image = ImageState("docker.io/library/nginx:1.27", "stand-in", "a web server")
    written.update(
        phase="degraded", components=[etcd], images=[image], notes=["network_policy_not_enforced"]
    )
    said = read(written)
    assert said.components[0].restarts == 2
    assert said.images[0].stand_in
    assert len(said.notes) == 1


def test_a_failure_is_understood(written: StateFile) -> None:
    written.fail(Problem("disk_full", "2 GB are free.", "Free 5 GB.", {"free": 2}))
    said = read(written)
    assert said.trouble
    assert (said.trouble.message, said.trouble.help) == ("2 GB are free.", "Free 5 GB.")


def test_every_stage_has_a_name_and_a_verb_in_words() -> None:
    assert set(STAGES) == set(words.STAGE_NAMES) == set(words.STAGE_VERBS)


def test_every_note_of_the_supervisor_has_words() -> None:
    tree = ast.parse((ROOT / "cluster/supervisor.py").read_text(encoding="utf-8"))
    notes = next(
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(name, ast.Name) and name.id == "NOTES" for name in node.targets)
    )
    assert set(notes) <= set(words.NOTES)
