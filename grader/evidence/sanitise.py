"""Text and objects of strangers, made safe to keep and to show; always the same for the same.

Nothing of a Secret, no token and no password stays; no control character reaches a terminal; what
is too long says how much of it was cut.
"""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from grader.evidence.model import Cut

LARGEST_TEXT = 4096
# A ConfigMap holds whole files, and a check may have to read one to its end.
LARGEST_FILE = 16 * 1024
LONGEST_LIST = 2000
DEEPEST = 40
REDACTED = "[redacted]"

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # colours, cursor
    r"|(?:\x1b[\]P_^X]|[\x9d\x90])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]{0,8}[0-~]"
)
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), None)
_CONTROLS |= {0: "\ufffd", ord("\n"): "\n", ord("\t"): "\t"}
# Characters that turn or break the line they stand in: shown by their names.
_TURNING = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_CONTROLS |= {code: f"[U+{code:04X}]" for code in _TURNING}
_CONTROLS |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # half a character; not UTF-8

_TELLING_WORDS = r"(?:password|passwd|token|secret|api_?key|private_?key|credentials?)"
_SECRET_NAME = re.compile(rf"{_TELLING_WORDS}\d*$|(?:^|_)(?:pass|pwd)$", re.IGNORECASE)
_SWITCH = re.compile(r"(?:true|false|yes|no|on|off|[01])?", re.IGNORECASE)
_SECRETS = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        REDACTED,
    ),
    (re.compile(r"eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"), REDACTED),  # JSON Web Token
    (re.compile(r"\b(Bearer|Basic) +(?!realm)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"\b(?:gh[opsu]_\w{20,}|github_pat_\w{20,}|AKIA[0-9A-Z]{16})"), REDACTED),
    (re.compile(r"(\b\w{1,20}://[^\s/:@]{0,200}:)[^\s/@]{1,400}@"), rf"\1{REDACTED}@"),
    (
        re.compile(
            rf"\b(\w{{0,60}}{_TELLING_WORDS}=)"
            r"(?!(?:true|false|yes|no|on|off|[01])(?![\w.-]))[^\s\"'&;,\[\]$<>(){}]+",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
)
# Nearly all text of a cluster is plain: one look spares it the seven that follow.
_SUSPECT = re.compile(
    r"[^\n\t\x20-\x7e]|=|://|eyJ|-----BEGIN|gh[opsu]_|github_pat_|AKIA|(?i:bearer|basic)"
)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_DROPPED = frozenset({"managedFields", "resourceVersion", _LAST_APPLIED})


def clean(text: str, largest: int = LARGEST_TEXT) -> str:
    """No control characters but newline and tab, no secrets, at most so many bytes."""
    return _shorten(_plain(text), largest)[0]


def clean_object(value: Any) -> tuple[Any, tuple[Cut, ...]]:
    """An object of Kubernetes as it may be kept, and what was cut from it."""
    cuts: list[Cut] = []
    return _clean(value, (), cuts), tuple(cuts)


def _plain(text: str) -> str:
    return _scrub(text) if _SUSPECT.search(text) else text


def _scrub(text: str) -> str:
    text = _ANSI.sub("", text).translate(_CONTROLS)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _shorten(text: str, largest: int) -> tuple[str, int]:
    """The text and how many bytes of it went; a character is never cut in two."""
    if len(text) * 4 <= largest:
        return text, 0
    whole = text.encode()
    if len(whole) <= largest:
        return text, 0
    room = max(largest - len(f"[cut {len(whole)} bytes]"), 0)
    head = whole[:room].decode(errors="ignore")
    gone = len(whole) - len(head.encode())
    return f"{head}[cut {gone} bytes]", gone


def _clean(value: Any, path: tuple[str, ...], cuts: list[Cut]) -> Any:
    if isinstance(value, str):
        return _clean_text(value, path, cuts)
    if isinstance(value, bool | int | float):
        return _clean_number(value)
    if not isinstance(value, Mapping | list | tuple):
        return None
    if len(path) >= DEEPEST:
        cuts.append(Cut(_spell(path), "depth"))
        return None
    if isinstance(value, Mapping):
        return _clean_mapping(value, path, cuts)
    return _clean_list(value, path, cuts)


def _clean_text(value: str, path: tuple[str, ...], cuts: list[Cut]) -> str:
    if _names_secret(path) and not _SWITCH.fullmatch(value):
        return REDACTED
    largest = LARGEST_FILE if path[:1] == ("data",) else LARGEST_TEXT
    short, gone = _shorten(_plain(value), largest)
    if gone:
        cuts.append(Cut(_spell(path), "string", gone))
    return short


def _clean_number(value: float) -> float | None:
    """Numbers that every reader of JSON understands."""
    if isinstance(value, int):
        return value if value.bit_length() <= 64 else None
    return value if math.isfinite(value) else None


def _clean_mapping(
    value: Mapping[Any, Any], path: tuple[str, ...], cuts: list[Cut]
) -> dict[str, Any]:
    names = {key: _clean_key(key) for key in value if isinstance(key, str)}
    is_secret = not path and value.get("kind") == "Secret"
    return {
        name: _clean(value[key], (*path, _step(name, value)), cuts)
        for key, name in names.items()
        if key not in _DROPPED and not (is_secret and key in {"data", "stringData"})
    }


@lru_cache(maxsize=4096)
def _clean_key(key: str) -> str:
    return _shorten(_plain(key), 512)[0]


def _clean_list(value: Any, path: tuple[str, ...], cuts: list[Cut]) -> list[Any]:
    if len(value) > LONGEST_LIST:
        cuts.append(Cut(_spell(path), "list", len(value) - LONGEST_LIST))
    return [
        _clean(item, (*path, str(place)), cuts) for place, item in enumerate(value[:LONGEST_LIST])
    ]


def _step(name: str, around: Mapping[Any, Any]) -> str:
    """An environment variable's value goes by the variable's name: `env.0.MYSQL_ROOT_PASSWORD`."""
    variable = around.get("name")
    return variable if name == "value" and isinstance(variable, str) else name


def _names_secret(path: tuple[str, ...]) -> bool:
    """A variable of a container, or a key of a ConfigMap, whose name says what it holds."""
    is_variable = path[-3:-2] == ("env",)
    is_key = len(path) == 2 and path[0] == "data"
    return (is_variable or is_key) and bool(_SECRET_NAME.search(path[-1]))


def _spell(path: tuple[str, ...]) -> str:
    return _shorten(".".join(path), 256)[0]
