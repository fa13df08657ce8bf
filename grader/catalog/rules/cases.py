"""The stored runs: one for each folder that proves the lab, and none besides."""

import json
from collections.abc import Iterator
from pathlib import Path

from grader.catalog.rules.complaint import Complaint, Subject

FOLDER = "cases"
PARTS = ("evidence", "verdict")


def every_run_is_stored(subject: Subject) -> Iterator[Complaint]:
    known = {proof.case: proof for proof in subject.proofs}
    missing = [proof for file, proof in known.items() if not file.is_file()]
    if missing:
        names = ", ".join(proof.title for proof in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        yield Complaint(
            "cases",
            subject.folder / FOLDER,
            None,
            f"holds no stored run of {names}{more}.",
            f"manage.py labs verify {subject.definition.slug} --record stores it.",
        )
    for file in sorted((subject.folder / FOLDER).glob("*")):
        if file not in known:
            yield Complaint(
                "cases",
                file,
                None,
                "belongs to no folder of start/, solutions/ or mutants/.",
                "Remove it, or bring its manifests back.",
            )


def stored_runs_can_be_read(subject: Subject) -> Iterator[Complaint]:
    for proof in subject.proofs:
        if proof.case.is_file() and not _is_run_of(proof.case, subject.definition.slug):
            yield Complaint(
                "cases",
                proof.case,
                None,
                "holds no evidence of this lab with the verdict on it.",
                f"manage.py labs verify {subject.definition.slug} --record writes it anew.",
            )


def _is_run_of(file: Path, slug: str) -> bool:
    try:
        case = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    parts = [case.get(name) for name in PARTS] if isinstance(case, dict) else []
    return bool(parts) and all(isinstance(part, dict) and part.get("lab") == slug for part in parts)
