"""Titles, tasks and questions ask; they do not answer."""

import re
from collections.abc import Iterator

from grader.catalog.checks import Condition
from grader.catalog.definition import Task
from grader.catalog.questions import ChoiceQuestion, Question
from grader.catalog.rules.complaint import Complaint, Subject
from grader.catalog.words import LANGUAGES

# `readOnly`, `targetPort`: what one would write into a manifest.
FIELD = re.compile(r"\b[a-z]+[A-Z][A-Za-z]+\b")
COMMAND = re.compile(r"\bkubectl\b|\b[a-zA-Z]+: *(?:true|false|\d+)\b")
WORD = re.compile(r"[A-Za-z][A-Za-z-]{3,}")
# Stand in every expression.
PLAIN_WORDS = frozenset({"spec", "status", "metadata", "workload", "container", "pod", "exists"})


def titles_give_nothing_away(subject: Subject) -> Iterator[Complaint]:
    for number, task in enumerate(subject.definition.tasks):
        for language in LANGUAGES:
            word = _spoiler(task, task.title.in_language(language))
            if word:
                yield subject.complain(
                    "spoiler",
                    ("tasks", number, "title", language),
                    f"the title of “{task.id}” gives the answer away: “{word}”.",
                    "Say what should be so for the learner, not what to write.",
                )


def _spoiler(task: Task, title: str) -> str:
    found = FIELD.search(title) or COMMAND.search(title)
    if found:
        return str(found[0])
    words = {word.lower() for word in WORD.findall(title)}
    for check in task.checks:
        if isinstance(check, Condition):
            own = {word.lower() for word in WORD.findall(f"{check.field} {check.expression}")}
            shared = (words & own) - PLAIN_WORDS - set(task.id.split("-"))
            if shared:
                return str(min(shared))
    return ""


def questions_do_not_answer_themselves(subject: Subject) -> Iterator[Complaint]:
    for number, task in enumerate(subject.definition.tasks):
        for place, question in enumerate(task.questions):
            for language in LANGUAGES:
                prompt = question.prompt.in_language(language)
                told = [one for one in _right(question, language) if _stands_in(one, prompt)]
                if told:
                    yield subject.complain(
                        "spoiler",
                        ("tasks", number, "questions", place, "prompt", language),
                        f"the question “{question.id}” holds its answer: “{told[0]}”.",
                        "Ask without it.",
                    )


def _right(question: Question, language: str) -> list[str]:
    if isinstance(question, ChoiceQuestion):
        right = [choice for choice in question.choices if choice.right]
        return [word for one in right for word in (one.value, one.text.in_language(language))]
    return [str(value) for value in getattr(question, "right", ())]


def _stands_in(answer: str, prompt: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", prompt, re.IGNORECASE))
