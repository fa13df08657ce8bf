"""What a stream can show: colours, signs, and how wide a text stands (Korean takes two columns)."""

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

STYLES = {
    "passed": "32",
    "failed": "31",
    "unknown": "34",
    "waiting": "33",
    "warning": "33",
    "strong": "1",
    "faint": "2",
}
SIGNS = {
    "passed": ("✓", "+"),
    "failed": ("✗", "x"),
    "unknown": ("△", "?"),
    "waiting": ("◌", "."),
    "warning": ("!", "!"),
    "next": ("→", "->"),
    "branch": ("├ ", "|- "),
    "last": ("└ ", "`- "),
    "trunk": ("│ ", "|  "),
    "quote": ("▸", ">"),
    "dot": ("·", "-"),
}
WIDEST = 100
NARROWEST = 40


@dataclass(frozen=True)
class Terminal:
    width: int = 80
    colours: bool = False
    signs: bool = True

    def paint(self, text: str, style: str) -> str:
        if not self.colours or not text:
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    def sign(self, name: str) -> str:
        return SIGNS[name][0 if self.signs else 1]

    def mark(self, name: str) -> str:
        """A sign in its colour."""
        return self.paint(self.sign(name), name)


def terminal_of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Terminal:
    """Colours only where a person looks, and not where NO_COLOR (no-color.org) asks for none."""
    person = is_terminal(stream) and environ.get("TERM") != "dumb"
    columns = shutil.get_terminal_size((80, 24)).columns if person else 80
    return Terminal(
        width=max(NARROWEST, min(columns, WIDEST)),
        colours=person and not environ.get("NO_COLOR"),
        signs=can_show(stream, "✓✗△◌├└│→"),
    )


def is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # it was closed
        return False


def can_show(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write(text: str, stream: TextIO | None = None) -> None:
    """A line; what the stream's encoding has no letter for is written as an escape."""
    stream = stream or sys.stdout
    if not can_show(stream, text):
        encoding = stream.encoding or "ascii"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text + "\n")


def write_json(value: object) -> None:
    """Alone on standard output; JSON is UTF-8, or escapes where the stream is not."""
    write(json.dumps(value, ensure_ascii=not is_utf8(sys.stdout), indent=1))


def is_utf8(stream: TextIO) -> bool:
    return (stream.encoding or "").replace("-", "").lower() == "utf8"


def printable(text: str) -> str:
    """Nothing that could steer the terminal: the text may be a container's."""
    return "".join(sign if sign in "\n\t" or is_harmless(sign) else "\ufffd" for sign in text)


def is_harmless(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def columns(text: str) -> int:
    """How many columns a text takes."""
    return sum(_columns_of(sign) for sign in text)


def _columns_of(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def pad(text: str, width: int) -> str:
    return text + " " * max(0, width - columns(text))


def fold(text: str, width: int) -> list[str]:
    """Lines no wider than `width`, broken between words, and inside a word only where it must."""
    return [line for part in whole_lines(text) for line in _fold_line(part, width)]


def whole_lines(text: str) -> list[str]:
    """As they are, for what is there to be copied."""
    return printable(text).splitlines()


def _fold_line(text: str, width: int) -> Iterator[str]:
    text = text.expandtabs(4)
    if columns(text) <= width:  # a log's own spaces stay
        yield text
        return
    line = ""
    for word in text.split():
        for piece in _pieces(word, width):
            joined = f"{line} {piece}" if line else piece
            if columns(joined) > width and line:
                yield line
                joined = piece
            line = joined
    yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    piece = ""
    for sign in word:
        if columns(piece + sign) > width:
            yield piece
            piece = ""
        piece += sign
    yield piece
