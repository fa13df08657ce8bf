"""What strangers wrote is safe to keep and to show, and stays the same when cleaned again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evidence.sanitise import (
    DEEPEST,
    LARGEST_FILE,
    LARGEST_TEXT,
    LONGEST_LIST,
    REDACTED,
    _plain,
    _scrub,
    clean,
    clean_object,
)

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
# Odd characters and the beginnings of secrets come more often than chance would have them.
PIECES = st.sampled_from(
    (
        "\x1b[31m",
        "\x1b]0;title\x07",
        "\x1b",
        "\x9b2J",
        "\x00",
        "\r\n",
        "\t",
        "\u202e",
        "\u2028",
        "\ud800",
        "한글",
        "Bearer ",
        "abcdefgh12345678",
        TOKEN,
        "redis://:",
        "pass@",
        "PASSWORD=",
        "[redacted]",
        "[cut 12 bytes]",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "=",
        ":",
    )
)
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=12).map("".join)
KEYS = st.sampled_from(("data", "env", "name", "value", "kind", "MYSQL_PASSWORD")) | TEXTS
NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(TEXTS, st.integers(24, 200))
def test_cleaning_twice_changes_nothing_more(text: str, largest: int) -> None:
    once = clean(text, largest)
    assert clean(once, largest) == once


@given(TEXTS, st.integers(24, 200))
def test_clean_text_is_short_and_harmless(text: str, largest: int) -> None:
    cleaned = clean(text, largest)
    assert len(cleaned.encode()) <= largest
    assert not any(ord(it) < 32 and it not in "\n\t" for it in cleaned)
    assert not any(0x7F <= ord(it) < 0xA0 or it in "\u202e\u2028" for it in cleaned)


@given(NODES)
def test_a_clean_object_is_json_and_stays_as_it_is(node: object) -> None:
    once, _ = clean_object(node)
    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert clean_object(once) == (once, ())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("a\x00b", "a\ufffdb"),
        ("a\r\nb\tc\x7f", "a\nb\tc"),
        ("evil\u202etxt", "evil[U+202E]txt"),
        ("half \ud83d", "half \ufffd"),
        (f"token {TOKEN} here", f"token {REDACTED} here"),
        ("Authorization: Bearer abcdef123456", f"Authorization: Bearer {REDACTED}"),
        ("redis://:hunter2@redis:6379", f"redis://:{REDACTED}@redis:6379"),
        ("mysql://root:hunter2@db/app", f"mysql://root:{REDACTED}@db/app"),
        ("http://localhost:8080/a@b", "http://localhost:8080/a@b"),
        ("export MYSQL_ROOT_PASSWORD=hunter2 x", f"export MYSQL_ROOT_PASSWORD={REDACTED} x"),
        ("MYSQL_ALLOW_EMPTY_PASSWORD=yes", "MYSQL_ALLOW_EMPTY_PASSWORD=yes"),
        ("(using password: YES)", "(using password: YES)"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123", REDACTED),
        ("AKIAABCDEFGHIJKLMNOP", REDACTED),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest",
            f"{REDACTED}\nrest",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIE and no end", REDACTED),
        ('"GET /x1y2z3a4b5c6d7e8 HTTP/1.1" 404', '"GET /x1y2z3a4b5c6d7e8 HTTP/1.1" 404'),
    ],
)
def test_controls_and_secrets_go_and_all_else_stays(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_what_is_too_long_says_how_much_was_cut() -> None:
    assert clean("x" * 5000, 100) == "x" * 84 + "[cut 4916 bytes]"
    assert len(clean("가" * 5000).encode()) <= LARGEST_TEXT


def test_a_cut_never_splits_a_character() -> None:
    assert clean("가" * 100, 50).startswith("가가가")
    assert "\ufffd" not in clean("가" * 100, 50)


def test_what_only_machines_read_is_left_out_of_objects() -> None:
    pod = {
        "kind": "Pod",
        "metadata": {
            "name": "web",
            "resourceVersion": "12",
            "managedFields": [{"manager": "kubectl"}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"},
        },
    }
    assert clean_object(pod) == (
        {"kind": "Pod", "metadata": {"name": "web", "annotations": {"a": "b"}}},
        (),
    )


def test_values_of_a_secret_are_never_kept() -> None:
    secret = {"kind": "Secret", "data": {"a": "aHVudGVyMg=="}, "stringData": {"a": "hunter2"}}
    assert clean_object(secret) == ({"kind": "Secret"}, ())


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("MYSQL_ROOT_PASSWORD", "hunter2", REDACTED),
        ("GITHUB_TOKEN", "hunter2", REDACTED),
        ("CLIENT_SECRET", "hunter2", REDACTED),
        ("DB_PASS", "hunter2", REDACTED),
        ("API_KEY2", "hunter2", REDACTED),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "true", "true"),
        ("MYSQL_RANDOM_ROOT_PASSWORD", "1", "1"),
        ("MYSQL_ROOT_PASSWORD", "", ""),
        ("MYSQL_ROOT_PASSWORD_FILE", "/run/secret", "/run/secret"),
        ("COMPASS", "north", "north"),
    ],
)
def test_a_password_in_a_variable_goes_and_that_it_is_set_stays(
    name: str, value: str, kept: str
) -> None:
    spec = {"env": [{"name": name, "value": value}, {"name": "A", "value": "b"}]}
    assert clean_object(spec)[0]["env"] == [
        {"name": name, "value": kept},
        {"name": "A", "value": "b"},
    ]


def test_a_password_in_a_config_map_goes_too() -> None:
    found, _ = clean_object({"data": {"redis-password": "x", "REDIS_PASSWORD": "y", "HOST": "z"}})
    assert found["data"] == {"redis-password": REDACTED, "REDIS_PASSWORD": REDACTED, "HOST": "z"}


def test_a_file_in_a_config_map_may_be_longer_than_other_text() -> None:
    long = "x" * (LARGEST_FILE + 10)
    found, cuts = clean_object({"data": {"haproxy.cfg": long}, "other": long})
    assert LARGEST_FILE - 20 < len(found["data"]["haproxy.cfg"]) <= LARGEST_FILE
    assert LARGEST_TEXT - 20 < len(found["other"]) <= LARGEST_TEXT
    assert [(cut.what, cut.why) for cut in cuts] == [
        ("data.haproxy.cfg", "string"),
        ("other", "string"),
    ]


def test_what_is_too_deep_or_too_many_is_cut() -> None:
    deep: object = "end"
    for _ in range(DEEPEST + 5):
        deep = {"a": deep}
    _, cuts = clean_object({"deep": deep, "many": list(range(LONGEST_LIST + 3))})
    assert [(cut.why, cut.bytes) for cut in cuts] == [("depth", 0), ("list", 3)]


def test_numbers_that_json_cannot_carry_everywhere_become_nothing() -> None:
    assert clean_object([2**70, float("inf"), float("nan"), 1.5, True])[0] == [
        None,
        None,
        None,
        1.5,
        True,
    ]


def test_keys_that_are_no_text_and_values_of_no_type_of_json_are_left_out() -> None:
    assert clean_object({1: "a", "b": object(), "c": (1, 2)})[0] == {"b": None, "c": [1, 2]}


@given(st.lists(PIECES | st.text(max_size=3), max_size=8))
def test_the_quick_look_spares_nothing_that_has_to_be_scrubbed(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert _plain(text) == _scrub(text)
