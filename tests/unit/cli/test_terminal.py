import io

import pytest

from grader.cli.terminal import can_show, columns, fold, pad, terminal_of, write


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def written(text: str, encoding: str) -> bytes:
    buffer = io.BytesIO()
    out = io.TextIOWrapper(buffer, encoding=encoding)
    write(text, out)
    out.flush()
    return buffer.getvalue()


def test_a_pipe_gets_no_colours() -> None:
    assert not terminal_of(io.StringIO(), {}).colours


def test_a_terminal_gets_colours_unless_somebody_asks_for_none() -> None:
    assert terminal_of(Screen(), {"TERM": "xterm"}).colours
    assert not terminal_of(Screen(), {"TERM": "xterm", "NO_COLOR": "1"}).colours
    assert not terminal_of(Screen(), {"TERM": "dumb"}).colours


def test_a_stream_without_our_signs_gets_others() -> None:
    assert terminal_of(stream("utf-8"), {}).sign("passed") == "✓"
    assert terminal_of(stream("ascii"), {}).sign("passed") == "+"
    assert terminal_of(stream("latin-1"), {}).sign("unknown") == "?"


def test_what_the_stream_cannot_write_is_escaped() -> None:
    assert written("가 ok", "ascii") == b"\\uac00 ok\n"
    assert written("\ud800", "utf-8") == b"\\ud800\n"
    assert not can_show(stream("ascii"), "가")


def test_korean_takes_two_columns() -> None:
    assert columns("로그 log") == 8
    assert columns("e\u0301") == 1
    assert pad("로그", 6) == "로그  "


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("abcdefghijk", ["abcdefgh", "ijk"]),
        ("로그 전송이 끊겼어요", ["로그", "전송이", "끊겼어요"]),
        ("a\nb", ["a", "b"]),
        ("a   b", ["a   b"]),
        ("a\tb", ["a   b"]),
        ("", []),
    ],
)
def test_text_is_folded_between_words(text: str, lines: list[str]) -> None:
    assert fold(text, 8) == lines
