"""The lab that a person named: a slug of the course, or a folder."""

from pathlib import Path

from grader.catalog import Lab, LabError, load_lab
from grader.catalog.suggestions import did_you_mean
from host.errors import Problem

LABS_ROOT = Path(__file__).resolve().parents[2] / "labs"


def open_lab(name: str, root: Path = LABS_ROOT) -> Lab:
    folder = find_folder(name, root)
    try:
        return load_lab(folder)
    except LabError as error:
        raise lab_problem(error) from error


def find_folder(name: str, root: Path = LABS_ROOT) -> Path:
    if "/" in name or name in (".", ".."):
        return _own_folder(Path(name))
    if (root / name / "lab.yaml").is_file():
        return root / name
    known = [file.parent.name for file in root.glob("*/lab.yaml")]
    raise Problem(
        "unknown_lab",
        f"There is no lab “{name}”; {did_you_mean(name, known)}",
        "python manage.py labs list names them all; a folder is written with a slash: ./my-lab",
    )


def _own_folder(folder: Path) -> Path:
    folder = folder.expanduser()
    if not (folder / "lab.yaml").is_file():
        raise Problem(
            "unknown_lab",
            f"{folder} is not the folder of a lab: it has no lab.yaml.",
            "A new one is begun with: python manage.py labs new SLUG",
        )
    return folder.resolve()


def lab_problem(error: LabError) -> Problem:
    others = len(error.others)
    more = f" ({others} more like it)" if others else ""
    return Problem(
        "broken_lab",
        f"{error}{more}",
        f"python manage.py labs lint {error.file.parent}/ names everything that is wrong there.",
    )
