"""Answers: right by the live Pod or by the declared facts; odd ones are wrong and never raise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from grader.catalog.questions import AnyQuestion
from grader.judge.questions import public_question, read_answer
from tests.unit.judge.labs import BOTH, container, deployment, findings, standing
from tests.workspaces import Workspace

ROLES = {"it": {"images": ["busybox"]}}


def live(fact: str) -> dict[str, str]:
    return {"role": "it", "fact": fact}


EXIT_CODE = {"id": "exit_code", "kind": "number", "prompt": BOTH, "right": [1]}
PORT = {
    "id": "port",
    "kind": "number",
    "prompt": BOTH,
    "right": [80],
    "live": live("listening_port"),
}
MISSING = {
    "id": "missing",
    "kind": "text",
    "prompt": BOTH,
    "right": ["MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD"],
}
LINE = {
    "id": "log_line",
    "kind": "log_line",
    "prompt": BOTH,
    "right": ["sleep: invalid option -- '1'"],
    "live": live("error_line"),
}
CHOICES = [
    {"value": value, "text": BOTH, "why": BOTH, "right": value == "running"}
    for value in ("running", "waiting", "terminated")
]
STATE = {
    "id": "state",
    "kind": "choice",
    "prompt": BOTH,
    "choices": CHOICES,
    "live": live("state"),
}
EVERY_KIND = [EXIT_CODE, PORT, MISSING, LINE, STATE]


def answered(question: dict[str, Any], given: Any, workspace: Workspace | None = None) -> str:
    workspace = workspace or standing()
    workspace.answers = {"task": {question["id"]: given}}
    return findings(workspace, questions=[question], roles=ROLES)[0].code


@pytest.mark.parametrize("given", [1, "1", " 1 ", 1.0, "+1", "01"])
def test_a_number_may_come_in_many_forms(given: Any) -> None:
    assert answered(EXIT_CODE, given) == "answer_right"


@pytest.mark.parametrize("given", [2, "one", "1.0", "1 2", 1.5, "1" * 400])
def test_another_number_is_wrong(given: Any) -> None:
    assert answered(EXIT_CODE, given) in {"answer_wrong", "answer_missing"}


@pytest.mark.parametrize(
    "given",
    [None, "", "  ", True, False, [], [1], {}, {"a": 1}, "x" * 5000, 2**80, float("nan")],
)
def test_what_is_no_answer_is_none(given: Any) -> None:
    assert answered(EXIT_CODE, given) == "answer_missing"


def test_a_number_may_be_that_of_the_live_pod() -> None:
    workspace = standing(deployment(container("it")))
    workspace.listens("it", 8081)
    assert answered(PORT, 8081, workspace) == "answer_right"
    assert answered(PORT, 80, workspace) == "answer_right"
    assert answered(PORT, 8080, workspace) == "answer_wrong"


def test_exit_codes_of_now_and_of_before_count() -> None:
    workspace = standing(deployment(container("it")))
    workspace.status("it").update(
        state={"terminated": {"exitCode": 3}}, lastState={"terminated": {"exitCode": 4}}
    )
    question = EXIT_CODE | {"live": live("exit_code")}
    assert [answered(question, code, workspace) for code in (3, 4, 1, 5)] == [
        "answer_right",
        "answer_right",
        "answer_right",
        "answer_wrong",
    ]


@pytest.mark.parametrize(
    "given", ["MYSQL_ROOT_PASSWORD", "mysql_root_password", " `MYSQL_ALLOW_EMPTY_PASSWORD` "]
)
def test_a_word_counts_without_case_and_quotes(given: str) -> None:
    assert answered(MISSING, given) == "answer_right"


def test_another_word_is_wrong() -> None:
    assert answered(MISSING, "MYSQL") == "answer_wrong"


@pytest.mark.parametrize(
    "given",
    [
        "invalid option",
        "sleep: invalid option -- '1'",
        "  Invalid   Option -- ",
        "someother-1 sleep: invalid option -- '1'",
    ],
)
def test_a_piece_of_the_error_line_that_is_long_enough_is_right(given: str) -> None:
    assert answered(LINE, given) == "answer_right"


@pytest.mark.parametrize("given", ["invalid", "option", "something else entirely"])
def test_a_short_or_another_piece_is_wrong(given: str) -> None:
    assert answered(LINE, given) == "answer_wrong"


@pytest.mark.parametrize("previous", [False, True])
def test_the_error_line_of_the_live_pod_counts(previous: bool) -> None:
    workspace = standing(deployment(container("it")))
    workspace.says("it", ("", "1"), ("", "sleep: invalid number '-100'"), previous=previous)
    workspace.status("it").update(restartCount=2)
    assert answered(LINE, "invalid number", workspace) == "answer_right"


def test_a_line_that_is_no_error_is_no_answer() -> None:
    workspace = standing(deployment(container("it")))
    workspace.says("it", ("", "all is well here"))
    assert answered(LINE, "all is well here", workspace) == "answer_wrong"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({}, "running"),
        ({"state": {"waiting": {"reason": "CrashLoopBackOff"}}}, "waiting"),
        ({"state": {"terminated": {"exitCode": 1}}}, "terminated"),
    ],
)
def test_the_state_of_the_live_pod_counts(status: dict[str, Any], state: str) -> None:
    workspace = standing(deployment(container("it")))
    workspace.status("it").update(status)
    assert answered(STATE, state, workspace) == "answer_right"


def test_a_choice_may_be_spelt_with_a_capital_letter() -> None:
    assert answered(STATE, " Running ") == "answer_right"


def test_a_choice_that_is_none_is_wrong() -> None:
    assert answered(STATE, "asleep") == "answer_wrong"


def test_once_the_pod_is_gone_the_declared_facts_count() -> None:
    workspace = standing(deployment(container("x", image="y"), name="other"))
    assert answered(STATE, "running", workspace) == "answer_right"
    assert answered(PORT, 80, workspace) == "answer_right"


def test_the_finding_says_what_was_given_and_where_to_look_and_not_what_is_right() -> None:
    workspace = standing(deployment(container("it")))
    workspace.answers = {"task": {"log_line": "nonsense\x1b[31m here" + "x" * 200}}
    found = findings(workspace, questions=[LINE], roles=ROLES)[0]
    assert found.command == "kubectl -n learner-1 logs web-5d4f8-0 -c it --tail=20"
    assert found.params["given"].startswith("nonsense here")
    assert "invalid" not in json.dumps(dict(found.params))


def test_a_question_about_a_state_points_at_the_pod() -> None:
    workspace = standing(deployment(container("it")))
    found = findings(workspace, questions=[STATE], roles=ROLES)[0]
    assert found.command == "kubectl -n learner-1 describe pod web-5d4f8-0"


def question_of(plain: dict[str, Any]) -> AnyQuestion:
    found: AnyQuestion = TypeAdapter(AnyQuestion).validate_python(plain)
    return found


@pytest.mark.parametrize("plain", EVERY_KIND, ids=lambda it: str(it["kind"]))
def test_what_goes_to_the_browser_holds_no_answer(plain: dict[str, Any]) -> None:
    shown = public_question(question_of(plain), "alice")
    assert not {"right", "why", "live"} & set(shown)
    assert not any({"right", "why"} & set(choice) for choice in shown.get("choices", []))
    assert shown["prompt"] == BOTH


def test_choices_come_in_an_order_of_each_learners_own() -> None:
    question = question_of(STATE)
    orders = {
        seed: tuple(it["value"] for it in public_question(question, seed)["choices"])
        for seed in ("alice", "bob", "carol", "dave", "erin", "frank")
    }
    assert len(set(orders.values())) > 1
    assert {tuple(sorted(order)) for order in orders.values()} == {
        ("running", "terminated", "waiting")
    }
    again = tuple(it["value"] for it in public_question(question, "alice")["choices"])
    assert again == orders["alice"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON, st.sampled_from(EVERY_KIND))
def test_no_answer_whatever_breaks_the_judge(given: Any, question: dict[str, Any]) -> None:
    assert answered(question, given) in {"answer_right", "answer_wrong", "answer_missing"}
    assert isinstance(read_answer(given), str)
