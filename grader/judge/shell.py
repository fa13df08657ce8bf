"""Shell scripts taken apart far enough to see which program gets which words. Runs nothing."""

import re
from collections.abc import Iterator, Sequence

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
# Words that may stand before the program's name.
_BEFORE = frozenset(
    [
        "do",
        "then",
        "else",
        "elif",
        "if",
        "while",
        "until",
        "!",
        "{",
        "time",
        "exec",
        "command",
        "nohup",
        "env",
        "builtin",
        "eval",
        "setsid",
    ]
)
_DEEPEST = 6
_SUBSTITUTION = re.compile(r"\$\((?!\()([^()]*)\)|`([^`]*)`")
_PIECE = re.compile(
    r"""(?P<space>[ \t\r]+|\\\n)
      | (?P<comment>\#[^\n]*)
      | (?P<end>[;&|\n()]+)
      | (?P<word>(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\$\{[^}]*\}|[^\s;&|()'"\\])+)
      | .""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


def simple_commands(script: str, depth: int = 0) -> Iterator[tuple[str, ...]]:
    """The words of each command of a script, of those inside it too; comments are left out."""
    if depth > _DEEPEST:
        return
    outer, inner = _pull_out(script)
    for nested in inner:
        yield from simple_commands(nested, depth + 1)
    words: list[str] = []
    for found in _PIECE.finditer(f"{outer}\n"):
        if found.lastgroup == "word":
            words.append(_unquote(found["word"]))
        elif found.lastgroup == "end" and words:
            yield from commands_of(words, depth)
            words = []


def commands_of(words: Sequence[str], depth: int = 0) -> Iterator[tuple[str, ...]]:
    """A command as it is given to the kernel; where it is a shell with a script, that one's."""
    script = _script_of(words)
    if script is None:
        yield tuple(words)
    else:
        yield from simple_commands(script, depth + 1)


def program_of(words: Sequence[str]) -> str:
    """What is run, without its folder: past keywords, assignments and `timeout 5`."""
    rest = iter(words)
    for word in rest:
        if word == "timeout":
            next((it for it in rest if not it.startswith("-")), None)
        elif word not in _BEFORE and not _ASSIGNMENT.match(word):
            return word.rpartition("/")[2]
    return ""


def _script_of(words: Sequence[str]) -> str | None:
    """What stands after `sh -c`."""
    for place, word in enumerate(words):
        if word.rpartition("/")[2] in SHELLS:
            for after, option in enumerate(words[place + 1 :], start=place + 2):
                if not option.startswith(("-", "+")):
                    return None
                if "c" in option[1:] and not option.startswith("--"):
                    return words[after] if after < len(words) else None
    return None


def _pull_out(script: str) -> tuple[str, list[str]]:
    """The script without its command substitutions, and those, innermost first."""
    inner: list[str] = []
    for _ in range(_DEEPEST):
        found = [it[1] or it[2] or "" for it in _SUBSTITUTION.finditer(script)]
        if not found:
            break
        inner += found
        script = _SUBSTITUTION.sub("$_", script)
    return script, inner


def _unquote(word: str) -> str:
    return _QUOTED.sub(lambda it: next(group for group in it.groups() if group is not None), word)
