"""Answers of real servers and of `nc` in a loop, in any pieces."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.kube.errors import TimedOutError
from grader.kube.http_over_tunnel import (
    LARGEST_BODY,
    AnswerReader,
    HttpAnswer,
    NoAnswerError,
    NotHttpError,
    ask,
)

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"
)


class Pieces:
    """A tunnel whose other end says these things; None: it stays silent, open."""

    def __init__(self, *pieces: bytes | None) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def send(self, data: bytes) -> None:
        self.sent += data

    def receive(self, _largest: int, _seconds: float) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if piece is None:
            raise TimedOutError("silent")
        return piece


def read(*pieces: bytes) -> HttpAnswer:
    return ask(Pieces(*pieces), "/x", "localhost")


def test_the_request_names_path_and_host_and_wants_no_second_answer() -> None:
    tunnel = Pieces(SIZED)
    ask(tunnel, "/abc", "localhost:80")
    assert tunnel.sent.startswith(b"GET /abc HTTP/1.1\r\nHost: localhost:80\r\n")
    assert b"\r\nConnection: close\r\n\r\n" in tunnel.sent


@given(st.sampled_from([SIZED, CHUNKED]), st.lists(st.integers(1, 60), max_size=12))
def test_an_answer_is_the_same_however_it_is_cut_up(answer: bytes, sizes: list[int]) -> None:
    whole = read(answer)
    pieces, rest = [], answer
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    assert read(*filter(None, [*pieces, rest])) == whole
    assert whole.text in {"hello", "abcde"}


def test_a_sized_answer_is_complete_before_the_connection_ends() -> None:
    reader = AnswerReader()
    reader.feed(SIZED[:-1])
    assert not reader.done
    reader.feed(SIZED[-1:])
    assert reader.done


def test_nc_in_a_loop_has_answered_when_it_falls_silent() -> None:
    answer = ask(Pieces(b"HTTP/1.1 200 OK\r\n\r\nup 1\n", None), "/metrics", "localhost")
    assert (answer.status, answer.text) == (200, "up 1\n")


def test_bare_newlines_are_let_pass() -> None:
    assert read(b"HTTP/1.0 404 Not Found\nA: b\n\nno").status == 404


def test_a_closed_connection_is_no_answer() -> None:
    with pytest.raises(NoAnswerError):
        read()


def test_silence_before_the_head_is_a_time_out() -> None:
    with pytest.raises(TimedOutError):
        ask(Pieces(b"HTTP/1.1 2", None), "/", "localhost")


@pytest.mark.parametrize(
    "said",
    [b"-e HTTP/1.1 200 OK\r\n\r\n", b"\x4a\x00\x00\x00\x0a5.7.44\x00\n", b"hello", b"x" * 20_000],
)
def test_what_is_no_http_is_shown_as_it_came(said: bytes) -> None:
    with pytest.raises(NotHttpError) as caught:
        read(said)
    assert caught.value.first.startswith(said[:4].decode("utf-8", "replace"))


def test_an_endless_body_ends_at_the_cap() -> None:
    tunnel = Pieces(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 50)
    assert len(ask(tunnel, "/", "localhost").body) == LARGEST_BODY
    assert len(tunnel.pieces) > 40


def test_a_broken_chunk_ends_the_body() -> None:
    assert (
        read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n").text == "ab"
    )


@given(st.binary())
def test_any_bytes_give_an_answer_or_a_stated_error(said: bytes) -> None:
    with suppress(NotHttpError, NoAnswerError):
        read(said)
