"""Each rule of `labs lint` with a lab that breaks it, and with labs that do not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.catalog.lint import Complaint, complaints_of
from grader.catalog.loader import lab_folders
from grader.judge.trial import RULES
from grader.words.lexicon import diagnosis_codes
from tests.unit.catalog.new_labs import change, copies, good_lab, store

LABS = Path(__file__).resolve().parents[3] / "labs"
CODES = ("container_crashes",)
CONDITION = """\
      - id: shared
        kind: condition
        role: reader
        expression: EXPRESSION
        expected: {ko: 그래야 해요, en: It should be so}
        otherwise: {ko: 그렇지 않아요, en: It is not so}
        field: FIELD
"""
SHARED = """\
      - id: shared
        kind: shared_volume
        roles: [web, reader]
"""
QUESTION = """\
    questions:
      - id: port
        kind: number
        prompt: {ko: 어느 포트에서 듣나요?, en: Which port does it listen on?}
        right: [80]
"""
CHOICE = """\
    questions:
      - id: policy
        kind: choice
        prompt: {ko: 왜 다시 시작했나요?, en: Why was it started again?}
        choices:
          - {value: always, text: {ko: 정책이 Always라서, en: The policy is Always}, \
why: {ko: 맞아요, en: Right}, right: true}
          - {value: never, text: {ko: 정책이 Never라서, en: The policy is Never}, \
why: {ko: 아니에요, en: Not so}}
"""


def lint(folder: Path) -> list[Complaint]:
    return complaints_of(folder, CODES, RULES)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return good_lab(tmp_path)


def with_condition(lab: Path, expression: str, field: str = "spec.replicas") -> None:
    text = CONDITION.replace("EXPRESSION", expression).replace("FIELD", field)
    change(lab / "lab.yaml", SHARED, text)


def with_question(lab: Path, question: str) -> None:
    change(lab / "lab.yaml", "    hints:\n", question + "    hints:\n")


def test_a_new_lab_with_enough_proofs_has_nothing_to_complain_of(lab: Path) -> None:
    assert lint(lab) == []


@pytest.mark.parametrize("folder", lab_folders(LABS), ids=lambda folder: folder.name)
def test_our_own_labs_have_nothing_to_complain_of(folder: Path) -> None:
    complaints = complaints_of(folder, diagnosis_codes(), RULES)
    assert [f"{one.file.name}:{one.line} {one.message}" for one in complaints] == []


def points_missing(lab: Path) -> None:
    change(lab / "lab.yaml", "points: 40", "points: 35")


def impossible_start(lab: Path) -> None:
    change(lab / "lab.yaml", "score: 0", "score: 41")


def same_text_twice(lab: Path) -> None:
    change(lab / "lab.yaml", "ko: 두 컨테이너가 준비됐어요", "ko: Both containers are ready")


def english_in_korean(lab: Path) -> None:
    change(lab / "lab.yaml", "ko: 두 컨테이너가 준비됐어요", "ko: Both of them are ready")


def korean_in_english(lab: Path) -> None:
    change(lab / "lab.yaml", "en: Both containers are ready", "en: 두 컨테이너가 준비됐어요")


def text_in_one_language(lab: Path) -> None:
    shutil.copy(lab / "text.en.md", lab / "text.ko.md")


def other_headings(lab: Path) -> None:
    change(lab / "text.en.md", "## Concept", "### Concept")


def title_with_a_field(lab: Path) -> None:
    change(
        lab / "lab.yaml", "en: What one writes, the other can read", "en: Set readOnly on the mount"
    )


def title_with_a_command(lab: Path) -> None:
    change(
        lab / "lab.yaml", "en: What one writes, the other can read", "en: What kubectl edit is for"
    )


def title_with_a_value(lab: Path) -> None:
    change(lab / "lab.yaml", "en: What one writes, the other can read", '"en": "Write replicas: 3"')


def korean_title_with_a_field(lab: Path) -> None:
    change(lab / "lab.yaml", "ko: 한쪽이 쓴 것을 다른 쪽이 읽을 수 있어요", "ko: readOnly를 켜요")


def korean_title_with_a_command(lab: Path) -> None:
    change(lab / "lab.yaml", "ko: 두 컨테이너가 준비됐어요", "ko: kubectl로 고쳐요")


def korean_title_with_a_value(lab: Path) -> None:
    change(lab / "lab.yaml", "ko: 두 컨테이너가 준비됐어요", '"ko": "replicas: 3으로 늘려요"')


def title_with_the_answer_in_plain_words(lab: Path) -> None:
    change(lab / "lab.yaml", "en: What one writes, the other can read", "en: Both use one volume")


def korean_title_with_the_answer(lab: Path) -> None:
    change(lab / "lab.yaml", "ko: 한쪽이 쓴 것을 다른 쪽이 읽을 수 있어요", "ko: 같은 볼륨을 써요")


def title_with_read_only(lab: Path) -> None:
    text = SHARED + "      - {id: only, kind: read_only_mount, reader: reader, writer: web}\n"
    change(lab / "lab.yaml", SHARED, text)
    change(lab / "lab.yaml", "en: What one writes, the other can read", "en: It is read-only")


def title_with_its_conditions_word(lab: Path) -> None:
    with_condition(lab, "pod.spec.hostname == 'x'", "spec.hostname")
    change(lab / "lab.yaml", "en: What one writes, the other can read", "en: The hostname is fixed")


def question_with_its_answer(lab: Path) -> None:
    with_question(lab, QUESTION.replace("Which port does it", "Does port 80 really"))


def korean_question_with_its_answer(lab: Path) -> None:
    with_question(lab, QUESTION.replace("어느 포트에서 듣나요?", "80번 포트에서 듣나요?"))


def choice_with_its_answer(lab: Path) -> None:
    with_question(lab, CHOICE.replace("Why was it started again?", "Is it always started?"))


def position_in_an_expression(lab: Path) -> None:
    with_condition(lab, "pod.spec.containers[0].name == 'x'")


def position_in_a_field(lab: Path) -> None:
    with_condition(lab, "pod.spec.replicas == 1", "spec.containers[ 1 ].image")


def unused_role(lab: Path) -> None:
    change(lab / "lab.yaml", "roles:\n", "roles:\n  nobody: {images: [x]}\n")


def unused_probe(lab: Path) -> None:
    probe = "probes:\n  asks: {kind: pod_http, port: 80}\n"
    change(lab / "lab.yaml", "probes: {}\n", probe)


def unused_workload(lab: Path) -> None:
    change(lab / "lab.yaml", "roles:\n", "  other:\n    names: [x]\nroles:\n")


def too_few_solutions(lab: Path) -> None:
    shutil.rmtree(lab / "solutions" / "first")


def too_few_mutants(lab: Path) -> None:
    shutil.rmtree(lab / "mutants" / "nothing-shared-3")


def no_start(lab: Path) -> None:
    shutil.rmtree(lab / "start")


def no_manifest(lab: Path) -> None:
    (lab / "mutants/nothing-shared/deployment.yaml").unlink()


def mutant_without_tasks(lab: Path) -> None:
    change(lab / "mutants/nothing-shared/run.yaml", "fails: [shared-volume]", "")


def mutant_of_an_unknown_task(lab: Path) -> None:
    change(lab / "mutants/nothing-shared/run.yaml", "[shared-volume]", "[shared-volumes]")


def solution_that_fails(lab: Path) -> None:
    file = lab / "solutions/first/run.yaml"
    file.write_text(file.read_text() + "fails: [workload]\n")


def unknown_diagnosis(lab: Path) -> None:
    file = lab / "mutants/nothing-shared/run.yaml"
    file.write_text(file.read_text() + "diagnosis: container_crash\n")


def answer_to_no_question(lab: Path) -> None:
    file = lab / "solutions/first/run.yaml"
    file.write_text(file.read_text() + "answers: {workload: {port: 80}}\n")


def python_in_a_lab(lab: Path) -> None:
    (lab / "mutants/nothing-shared/make.py").write_text("print()\n")


def condition_that_does_not_compile(lab: Path) -> None:
    with_condition(lab, "pod.spec.replicas ==")


def condition_without_a_truth_value(lab: Path) -> None:
    with_condition(lab, "workload.spec.replicas")


def condition_on_nobodys_container(lab: Path) -> None:
    with_condition(lab, "container.name == 'x'")
    change(lab / "lab.yaml", "        role: reader\n", "")


def condition_that_is_always_true(lab: Path) -> None:
    with_condition(lab, '"true"')


def condition_on_what_is_not_there(lab: Path) -> None:
    with_condition(lab, '"!has(container.ports)"')


def manifest_that_is_no_yaml(lab: Path) -> None:
    (lab / "mutants/nothing-shared/deployment.yaml").write_text("a: [\n")


def manifest_that_is_no_object(lab: Path) -> None:
    (lab / "solutions/first/deployment.yaml").write_text("- a\n")


def no_cases(lab: Path) -> None:
    shutil.rmtree(lab / "cases")


def run_without_a_case(lab: Path) -> None:
    (lab / "cases/mutant-nothing-shared.json").unlink()


def case_without_a_run(lab: Path) -> None:
    (lab / "cases/mutant-gone.json").write_text("{}")


def empty_case(lab: Path) -> None:
    (lab / "cases/start.json").write_text("{}")


def case_that_is_no_json(lab: Path) -> None:
    (lab / "cases/start.json").write_text("[")


def case_of_another_lab(lab: Path) -> None:
    change(lab / "cases/start.json", "demo-lab", "other-lab")


def unknown_role(lab: Path) -> None:
    change(lab / "lab.yaml", "roles: [web, reader]", "roles: [web, raeder]")


def misspelt_key(lab: Path) -> None:
    change(lab / "lab.yaml", "minutes:", "minuets:")


def misspelt_key_of_a_run(lab: Path) -> None:
    change(lab / "mutants/nothing-shared/run.yaml", "fails:", "fail:")


def no_run(lab: Path) -> None:
    (lab / "mutants/nothing-shared/run.yaml").unlink()


def id_given_twice(lab: Path) -> None:
    change(lab / "lab.yaml", "- id: shared-volume", "- id: workload")


@pytest.mark.parametrize(
    ("breaks", "rule", "words"),
    [
        (points_missing, "points", "add up to 95"),
        (impossible_start, "start-score", "no set of tasks gives 41"),
        (same_text_twice, "translation", "the same text"),
        (english_in_korean, "translation", "ko holds no Korean"),
        (korean_in_english, "translation", "en holds Korean"),
        (text_in_one_language, "translation", "text.ko.md is in the other language"),
        (other_headings, "translation", "do not have the same headings"),
        (title_with_a_field, "spoiler", "“readOnly”"),
        (title_with_a_command, "spoiler", "“kubectl”"),
        (title_with_a_value, "spoiler", "“replicas: 3”"),
        (korean_title_with_a_field, "spoiler", "“readOnly”"),
        (korean_title_with_a_command, "spoiler", "“kubectl”"),
        (korean_title_with_a_value, "spoiler", "“replicas: 3”"),
        (title_with_the_answer_in_plain_words, "spoiler", "“one volume”"),
        (korean_title_with_the_answer, "spoiler", "“같은 볼륨”"),
        (title_with_read_only, "spoiler", "“read-only”"),
        (korean_question_with_its_answer, "spoiler", "“80”"),
        (title_with_its_conditions_word, "spoiler", "“hostname”"),
        (question_with_its_answer, "spoiler", "“80”"),
        (choice_with_its_answer, "spoiler", "“always”"),
        (position_in_an_expression, "position", "“[0]” picks one by its place"),
        (position_in_a_field, "position", "“[ 1 ]” picks one by its place"),
        (unused_role, "unused", "the role “nobody”"),
        (unused_probe, "unused", "the probe “asks”"),
        (unused_workload, "unused", "the workload “other”"),
        (too_few_solutions, "proofs", "there are 2 solutions, and a lab needs 3"),
        (too_few_mutants, "proofs", "there are 11 mutants, and a lab needs 12"),
        (no_start, "proofs", "there is no start/"),
        (no_manifest, "proofs", "holds no manifest"),
        (mutant_without_tasks, "proofs", "names no task that it fails"),
        (mutant_of_an_unknown_task, "proofs", "did you mean “shared-volume”?"),
        (solution_that_fails, "proofs", "is a solution and fails tasks"),
        (unknown_diagnosis, "proofs", "did you mean “container_crashes”?"),
        (answer_to_no_question, "proofs", "there is no question “workload/port”"),
        (python_in_a_lab, "data-only", "is a Python file"),
        (condition_that_does_not_compile, "condition", "is no CEL expression"),
        (condition_without_a_truth_value, "condition", "neither true nor false"),
        (condition_on_nobodys_container, "condition", "names no role"),
        (condition_that_is_always_true, "empty-passes", "objects that hold nothing"),
        (condition_on_what_is_not_there, "empty-passes", "objects that hold nothing"),
        (manifest_that_is_no_yaml, "proofs", "is not YAML here"),
        (manifest_that_is_no_object, "proofs", "no object with a kind"),
        (no_cases, "cases", "holds no stored run of start, solution first"),
        (run_without_a_case, "cases", "holds no stored run of mutant nothing-shared."),
        (case_without_a_run, "cases", "belongs to no folder"),
        (empty_case, "cases", "holds no evidence of this lab"),
        (case_that_is_no_json, "cases", "holds no evidence of this lab"),
        (case_of_another_lab, "cases", "holds no evidence of this lab"),
        (unknown_role, "unreadable", "did you mean “reader”?"),
        (misspelt_key, "unreadable", "did you mean “minutes”?"),
        (misspelt_key_of_a_run, "unreadable", "did you mean “fails”?"),
        (no_run, "unreadable", "is missing"),
        (id_given_twice, "unreadable", "is given to more than one task"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_lab_is_named_with_its_place_and_what_to_write(
    lab: Path, breaks: Callable[[Path], None], rule: str, words: str
) -> None:
    breaks(lab)
    found = lint(lab)
    assert words in "\n".join(one.message for one in found if one.rule == rule)
    assert all(one.help for one in found)
    assert all(lab in one.file.parents for one in found)


def test_what_must_not_be_there_may_be_asked_for_beside_what_must(lab: Path) -> None:
    with_condition(lab, '"!has(container.ports)"')
    text = "      - {id: works, kind: ready, roles: [web, reader]}\n      - id: shared\n"
    change(lab / "lab.yaml", "      - id: shared\n", text)
    assert lint(lab) == []


def test_complaints_of_lab_yaml_name_the_line(lab: Path) -> None:
    position_in_a_field(lab)
    (found,) = (one for one in lint(lab) if one.rule == "position")
    lines = found.file.read_text().splitlines()
    assert found.line
    assert "field: " in lines[found.line - 1]


def test_all_mistakes_of_a_file_are_told_at_once(lab: Path) -> None:
    misspelt_key(lab)
    change(lab / "lab.yaml", "order: 9", "order: nine")
    assert len([one for one in lint(lab) if one.rule == "unreadable"]) == 3


def test_more_proofs_than_needed_are_fine(lab: Path) -> None:
    copies(lab / "mutants" / "nothing-shared-1", 5)
    store(lab)
    assert lint(lab) == []
