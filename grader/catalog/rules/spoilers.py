"""Titles, tasks and questions ask; they do not answer."""

import re
from collections.abc import Iterator, Mapping

from grader.catalog.checks import Condition
from grader.catalog.definition import Task
from grader.catalog.questions import ChoiceQuestion, Question
from grader.catalog.rules.complaint import Complaint, Subject
from grader.catalog.words import LANGUAGES

# No word boundaries: a Korean particle follows without one (`readOnly를`, `kubectl로`).
# `readOnly`, `targetPort`: what one would write into a manifest.
FIELD = re.compile(r"(?<![A-Za-z])[a-z]+[A-Z][A-Za-z]+(?![A-Za-z])")
COMMAND = re.compile(
    r"(?<![A-Za-z])(?:kubectl(?![A-Za-z])|[a-zA-Z]+: *(?:true(?![A-Za-z])|false(?![A-Za-z])|\d+))"
)
# The answer of a whole kind of check, in plain words.
ANSWERS: Mapping[str, re.Pattern[str]] = {
    "read_only_mount": re.compile(r"read[- ]?only|읽기 ?전용", re.IGNORECASE),
    "shared_volume": re.compile(
        r"(?:same|one|common|shared?|sharing)(?: an?| the)? volume"
        r"|(?:같은|공유|공통|한|하나의) ?볼륨|볼륨(?: 하나)?[을를]? ?(?:공유|함께|같이|나눠)",
        re.IGNORECASE,
    ),
}
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
        told = ANSWERS[check.kind].search(title) if check.kind in ANSWERS else None
        if told:
            return told[0]
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
    return bool(
        re.search(rf"(?<![A-Za-z0-9]){re.escape(answer)}(?![A-Za-z0-9])", prompt, re.IGNORECASE)
    )
