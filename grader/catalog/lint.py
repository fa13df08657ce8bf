"""What an author gets wrong, found before a learner does."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from grader.catalog.folders import Proof, read_proofs
from grader.catalog.loader import DEFINITION, load_lab
from grader.catalog.rules import cases, languages, marks, proofs, selection, spoilers
from grader.catalog.rules.complaint import Complaint, Subject
from grader.catalog.source import LabError, read_source

__all__ = ["RULES", "Complaint", "Subject", "complaints_of", "read_subject"]

Rule = Callable[[Subject], Iterator[Complaint]]
RULES: tuple[Rule, ...] = (
    marks.points_make_a_hundred,
    marks.the_start_can_score_that,
    languages.texts_are_translated,
    languages.texts_have_one_shape,
    spoilers.titles_give_nothing_away,
    spoilers.questions_do_not_answer_themselves,
    selection.nothing_is_chosen_by_its_place,
    selection.what_is_declared_is_used,
    proofs.there_are_enough,
    proofs.every_folder_has_manifests,
    proofs.manifests_are_objects,
    proofs.mutants_name_what_they_fail,
    proofs.diagnoses_exist,
    proofs.answers_belong_to_questions,
    proofs.labs_hold_data_only,
    cases.every_run_is_stored,
    cases.stored_runs_can_be_read,
)


def complaints_of(
    folder: Path, diagnoses: Iterable[str], further: Iterable[Rule] = ()
) -> list[Complaint]:
    """Everything that is wrong in a lab's folder; `further` are rules of higher rooms."""
    try:
        subject = read_subject(folder, frozenset(diagnoses))
    except LabError as error:
        return [_unreadable(one) for one in (error, *error.others)]
    return [found for rule in (*RULES, *further) for found in rule(subject)]


def read_subject(folder: Path, diagnoses: frozenset[str]) -> Subject:
    lab = load_lab(folder)
    found: tuple[Proof, ...] = read_proofs(folder)
    source = read_source(folder / DEFINITION)
    return Subject(folder, source, lab.definition, lab.texts, found, diagnoses)


def _unreadable(error: LabError) -> Complaint:
    return Complaint(
        "unreadable",
        error.file,
        error.line,
        error.message,
        "docs/writing-a-lab.md describes the file.",
    )
