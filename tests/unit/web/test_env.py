from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from web.env import envbool, envchoice, envint, envlist, envsecret, envtext


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODLAB_X", "  ")
    assert envtext("PODLAB_X", "default") == "default"
    assert envbool("PODLAB_X", default=True)
    assert envint("PODLAB_X", default=3, low=1, high=9) == 3
    assert envlist("PODLAB_X", default=["a"]) == ["a"]


@pytest.mark.parametrize(("word", "value"), [("True", True), ("1", True), ("off", False)])
def test_usual_words_for_yes_and_no_are_understood(
    monkeypatch: pytest.MonkeyPatch, word: str, value: bool
) -> None:
    monkeypatch.setenv("PODLAB_X", word)
    assert envbool("PODLAB_X", default=not value) is value


def test_a_word_that_is_neither_yes_nor_no_names_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PODLAB_X", "maybe")
    with pytest.raises(ImproperlyConfigured, match="PODLAB_X is “maybe”: write PODLAB_X=true"):
        envbool("PODLAB_X", default=False)


@pytest.mark.parametrize("word", ["x", "0", "10", "-1", "1.5", "٣"])
def test_a_number_out_of_range_names_the_range(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("PODLAB_X", word)
    with pytest.raises(ImproperlyConfigured, match="from 1 to 9, such as PODLAB_X=3"):
        envint("PODLAB_X", default=3, low=1, high=9)


def test_an_unknown_choice_lists_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODLAB_X", "c")
    with pytest.raises(ImproperlyConfigured, match="write one of a, b, such as PODLAB_X=a"):
        envchoice("PODLAB_X", ["b", "a"], default="a")


def test_a_list_is_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODLAB_X", "a, b,,c ")
    assert envlist("PODLAB_X", default=[]) == ["a", "b", "c"]


def test_a_secret_is_read_from_the_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("PODLAB_X_FILE", str(tmp_path / "secret"))
    assert envsecret("PODLAB_X") == "s3cret"


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODLAB_X", "hunter2")
    monkeypatch.setenv("PODLAB_X_FILE", "/nowhere")
    with pytest.raises(ImproperlyConfigured, match="Both PODLAB_X and PODLAB_X_FILE") as caught:
        envsecret("PODLAB_X")
    assert "hunter2" not in str(caught.value)


def test_a_missing_secret_file_names_setting_and_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODLAB_X_FILE", "/nowhere/secret")
    with pytest.raises(ImproperlyConfigured, match="PODLAB_X_FILE names /nowhere/secret, which"):
        envsecret("PODLAB_X")


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_an_empty_or_binary_secret_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv("PODLAB_X_FILE", str(tmp_path / "secret"))
    with pytest.raises(ImproperlyConfigured, match="PODLAB_X_FILE names"):
        envsecret("PODLAB_X")
