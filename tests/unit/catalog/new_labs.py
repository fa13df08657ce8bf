"""Labs for the linter's tests: what `labs new` makes, with enough proofs, all of them stored."""

import json
import shutil
from pathlib import Path

from grader.catalog.folders import read_proofs

TEMPLATE = Path(__file__).resolve().parents[3] / "grader" / "cli" / "new_lab"
SLUG = "demo-lab"


def good_lab(root: Path) -> Path:
    folder = root / SLUG
    shutil.copytree(TEMPLATE, folder)
    for file in folder.rglob("*.*"):
        text = file.read_text(encoding="utf-8").replace("SLUG", SLUG).replace("ORDER", "9")
        file.write_text(text, encoding="utf-8")
    copies(folder / "solutions" / "first", 2)
    copies(folder / "mutants" / "nothing-shared", 11)
    store(folder)
    return folder


def store(folder: Path) -> None:
    (folder / "cases").mkdir(exist_ok=True)
    for proof in read_proofs(folder):
        proof.case.write_text(json.dumps({"evidence": {"lab": SLUG}, "verdict": {"lab": SLUG}}))


def copies(folder: Path, count: int) -> None:
    for number in range(count):
        shutil.copytree(folder, folder.with_name(f"{folder.name}-{number}"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
