"""Answers to questions: right where they fit the live Pod, or the declared facts of the start.

An answer is whatever a browser or a script sent. None of it may raise, and what is right is never
part of a finding.
"""

from collections.abc import Iterator
from typing import Any

from grader.catalog.questions import (
    AnyQuestion,
    ChoiceQuestion,
    LogLineQuestion,
    NumberQuestion,
    Question,
    TextQuestion,
)
from grader.catalog.shuffle import shuffled
from grader.evidence.sanitise import clean
from grader.evidence.views import ContainerView
from grader.judge.case import Case
from grader.judge.containers import describe, logs
from grader.judge.recent import is_error
from grader.judge.verdict import Finding

LONGEST_ANSWER = 1000
SHOWN = 60
# What people put around a piece of text, also on a telephone.
QUOTES = "`'\"\u201c\u201d\u2018\u2019.,:;"


def mark(question: AnyQuestion, task: str, case: Case) -> Finding:
    given = read_answer(case.evidence.answers.get(task, {}).get(question.id))
    command = _command(question, case)
    if not given:
        return Finding("failed", "answer_missing", {"question": question.id}, command)
    params = {"question": question.id, "given": clean(given, SHOWN)}
    if is_right(question, given, case):
        return Finding("passed", "answer_right", params, command)
    # What fits the live Pods is right as well: nobody can say “wrong” who did not see them.
    gap = case.gap_of_roles(question.live.role) if question.live else None
    if gap and gap.verdict == "unknown":
        return gap
    return Finding("failed", "answer_wrong", params, command)


def read_answer(given: Any) -> str:
    """One line of text without space around it; empty for whatever is no answer."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return ""
    if isinstance(given, float):
        given = int(given) if given.is_integer() else ""
    if isinstance(given, int) and given.bit_length() > 64:
        return ""
    words = str(given)[: LONGEST_ANSWER + 1]
    return " ".join(words.split()) if len(words) <= LONGEST_ANSWER else ""


def is_right(question: AnyQuestion, given: str, case: Case) -> bool:
    if isinstance(question, ChoiceQuestion):
        right = {_fold(choice.value) for choice in question.choices if choice.right}
        return _fold(given) in {*right, *map(_fold, _live(question, case))}
    if isinstance(question, NumberQuestion):
        number = _number(given)
        return number in question.right or str(number) in _live(question, case)
    if isinstance(question, TextQuestion):
        return _fold(given) in {_fold(it) for it in (*question.right, *_live(question, case))}
    return _stands_in(question, given, case)


def public_question(question: AnyQuestion, seed: str) -> dict[str, Any]:
    """What a browser may know before it has answered: no rights, no reasons."""
    shown: dict[str, Any] = {
        "id": question.id,
        "kind": question.kind,
        "prompt": question.prompt.model_dump(),
    }
    if isinstance(question, ChoiceQuestion):
        shown["choices"] = [
            {"value": choice.value, "text": choice.text.model_dump()}
            for choice in shuffled(question.choices, seed)
        ]
    if isinstance(question, LogLineQuestion):
        shown["at_least"] = question.at_least
    return shown


def _number(given: str) -> int | None:
    try:
        return int(given)
    except ValueError:
        return None


def _fold(words: str) -> str:
    return " ".join(words.split()).strip(QUOTES).casefold()


def _stands_in(question: LogLineQuestion, given: str, case: Case) -> bool:
    """A piece of the line that is long enough, or the line with something around it."""
    piece = _fold(given)
    lines = [_fold(line) for line in (*question.right, *_live(question, case))]
    return any(
        (len(piece) >= question.at_least and piece in line)
        or (len(line) >= question.at_least and line in piece)
        for line in lines
    )


def _live(question: Question, case: Case) -> frozenset[str]:
    """What the live Pods say; nothing where they are gone."""
    player = case.role(question.live.role) if question.live else None
    if player is None or question.live is None:
        return frozenset()
    fact = question.live.fact
    return frozenset(it for container in player.containers for it in _facts(fact, container, case))


def _facts(fact: str, container: ContainerView, case: Case) -> Iterator[str]:
    if fact == "exit_code":
        codes = (container.exit_code, container.last_exit_code)
        yield from (str(code) for code in codes if code is not None)
    elif fact == "state":
        yield _state(container)
    elif fact == "listening_port":
        seen = case.listening(container.pod.name, container.name)
        yield from (str(it.port) for it in (seen.listeners if seen else ()))
    else:
        yield from _error_lines(container, case)


def _state(container: ContainerView) -> str:
    if container.running:
        return "running"
    return "waiting" if container.exit_code is None else "terminated"


def _error_lines(container: ContainerView, case: Case) -> Iterator[str]:
    for previous in (False, True):
        log = case.log(container.pod.name, container.name, previous=previous)
        yield from (line.text for line in (log.lines if log else ()) if is_error(line.text))


def _command(question: Question, case: Case) -> str:
    player = case.role(question.live.role) if question.live else None
    if player is None or question.live is None:
        return case.kubectl("get", "pods")
    container = player.example
    if question.live.fact == "error_line":
        return logs(container, case, previous=container.restarts > 0)
    return describe(container, case)
