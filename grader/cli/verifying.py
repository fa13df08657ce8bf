"""`labs verify`: every start, solution and mutant on a real cluster."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from grader.catalog.folders import Proof, read_proofs
from grader.catalog.loader import LabError, lab_folders, load_lab
from grader.catalog.suggestions import did_you_mean
from grader.cli.lab_choice import LABS_ROOT, find_folder, lab_problem
from grader.cli.outcome import Exit
from grader.cli.progress import ProgressLine
from grader.cli.target import choose_target
from grader.cli.terminal import terminal_of, write, write_json
from grader.cli.verify.crew import Crew
from grader.cli.verify.promise import Outcome
from grader.cli.verify.runs import Runner, Task, rejudge
from grader.cli.verify.stage import Stage
from grader.cli.verify.tables import as_json, markdown, row, row_width, summary
from host.errors import Problem


def verify(options: argparse.Namespace) -> int:
    folders = [find_folder(name) for name in options.lab] or lab_folders(LABS_ROOT)
    tasks = _tasks(folders, options.only)
    outcomes = _rejudge(options, tasks) if options.stored else _run(options, tasks)
    _show(options, outcomes)
    return Exit.FULL if all(one.kept for one in outcomes) else Exit.NOT_FULL


def _run(options: argparse.Namespace, tasks: list[Task]) -> list[Outcome]:
    target = choose_target(options)
    stage = Stage(target)
    runner = Runner(stage, target, record=options.record)
    try:
        return _watch(Crew(runner.run, tasks, options.jobs), tasks, rows=options.output == "text")
    finally:
        stage.close()


def _rejudge(options: argparse.Namespace, tasks: list[Task]) -> list[Outcome]:
    def work(task: Task) -> Outcome:
        return rejudge(task, record=options.record)

    return _watch(Crew(work, tasks, 1), tasks, rows=options.output == "text")


def _show(options: argparse.Namespace, outcomes: list[Outcome]) -> None:
    if options.output == "json":
        write_json(as_json(outcomes))
    elif options.output == "markdown":
        write(markdown(outcomes))
    else:
        write(summary(outcomes, terminal_of(sys.stdout)))


def _tasks(folders: list[Path], only: list[str]) -> list[Task]:
    tasks: list[Task] = []
    for folder in folders:
        try:
            lab, proofs = load_lab(folder), read_proofs(folder)
        except LabError as error:
            raise lab_problem(error) from error
        for proof in proofs:
            if not only or any(part in run_name(proof) for part in only):
                tasks.append(Task(len(tasks), lab, proof))
    if not tasks:
        names = sorted({run_name(proof) for folder in folders for proof in read_proofs(folder)})
        wanted = ", ".join(only)
        near = did_you_mean(wanted, names)
        raise Problem("no_runs", f"No run is called “{wanted}”; {near}", "Name a part of one.")
    return tasks


def run_name(proof: Proof) -> str:
    return proof.case.stem


def _watch(crew: Crew, tasks: list[Task], *, rows: bool) -> list[Outcome]:
    """Rows as they come where they are the output; what is going on, on a terminal."""
    terminal = terminal_of(sys.stdout)
    width = row_width([(task.lab.slug, task.proof.title) for task in tasks])
    outcomes: list[Outcome] = []
    with ProgressLine() as line:
        for outcome in _told(crew, len(tasks), line):
            outcomes.append(outcome)
            if rows:
                line.clear()
                write("\n".join(row(outcome, terminal, width)))
                sys.stdout.flush()
    order = {task.proof.folder: task.number for task in tasks}
    return sorted(outcomes, key=lambda one: order[one.proof.folder])


def _told(crew: Crew, count: int, line: ProgressLine) -> Iterator[Outcome]:
    line.tell(f"0 of {count} done")
    for number, outcome in enumerate(crew.outcomes(), start=1):
        yield outcome
        names = ", ".join(task.proof.name for task in list(crew.current.values()))
        line.tell(f"{number} of {count} done; now {names}")
