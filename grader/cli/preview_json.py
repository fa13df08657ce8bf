"""What a learner reads, as data: key by key, so that nothing right slips in with the rest."""

from typing import Any

from grader.catalog import Lab
from grader.catalog.definition import Task
from grader.catalog.questions import AnyQuestion, ChoiceQuestion, LogLineQuestion
from grader.catalog.shuffle import shuffled
from grader.judge.verdict import Verdict
from grader.judge.versions import lab_version


class PreviewData:
    def __init__(self, lab: Lab, language: str, learner: str) -> None:
        self._lab = lab
        self._language = language
        self._learner = learner

    def page(self, hints: int, start: Verdict | None, *, explained: bool) -> dict[str, Any]:
        definition, language = self._lab.definition, self._language
        return {
            "schema": 1,
            "lab": self._lab.slug,
            "lab_version": lab_version(definition),
            "language": language,
            "minutes": definition.minutes,
            "title": definition.title.in_language(language),
            "summary": definition.summary.in_language(language),
            "objectives": list(definition.objectives.in_language(language)),
            "text": self._lab.text(language),
            "tasks": [self._task(task, hints, explained=explained) for task in definition.tasks],
            "start": {"score": start.score, "max_score": start.max_score} if start else None,
        }

    def _task(self, task: Task, hints: int, *, explained: bool) -> dict[str, Any]:
        language = self._language
        found: dict[str, Any] = {
            "id": task.id,
            "points": task.points,
            "title": task.title.in_language(language),
            "text": task.text.in_language(language),
            "questions": [self._question(task, question) for question in task.questions],
            "hints": [hint.in_language(language) for hint in task.hints[:hints]],
        }
        if explained:
            found["explanation"] = task.explanation.in_language(language)
        return found

    def _question(self, task: Task, question: AnyQuestion) -> dict[str, Any]:
        language = self._language
        found: dict[str, Any] = {
            "id": question.id,
            "kind": question.kind,
            "prompt": question.prompt.in_language(language),
        }
        if isinstance(question, LogLineQuestion):
            found["at_least"] = question.at_least
        if isinstance(question, ChoiceQuestion):
            seed = f"{self._learner}/{self._lab.slug}/{task.id}/{question.id}"
            found["choices"] = [
                {"value": choice.value, "text": choice.text.in_language(language)}
                for choice in shuffled(question.choices, seed)
            ]
        return found
