"""One line on standard error that says what is done now; only where a person looks."""

import sys
import threading
from typing import Self

from grader.cli.terminal import Terminal, columns, is_terminal, terminal_of, whole_lines

CLEAR = "\r\x1b[K"


class ProgressLine:
    """Rewritten in place, from any thread, and gone at the end."""

    def __init__(self) -> None:
        self._shown = is_terminal(sys.stderr)
        self._terminal: Terminal = terminal_of(sys.stderr)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.clear()

    def clear(self) -> None:
        if self._shown:
            self._write(CLEAR)

    def tell(self, text: str) -> None:
        if not self._shown:
            return
        line = " ".join(whole_lines(text))
        while columns(line) > self._terminal.width - 4:
            line = line[:-1]
        self._write(f"{CLEAR}{self._terminal.paint(f'… {line}', 'faint')}")

    def _write(self, text: str) -> None:
        with self._lock:
            encoding = sys.stderr.encoding or "ascii"
            sys.stderr.write(text.encode(encoding, "replace").decode(encoding))
            sys.stderr.flush()
