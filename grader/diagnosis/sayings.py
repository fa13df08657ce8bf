"""What programs of this course say before they give up, and what it means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

NO_FILE = "No such file or directory"
SHELL = r"(?:-?(?:ba|da|a)?sh|/[\w./-]*sh)"
# Code and what it sounds like. Of a line the first that fits counts.
SAYINGS = (
    ("mysql_without_password", r"password option is not specified"),
    ("mysql_without_password", r"You need to specify one of .*(?:MYSQL|MARIADB)_"),
    ("sleep_misused", r"\bsleep: invalid (?:option|number|time interval)"),
    ("haproxy_unresolved", r"could not resolve address '(?P<host>[^']+)'"),
    ("config_file_missing", r"Cannot open configuration file/directory (?P<path>\S+)"),
    ("config_file_missing", r"can't open config file '(?P<path>[^']+)'"),
    ("config_invalid", r"config : parsing \[(?P<path>[^\]:]+):(?P<line>\d+)\] ?: (?P<why>.+)$"),
    ("address_unknown", r"bad address '(?P<host>[^':]+)"),
    ("address_unknown", r"[Cc]ould not resolve host: (?P<host>[\w.-]+)"),
    ("address_unknown", r"host not found in upstream \"(?P<host>[^\":]+)"),
    ("address_unknown", r"Unknown (?:MySQL )?(?:server )?host '(?P<host>[^']+)'"),
    ("address_unknown", r"could not translate host name \"(?P<host>[^\"]+)\""),
    (
        "address_unknown",
        r"connect to Redis at (?P<host>[^:]+):\d+: (?:Name|Temporary failure|Try again|nodename)",
    ),
    ("port_taken", r"bind\(\) to \S+:(?P<port>\d+) failed .*Address already in use"),
    ("port_taken", r"Address already in use\)? \[[^\]]*:(?P<port>\d+)\]"),
    ("port_taken", r"[Aa]ddress already in use"),
    ("read_only", r"[\"'](?P<path>/[^\"']+)[\"'].*Read-only file system"),
    ("read_only", r"(?P<path>/[^\s:\"']+): Read-only file system"),
    ("read_only", r"Read-only file system"),
    ("shell_syntax", SHELL + r":.*[Ss]yntax error"),
    (
        "command_not_found",
        SHELL + r": (?:line )?(?:\d+: )?(?P<program>[^\s:]+): (?:command )?not found",
    ),
    (
        "command_not_executable",
        SHELL + r": (?:line )?(?:\d+: )?(?P<program>/[^\s:]+): Permission denied$",
    ),
    ("exec_format", r"[Ee]xec format error"),
    ("permission_denied", r"[\"'](?P<path>/[^\"']+)[\"'].*Permission denied"),
    ("permission_denied", r"(?P<path>/[^\s:\"']+): Permission denied"),
    ("permission_denied", r"Permission denied"),
    (
        "file_missing",
        r"\b(?:can't|cannot) open '?(?P<path>/[^':\"]+?)'?(?: for reading)?: " + NO_FILE,
    ),
    ("file_missing", r"^(?:\w+: )+(?P<path>/[^\s:]+): " + NO_FILE),
    ("config_invalid", r"\[emerg\] .*?: (?P<why>.+) in (?P<path>/[^\s:]+):(?P<line>\d+)$"),
    ("connection_refused", r"connect to Redis at (?P<target>\S+?): Connection refused"),
    ("connection_refused", r"connect to remote host \((?P<target>[^)]+)\): Connection refused"),
    ("connection_refused", r"Failed to connect to (?P<target>\S+ port \d+)"),
    ("connection_refused", r"^nc: .*?(?P<target>[\w.-]+:\d+)\)?: Connection refused"),
    ("option_unknown", r"^(?P<program>[\w./-]+): (?:invalid|unrecognized|unknown|illegal) option"),
)
PATTERNS = tuple((code, re.compile(pattern)) for code, pattern in SAYINGS)
LONGEST = 2000  # of a line that is looked at: the patterns stay fast


@dataclass(frozen=True)
class Heard:
    code: str
    params: dict[str, str]
    lines: tuple[str, ...]  # from where it was said


def hear(lines: Sequence[str]) -> Heard | None:
    """The last line that says something we know, for the last words are about the end."""
    for place in range(len(lines) - 1, -1, -1):
        if found := _sentence(lines[place]):
            code, pattern, params = found
            before = _sentence(lines[place - 1]) if place else None
            # A complaint in two sentences begins with the first; the same one twice is one.
            first = place - 1 if before and before[0] == code and before[1] != pattern else place
            return Heard(code, params, tuple(lines[first:]))
    return None


def hear_line(line: str) -> str:
    """The code alone, "" where it says nothing that we know."""
    found = _sentence(line)
    return found[0] if found else ""


def _sentence(line: str) -> tuple[str, re.Pattern[str], dict[str, str]] | None:
    for code, pattern in PATTERNS:
        if found := pattern.search(line[:LONGEST]):
            return code, pattern, {key: value or "" for key, value in found.groupdict().items()}
    return None
