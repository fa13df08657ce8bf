from pathlib import Path

import pytest

from grader.catalog.folders import read_proofs
from grader.catalog.source import LabError
from tests.unit.catalog.new_labs import good_lab


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return good_lab(tmp_path)


def test_start_comes_first_then_solutions_then_mutants(lab: Path) -> None:
    kinds = [proof.kind for proof in read_proofs(lab)]
    assert kinds == ["start"] + ["solution"] * 3 + ["mutant"] * 12


def test_a_start_without_a_run_promises_only_its_score(lab: Path) -> None:
    start = read_proofs(lab)[0]
    assert start.run.fails == ()
    assert start.title == "start"


def test_manifests_are_in_the_order_of_their_names_and_then_comes_last(lab: Path) -> None:
    folder = lab / "mutants" / "nothing-shared"
    for name in ("1-first.yaml", "then.yaml", "elsewhere/there.yaml", "notes.md"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("a: b\n")
    proof = next(one for one in read_proofs(lab) if one.name == "nothing-shared")
    assert [file.name for file in proof.manifests] == ["1-first.yaml", "deployment.yaml"]
    assert [file.name for file in proof.afterwards] == ["then.yaml"]
    assert [file.name for file in proof.elsewhere] == ["there.yaml"]


def test_a_case_lies_in_cases_under_its_kind_and_name(lab: Path) -> None:
    start, *_, mutant = read_proofs(lab)
    assert start.case == lab / "cases" / "start.json"
    assert mutant.case == lab / "cases" / f"mutant-{mutant.name}.json"


def test_a_broken_run_names_its_file_and_line(lab: Path) -> None:
    file = lab / "solutions" / "first" / "run.yaml"
    file.write_text("says: Fine.\nfailing: [workload]\n")
    with pytest.raises(LabError, match=r"did you mean “fails”\?") as caught:
        read_proofs(lab)
    assert (caught.value.file, caught.value.line) == (file, 2)
