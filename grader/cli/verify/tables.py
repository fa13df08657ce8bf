"""The outcome of `labs verify` for people, for scripts, and for docs/accuracy.md."""

from collections.abc import Iterator, Sequence
from typing import Any

from grader.cli.terminal import Terminal, columns, pad
from grader.cli.verify.promise import Outcome, all_diagnoses
from grader.cli.verify.totals import Totals, total

MARKDOWN_HEAD = """# How right the grader is

Every start, solution and mutant of `labs/`, applied to the embedded cluster, graded, and compared
with what its author promised. A *false pass* is a task that passed and should have failed, a *false
fail* the other way round; both have to be 0. The *mutation score* is the share of mutants whose
broken tasks were all found. `make accuracy` makes this table anew; `manage.py labs verify --stored`
judges the stored evidence of the same runs."""


def row(outcome: Outcome, terminal: Terminal, width: int) -> Iterator[str]:
    mark = terminal.mark("passed" if outcome.kept else "failed")
    name = pad(f"{outcome.lab}  {outcome.proof.title}", width)
    score = f"{_score(outcome):>3}/{outcome.expected_score:<3}"
    yield f"{mark} {name}  {score} {outcome.seconds:5.1f} s  {_codes(outcome)}".rstrip()
    for found in outcome.differences:
        yield f"    {terminal.sign('next')} {found.message}"


def row_width(outcomes: Sequence[tuple[str, str]]) -> int:
    return max((columns(f"{lab}  {title}") for lab, title in outcomes), default=0)


def summary(outcomes: Sequence[Outcome], terminal: Terminal) -> str:
    totals = total(outcomes)
    mark = terminal.mark("passed" if totals.kept == totals.runs else "failed")
    return (
        f"{mark} {totals.kept} of {totals.runs} as promised; {totals.verdicts} verdicts, "
        f"{totals.false_passes} false passes, {totals.false_fails} false fails, "
        f"{totals.unknown} unknown; mutation score {totals.mutation_score}"
    )


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "schema": 1,
        "totals": total(outcomes).to_json(),
        "runs": [_entry(outcome) for outcome in outcomes],
    }


def _entry(outcome: Outcome) -> dict[str, Any]:
    verdict = outcome.verdict
    return {
        "lab": outcome.lab,
        "kind": outcome.proof.kind,
        "name": outcome.proof.name,
        "says": outcome.proof.run.says,
        "as_promised": outcome.kept,
        "differences": [vars(found) for found in outcome.differences],
        "score": verdict.score if verdict else None,
        "expected_score": outcome.expected_score,
        "tasks": {task.id: task.verdict for task in verdict.tasks} if verdict else {},
        "diagnoses": _diagnoses(outcome),
        "grades": outcome.grades,
        "seconds": round(outcome.seconds, 2),
    }


def markdown(outcomes: Sequence[Outcome]) -> str:
    labs = sorted({outcome.lab for outcome in outcomes})
    parts = [MARKDOWN_HEAD, "\n".join(_totals_table(labs, outcomes))]
    for lab in labs:
        own = [outcome for outcome in outcomes if outcome.lab == lab]
        parts.append(f"## {lab}")
        parts.append("\n".join(_lab_table(own)))
    return "\n\n".join(parts)


def _totals_table(labs: Sequence[str], outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield (
        "| lab | solutions | starts | mutants | verdicts | false pass | false fail | unknown "
        "| mutation score | as promised |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for lab in labs:
        yield _totals_row(lab, total([one for one in outcomes if one.lab == lab]))
    yield _totals_row("**all**", total(outcomes))


def _totals_row(name: str, totals: Totals) -> str:
    cells = (
        totals.solutions,
        totals.starts,
        totals.mutants,
        totals.verdicts,
        totals.false_passes,
        totals.false_fails,
        totals.unknown,
        totals.mutation_score,
        f"{totals.kept} of {totals.runs}",
    )
    return f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |"


def _lab_table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "| run | what is special | fails | score | diagnoses | as promised |"
    yield "|---|---|---|--:|---|---|"
    for outcome in outcomes:
        failed = _failed(outcome)
        kept = "yes" if outcome.kept else "; ".join(one.message for one in outcome.differences)
        cells = (
            outcome.proof.title,
            outcome.proof.run.says,
            failed,
            _score(outcome),
            _codes(outcome),
            f"**no**: {kept}" if not outcome.kept else kept,
        )
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _failed(outcome: Outcome) -> str:
    tasks = outcome.verdict.tasks if outcome.verdict else ()
    return ", ".join(task.id for task in tasks if task.verdict == "failed")


def _score(outcome: Outcome) -> str:
    return str(outcome.verdict.score) if outcome.verdict else "-"


def _diagnoses(outcome: Outcome) -> list[str]:
    found = all_diagnoses(outcome.verdict.diagnoses) if outcome.verdict else ()
    return list(dict.fromkeys(one.code for one in found))


def _codes(outcome: Outcome) -> str:
    return ", ".join(_diagnoses(outcome))
