"""`labs preview`: what a learner reads, without anything that is right or wrong in it."""

import argparse
import getpass
import sys
from collections.abc import Iterator
from pathlib import Path

from grader.catalog import Lab
from grader.catalog.definition import Task
from grader.catalog.questions import AnyQuestion, ChoiceQuestion, LogLineQuestion
from grader.catalog.shuffle import shuffled
from grader.cli.judging import read_evidence_file
from grader.cli.lab_choice import find_folder, open_lab
from grader.cli.language import choose_language
from grader.cli.outcome import Exit
from grader.cli.preview_json import PreviewData
from grader.cli.terminal import fold, terminal_of, write, write_json
from grader.judge.engine import judge
from grader.judge.verdict import Verdict
from grader.words.lexicon import Lexicon, load_words


def preview(options: argparse.Namespace) -> int:
    lab = open_lab(options.lab)
    language = choose_language(options.language)
    start = _judge_start(find_folder(options.lab), lab)
    if options.output == "json":
        data = PreviewData(lab, language, learner())
        write_json(data.page(options.hints, start, explained=options.explanations))
        return Exit.FULL
    page = Page(lab, load_words(language), learner())
    write("\n".join(page.lines(options.hints, explained=options.explanations)))
    if start:
        said = page.words.say("preview_start", score=start.score, max_score=start.max_score)
        write(f"\n{said}")
    return Exit.FULL


def learner() -> str:
    """Whose order of choices is shown: the person at the terminal's."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return "learner"


class Page:
    def __init__(self, lab: Lab, words: Lexicon, learner: str) -> None:
        self._lab = lab
        self._learner = learner
        self._terminal = terminal_of(sys.stdout)
        self.words = words

    def lines(self, hints: int, *, explained: bool) -> Iterator[str]:
        definition, language = self._lab.definition, self.words.language
        title = self._terminal.paint(definition.title.in_language(language), "strong")
        minutes = self.words.say("preview_minutes", minutes=definition.minutes)
        yield f"{title} {self._terminal.sign('dot')} {minutes}"
        yield from self._fold(definition.summary.in_language(language))
        for objective in definition.objectives.in_language(language):
            yield from self._fold(objective, f"{self._terminal.sign('dot')} ")
        yield ""
        yield self._lab.text(language).rstrip()
        for task in definition.tasks:
            yield ""
            yield from self._task(task, hints, explained=explained)

    def _task(self, task: Task, hints: int, *, explained: bool) -> Iterator[str]:
        language = self.words.language
        points = self.words.say("preview_points", points=task.points)
        title = self._terminal.paint(task.title.in_language(language), "strong")
        name = self._terminal.paint(f"({task.id})", "faint")
        yield f"{self._terminal.mark('waiting')} {title} {name} {points}"
        yield from self._fold(task.text.in_language(language), "  ")
        for question in task.questions:
            yield from self._question(task, question)
        for number, hint in enumerate(task.hints[:hints], start=1):
            head = self.words.say("preview_hint", number=number, count=len(task.hints))
            yield from self._fold(f"{head}: {hint.in_language(language)}", "  ")
        if explained:
            head = self.words.say("preview_explanation")
            yield from self._fold(f"{head}: {task.explanation.in_language(language)}", "  ")

    def _question(self, task: Task, question: AnyQuestion) -> Iterator[str]:
        language = self.words.language
        at_least = question.at_least if isinstance(question, LogLineQuestion) else 0
        form = self.words.say(f"preview_{question.kind}", at_least=at_least)
        prompt = question.prompt.in_language(language)
        yield from self._fold(f"{self.words.say('preview_question')}: {prompt} ({form})", "  ")
        if isinstance(question, ChoiceQuestion):
            seed = f"{self._learner}/{self._lab.slug}/{task.id}/{question.id}"
            for choice in shuffled(question.choices, seed):
                yield from self._fold(f"{choice.text.in_language(language)}", "    ( ) ")

    def _fold(self, text: str, margin: str = "") -> Iterator[str]:
        space = " " * len(margin)
        for number, line in enumerate(fold(text, self._terminal.width - len(margin))):
            yield f"{space if number else margin}{line}"


def _judge_start(folder: Path, lab: Lab) -> Verdict | None:
    """What the start scores, where its evidence is stored."""
    file = folder / "cases" / "start.json"
    return judge(lab, read_evidence_file(file, lab.slug)) if file.is_file() else None
