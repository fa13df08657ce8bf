"""The few words of Redis that a probe says and hears."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.kube.http_over_tunnel import NoAnswerError
from grader.kube.redis_over_tunnel import NotRedisError, RedisTalk, Reply, command, read_reply


class Pieces:
    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def send(self, data: bytes) -> None:
        self.sent += data

    def receive(self, _largest: int, _seconds: float) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def test_a_command_is_an_array_of_words_counted_in_bytes() -> None:
    assert command("SET", "키", "1") == b"*3\r\n$3\r\nSET\r\n$3\r\n\xed\x82\xa4\r\n$1\r\n1\r\n"


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (b"+PONG\r\n", Reply("PONG")),
        (b":2\r\n", Reply("2")),
        (b"$5\r\nhello\r\n", Reply("hello")),
        (b"$-1\r\n", Reply(None)),
        (b"_\r\n", Reply(None)),
        (
            b"-NOAUTH Authentication required.\r\n",
            Reply("NOAUTH Authentication required.", is_error=True),
        ),
    ],
)
def test_replies_are_read_whole_in_any_pieces(said: bytes, reply: Reply) -> None:
    for cut in range(len(said)):
        assert read_reply(said[:cut]) is None
        pieces = [piece for piece in (said[:cut], said[cut:]) if piece]
        assert RedisTalk(Pieces(*pieces)).say("PING") == reply


def test_a_second_reply_waits_for_the_second_question() -> None:
    talk = RedisTalk(Pieces(b"+OK\r\n+PONG\r\n"))
    assert talk.say("SET", "a", "b").text == "OK"
    assert talk.say("PING").text == "PONG"


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n", b"$x\r\n", b"$99999999\r\n"])
def test_another_protocol_is_no_redis(said: bytes) -> None:
    with pytest.raises(NotRedisError):
        RedisTalk(Pieces(said)).say("PING")


def test_an_endless_reply_is_given_up() -> None:
    with pytest.raises(NotRedisError):
        RedisTalk(Pieces(b"+", *[b"x" * 60_000] * 3)).say("PING")


def test_a_closed_connection_is_no_answer() -> None:
    with pytest.raises(NoAnswerError):
        RedisTalk(Pieces(b"+PO")).say("PING")


@given(st.binary())
def test_any_bytes_give_a_reply_or_a_stated_error(said: bytes) -> None:
    with suppress(NotRedisError, NoAnswerError):
        RedisTalk(Pieces(*([said] if said else []))).say("PING")
