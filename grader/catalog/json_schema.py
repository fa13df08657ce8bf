"""The JSON Schema of lab.yaml, for editors.

Refresh the committed file with `python -m grader.catalog.json_schema`.
"""

import json
from pathlib import Path

from grader.catalog.definition import LabDefinition

FILE = Path(__file__).resolve().parents[2] / "labs" / "lab.schema.json"


def schema_text() -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= LabDefinition.model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
