"""Reads DATABASE_URL: a small, strict parser.

It accepts `sqlite:///PATH` and `postgresql://USER:PASSWORD@HOST:PORT/NAME?OPTIONS`. What it does
not know it refuses by name, because a misspelt option that is silently dropped (`sslmod=require`)
is a security hole. Its sentences never contain the password.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

EXAMPLE = "postgresql://podlab:PASSWORD@127.0.0.1:5432/podlab"
POSTGRES_OPTIONS = frozenset(
    {"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name"}
)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x20\x7f]")
# WAL lets readers work beside the one writer; NORMAL is safe with WAL (SQLite's own advice).
SQLITE_START = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"


def parse_database_url(url: str, *, setting: str = "DATABASE_URL") -> dict[str, Any]:
    """The value for `DATABASES["default"]`."""
    if CONTROL_CHARACTERS.search(url):
        raise _malformed(setting, "it contains a space or a control character")
    if "#" in url:
        raise _malformed(setting, "it contains “#” (write %23 inside a password)")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _malformed(setting, "its host or port is not valid") from error
    if parts.scheme == "sqlite":
        return _sqlite(parts, setting)
    if parts.scheme in {"postgres", "postgresql"}:
        return _postgresql(parts, port, setting)
    raise _malformed(setting, f"“{parts.scheme or 'nothing'}” is not a database we know")


def sqlite_database(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            # Take the write lock at the start: a transaction that reads first and writes later
            # would fail at once instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": SQLITE_START,
        },
    }


def _sqlite(parts: SplitResult, setting: str) -> dict[str, Any]:
    path = unquote(parts.path)
    if parts.netloc or parts.query or not path.startswith("/") or path.endswith("/"):
        raise _malformed(setting, "SQLite takes one absolute path, as in sqlite:////srv/podlab.db")
    return sqlite_database(Path("/" + path.lstrip("/")))


def _postgresql(parts: SplitResult, port: int | None, setting: str) -> dict[str, Any]:
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise _malformed(setting, "the database's name is missing after the host")
    options = _options(parts.query, setting)
    host = options.pop("host", None) or unquote(parts.hostname or "")
    if not host:
        raise _malformed(setting, "the host is missing")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": {"connect_timeout": "5", **options},
    }


def _options(query: str, setting: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise _malformed(setting, "the options after “?” are not name=value pairs") from error
    options = dict(pairs)
    if len(options) != len(pairs):
        raise _malformed(setting, "an option after “?” is given twice")
    _refuse_unknown(options, setting)
    return options


def _refuse_unknown(options: Mapping[str, str], setting: str) -> None:
    # `host` is how a socket folder is written: ?host=/run/postgresql
    for name in options:
        if name not in POSTGRES_OPTIONS | {"host"}:
            known = ", ".join(sorted(POSTGRES_OPTIONS | {"host"}))
            raise _malformed(setting, f"option “{name}” is not known (known: {known})")


def _malformed(setting: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{setting} cannot be understood: {reason}. Write {setting}={EXAMPLE}, "
        "or leave it out to use SQLite."
    )
