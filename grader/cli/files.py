"""JSON files that a person hands in: readable, small enough and whole, or one sentence."""

import json
from pathlib import Path
from typing import Any

from host.errors import Problem

MEBIBYTE = 1024 * 1024


def read_json(file: Path, what: str, largest: int) -> Any:
    content = _read(file, what, largest)
    try:
        return json.loads(content)
    except RecursionError:
        raise Problem(
            "bad_file", f"{file} is nested too deeply for {what}.", "Is it the right file?"
        ) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise Problem(
            "bad_file", f"{file} is not JSON: {_where(error)}.", f"It should hold {what}."
        ) from error


def _read(file: Path, what: str, largest: int) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(largest + 1)
    except OSError as error:
        raise Problem(
            "bad_file",
            f"{file} cannot be read ({error.strerror}).",
            f"Name the file that holds {what}.",
        ) from error
    if len(content) > largest:
        raise Problem(
            "bad_file",
            f"{file} is larger than {largest // 1024} KiB.",
            f"That is more than {what} ever takes; is it the right file?",
        )
    return content


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in line {error.lineno}"
    return "it is not UTF-8 text"


def save_json(file: Path, value: Any) -> None:
    try:
        file.write_text(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n")
    except OSError as error:
        raise Problem(
            "bad_file",
            f"{file} cannot be written ({error.strerror}).",
            "Name a file in a folder that exists and is yours.",
        ) from error
