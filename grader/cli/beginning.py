"""`labs new`: a folder that reads well and says what to write into it next."""

import argparse
import re
from pathlib import Path

from grader.catalog import load_labs
from grader.catalog.words import SLUG
from grader.cli.lab_choice import LABS_ROOT
from grader.cli.outcome import Exit
from grader.cli.terminal import write
from host.errors import Problem

TEMPLATE = Path(__file__).with_name("new_lab")
LONGEST = 40
NEXT = """Made {folder}.

What to write next (docs/writing-a-lab.md has all of it):
  1. lab.yaml            tasks, roles, probes; hints and explanations in both languages
  2. text.ko.md, .en.md  the goal in two sentences, the concept, the steps
  3. start/              what a learner begins with; its score is start.score
  4. solutions/          three correct shapes or more, each in a folder with a run.yaml
  5. mutants/            twelve or more, each breaks one thing and names the task it fails

Look at it:   python manage.py labs preview {slug}
Check it:     python manage.py labs lint {slug}
Prove it:     python manage.py labs verify {slug} --record"""


def begin(options: argparse.Namespace) -> int:
    slug: str = options.slug
    if not re.fullmatch(SLUG, slug) or len(slug) > LONGEST:
        raise Problem(
            "bad_slug",
            f"“{slug}” cannot be the name of a lab: 1 to {LONGEST} of a-z, 0-9 and single “-”.",
            "For instance: python manage.py labs new log-rotation",
        )
    folder = LABS_ROOT / slug
    if folder.exists():
        raise Problem(
            "lab_exists", f"{folder} is there already.", f"python manage.py labs lint {slug}"
        )
    _copy(folder, slug)
    write(NEXT.format(folder=folder, slug=slug))
    return Exit.FULL


def _copy(folder: Path, slug: str) -> None:
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_file():
            target = folder / source.relative_to(TEMPLATE)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text(encoding="utf-8")
            filled = text.replace("SLUG", slug).replace("ORDER", str(_next_order()))
            target.write_text(filled, encoding="utf-8")


def _next_order() -> int:
    labs, _ = load_labs(LABS_ROOT)
    return min(99, max((lab.definition.order for lab in labs), default=0) + 1)
