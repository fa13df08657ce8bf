import re

import pytest

from grader.cli.receipt import Receipt
from grader.cli.terminal import Terminal, columns
from grader.judge.verdict import Verdict
from grader.words.lexicon import load_words
from grader.words.render import render
from tests.verdicts import HOSTILE, crash, failing_finding, full_verdict, mixed_verdict, sidecar_lab

PLAIN = Terminal(width=80)


def receipt(verdict: Verdict, language: str = "en", terminal: Terminal = PLAIN) -> str:
    definition = sidecar_lab().definition
    report = render(verdict, definition, language)
    title = definition.title.in_language(language)
    return "\n".join(Receipt(report, title, load_words(language), terminal).lines())


def test_a_receipt_ticks_what_passed_and_says_what_was_seen_where_not() -> None:
    text = receipt(mixed_verdict())
    assert re.search(r"├ ✓  15/15 .*\(workload\)", text)
    assert re.search(r"├ ✗   0/15 .*\(read-only\)", text)
    assert "volumeMounts[0].readOnly = false" in text
    assert "kubectl get pod -o yaml" in text


def test_what_could_not_be_checked_is_a_triangle_and_costs_nothing() -> None:
    text = receipt(mixed_verdict())
    assert re.search(r"├ △   \?/35 .*\(log-flow\)", text)
    assert "35 points are open" in text


def test_a_question_without_an_answer_is_not_shown_as_wrong() -> None:
    assert re.search(r"└ ◌   0/35 .*\(quiz\)", receipt(mixed_verdict()))


def test_the_cause_stands_before_the_tasks_with_its_line_and_its_command() -> None:
    text = receipt(mixed_verdict(crash()))
    assert text.index("test_crash") < text.index("(workload)")
    assert "can't open '/logs/access.log'" in text
    assert "→ kubectl logs web-1 -c log-shipper --previous" in text
    assert "1 more follow" in text


def test_the_next_command_is_the_first_causes() -> None:
    foot = receipt(mixed_verdict(crash())).rsplit("points", 1)[1]
    assert "kubectl logs web-1" in foot


def test_without_a_cause_the_next_command_is_the_first_checks() -> None:
    assert "next  kubectl get pod -o yaml" in receipt(mixed_verdict())


def test_full_marks_end_with_a_tick() -> None:
    text = receipt(full_verdict())
    assert "✓ 100 of 100 points" in text
    assert "Everything is right." in text


def test_a_receipt_in_korean_is_korean() -> None:
    text = receipt(mixed_verdict(crash()), "ko")
    assert "100점 중 15점" in text
    assert "직접 보기" in text


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("width", [40, 57, 100])
def test_no_line_of_words_is_wider_than_the_terminal(language: str, width: int) -> None:
    """Commands are: they are there to be copied."""
    long = failing_finding(code="말이 아주 긴 코드 " * 20, command="")
    whole = mixed_verdict(crash(code="가나다라마바사아자차카타파하" * 9, next=""))
    task = type(whole.tasks[1])("read-only", "failed", 0, 15, (long,))
    verdict = type(whole)(**{**vars(whole), "tasks": (task,)})
    for line in receipt(verdict, language, Terminal(width=width)).splitlines():
        assert columns(line) <= width or "read-only)" in line


def test_what_was_said_already_is_not_said_in_full_again() -> None:
    whole = mixed_verdict()
    tasks = tuple(
        type(task)(task.id, "failed", 0, 20, (failing_finding(),)) for task in whole.tasks
    )
    text = receipt(type(whole)(**{**vars(whole), "tasks": tasks}))
    assert text.count("readOnly = false") == 1
    assert text.count("as above") == 3


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b[" not in receipt(mixed_verdict(crash()))
    coloured = receipt(mixed_verdict(crash()), terminal=Terminal(colours=True))
    assert "\x1b[31m✗\x1b[0m" in coloured
    assert coloured.startswith("\x1b[1msidecar-logging\x1b[0m")
    assert re.sub(r"\x1b\[\d*m", "", coloured) == receipt(mixed_verdict(crash()))


def test_without_signs_it_is_ascii() -> None:
    assert (
        receipt(mixed_verdict(crash()), terminal=Terminal(signs=False)).replace("·", "").isascii()
    )


def test_a_containers_text_cannot_steer_the_terminal() -> None:
    whole = mixed_verdict(crash(evidence=(HOSTILE,), next=HOSTILE))
    hostile = failing_finding(code=HOSTILE, command=HOSTILE, evidence=(HOSTILE,))
    task = type(whole.tasks[1])("read-only", "failed", 0, 15, (hostile,))
    text = receipt(type(whole)(**{**vars(whole), "tasks": (task,)}))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)


def test_commands_stay_whole_so_that_they_can_be_copied() -> None:
    command = "kubectl exec web-1 -c log-shipper -- sh -c 'printf \"a  b\"' " + "-v " * 40 + "end"
    text = receipt(mixed_verdict(crash(next=command)))
    assert f"→ {command}\n" in text
    assert f"next  {command}\n" in text
