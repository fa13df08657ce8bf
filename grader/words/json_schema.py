"""The JSON Schema of a grade, for whoever reads one.

Refresh the committed file with `python -m grader.words.json_schema`.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from grader.words.report import Report

FILE = Path(__file__).resolve().parents[2] / "docs" / "grade.schema.json"


def schema_text() -> str:
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= TypeAdapter(Report).json_schema(mode="serialization")
    schema |= {"title": "The JSON of a grade", "additionalProperties": False}
    for part in schema["$defs"].values():
        part["additionalProperties"] = False
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
