from grader.catalog.questions import Choice
from grader.catalog.shuffle import shuffled
from grader.catalog.words import Localised


def choices() -> list[Choice]:
    text = Localised(ko="글", en="text")
    return [Choice(value=value, text=text, why=text) for value in "abcde"]


def order(seed: str) -> str:
    return "".join(choice.value for choice in shuffled(choices(), seed))


def test_a_learner_sees_one_order_for_ever() -> None:
    assert order("alice/q") == order("alice/q")
    assert order("alice/q") == "bdcea"


def test_learners_see_different_orders() -> None:
    assert len({order(f"learner-{number}") for number in range(50)}) > 20


def test_nothing_is_lost_and_every_choice_comes_first_for_somebody() -> None:
    orders = {order(f"learner-{number}") for number in range(200)}
    assert {"".join(sorted(one)) for one in orders} == {"abcde"}
    assert {one[0] for one in orders} == set("abcde")


def test_the_order_does_not_depend_on_the_files() -> None:
    turned = shuffled(reversed(choices()), "alice/q")
    assert "".join(choice.value for choice in turned) == order("alice/q")
