"""The folders that prove a lab: enough of them, each with a promise that can be kept."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from grader.catalog.folders import Proof
from grader.catalog.rules.complaint import Complaint, Subject
from grader.catalog.source import LabError, Loader, Place, read_text
from grader.catalog.suggestions import did_you_mean

FEWEST = {"solution": 3, "mutant": 12}


def there_are_enough(subject: Subject) -> Iterator[Complaint]:
    for kind, fewest in FEWEST.items():
        count = sum(proof.kind == kind for proof in subject.proofs)
        if count < fewest:
            yield Complaint(
                "proofs",
                subject.folder / f"{kind}s",
                None,
                f"there are {count} {kind}s, and a lab needs {fewest}.",
                "Add other correct shapes: names, order, paths, images, native sidecars."
                if kind == "solution"
                else "Add manifests that break one thing each, among them cheats.",
            )
    if not any(proof.kind == "start" for proof in subject.proofs):
        yield Complaint(
            "proofs",
            subject.folder / "start",
            None,
            "there is no start/ with the manifests that a learner begins with.",
            "Add it; its score is start.score in lab.yaml.",
        )


def every_folder_has_manifests(subject: Subject) -> Iterator[Complaint]:
    for proof in subject.proofs:
        if not proof.manifests and not proof.elsewhere and proof.kind != "start":
            yield Complaint(
                "proofs",
                proof.folder,
                None,
                "holds no manifest.",
                "Put the YAML files in that kubectl apply would take.",
            )


def manifests_are_objects(subject: Subject) -> Iterator[Complaint]:
    for proof in subject.proofs:
        for file in (*proof.manifests, *proof.afterwards, *proof.elsewhere):
            wrong = _wrong_manifest(file)
            if wrong:
                line, message = wrong
                yield Complaint("proofs", file, line, message, "Write what kubectl apply takes.")


def _wrong_manifest(file: Path) -> tuple[int | None, str] | None:
    try:
        documents = list(yaml.load_all(read_text(file), Loader))
    except LabError as error:
        return error.line, error.message
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        return line, f"is not YAML here: {error.problem}."
    except (yaml.YAMLError, ValueError) as error:
        return None, f"is not YAML: {error}."
    for document in documents:
        if document is not None and not (isinstance(document, dict) and document.get("kind")):
            return None, "holds a document that is no object with a kind."
    return None


def mutants_name_what_they_fail(subject: Subject) -> Iterator[Complaint]:
    tasks = [task.id for task in subject.definition.tasks]
    for proof in subject.proofs:
        if proof.kind == "mutant" and not proof.run.fails:
            yield _complain(
                proof, ("says",), "names no task that it fails.", "Write: fails: [task]"
            )
        if proof.kind == "solution" and proof.run.fails:
            yield _complain(
                proof, ("fails",), "is a solution and fails tasks.", "Make it a mutant, or right."
            )
        for number, name in enumerate(proof.run.fails):
            if name not in tasks:
                message = f"there is no task “{name}”; {did_you_mean(name, tasks)}"
                yield _complain(proof, ("fails", number), message, "Name tasks of lab.yaml.")


def diagnoses_exist(subject: Subject) -> Iterator[Complaint]:
    for proof in subject.proofs:
        code = proof.run.diagnosis
        if code and code not in subject.diagnoses:
            yield _complain(
                proof,
                ("diagnosis",),
                f"there is no diagnosis “{code}”; {did_you_mean(code, subject.diagnoses)}",
                "The codes are in docs/diagnoses.md.",
            )


def answers_belong_to_questions(subject: Subject) -> Iterator[Complaint]:
    known = {task.id: {one.id for one in task.questions} for task in subject.definition.tasks}
    for proof in subject.proofs:
        for task, given in proof.run.answers.items():
            for question in given:
                if question not in known.get(task, ()):
                    names = [f"{key}/{one}" for key in known for one in known[key]]
                    near = did_you_mean(f"{task}/{question}", names)
                    yield _complain(
                        proof,
                        ("answers", task, question),
                        f"there is no question “{task}/{question}”; {near}",
                        "Name questions of lab.yaml.",
                    )


def labs_hold_data_only(subject: Subject) -> Iterator[Complaint]:
    for file in sorted(subject.folder.rglob("*.py")):
        yield Complaint(
            "data-only",
            file,
            None,
            "is a Python file in a lab.",
            "Labs are data; a new kind of check belongs to grader/judge/checks.",
        )


def _complain(proof: Proof, place: Place, message: str, help: str) -> Complaint:  # noqa: A002
    source = proof.source
    file = source.file if source else proof.folder
    return Complaint("proofs", file, source.line(place) if source else None, message, help)
